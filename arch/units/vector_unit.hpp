// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/pipeline.hpp"
#include "arch/units/unit.hpp"

namespace tricycle {

/// VECTOR UNIT: thresholds, affine outputs, lookups, products, functions and draws, `lanes` elements at a
/// time (rules V1 to V6 of docs/timing.md).
class VectorUnit : public EngineUnit {
 public:
  VectorUnit(const sc_core::sc_module_name& name, Core& core);

 protected:
  void advance(Cycles n) override { pipeline_.advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return pipeline_.horizon(); }
  void reset() override;

 private:
  [[nodiscard]] Cycles intake_of(const Instruction& instruction) const;
  Pipeline<std::uint32_t> pipeline_;
};

}  // namespace tricycle
