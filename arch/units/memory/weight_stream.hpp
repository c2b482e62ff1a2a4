// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <systemc>

#include "arch/isa/meaning.hpp"
#include "arch/params/machine.hpp"
#include "arch/units/control/component.hpp"

namespace tricycle {

/// Weights on their way from the load engine to the array.
class StreamContents : public virtual sc_core::sc_interface {
 public:
  [[nodiscard]] virtual WeightBlocks& blocks() = 0;
};

/// WEIGHT STREAM: the first-in, first-out buffer between load engine and array. The load engine knows how
/// much is in it and on the way to it, the array how much has come (rules D9 and A12 of docs/timing.md).
/// Parameters: `weight_stream`.
///
/// | export | to |
/// |---|---|
/// | `contents` | the load engine and the array: blocks of weights |
class WeightStream final : public sc_core::sc_module, public Component, public StreamContents {
 public:
  WeightStream(const sc_core::sc_module_name& name, const WeightStreamSpec& spec)
      : sc_module(name), spec_(spec) {
    contents.bind(*this);
  }

  sc_core::sc_export<StreamContents> contents{"contents"};

  [[nodiscard]] WeightBlocks& blocks() override { return blocks_; }
  void reset() override { blocks_.clear(); }
  [[nodiscard]] std::vector<Property> properties() const override {
    return {{"bytes", std::to_string(spec_.bytes)}};
  }

 private:
  const WeightStreamSpec& spec_;
  WeightBlocks blocks_;
};

}  // namespace tricycle
