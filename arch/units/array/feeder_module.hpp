// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <systemc>

#include "arch/units/array/feeder.hpp"
#include "arch/units/control/component.hpp"

namespace tricycle {

/// What forms the windows of a matmul.
class WindowFeed : public virtual sc_core::sc_interface {
 public:
  /// Cycles of a run over an image (`FeederRuns`).
  [[nodiscard]] virtual Cycles cycles_to_rest(const FeedShape& shape, Cycles ready) = 0;
};

/// FEEDER: a line buffer in front of the array, which writes pixels while it reads windows (rules F1 to F6 of
/// docs/timing.md). A matmul has it alone, so that the array asks for a whole run. Parameters:
/// `array.feeder`.
///
/// | port | to |
/// |---|---|
/// | `windows` (export) | the array |
class Feeder final : public sc_core::sc_module, public Component, public WindowFeed {
 public:
  Feeder(const sc_core::sc_module_name& name, const FeederSpec& spec) : sc_module(name), spec_(spec) {
    windows.bind(*this);
  }
  sc_core::sc_export<WindowFeed> windows{"windows"};

  [[nodiscard]] Cycles cycles_to_rest(const FeedShape& shape, Cycles ready) override {
    return runs_.cycles_to_rest(shape, ready);
  }
  void reset() override {}
  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  const FeederSpec& spec_;
  FeederRuns runs_;
};

}  // namespace tricycle
