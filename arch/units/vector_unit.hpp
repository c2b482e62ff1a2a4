// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/countdown.hpp"
#include "arch/units/unit.hpp"

namespace tricycle {

/// VECTOR UNIT: thresholds, affine outputs, lookups, products, functions and draws, `lanes` elements at a
/// time (rules V1 to V6 of docs/timing.md), as the ports of the memories let it (R5).
class VectorUnit : public EngineUnit {
 public:
  VectorUnit(const sc_core::sc_module_name& name, Core& core);

 protected:
  void advance(Cycles n) override;
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override {
    return std::min(core_.sram.vector_horizon(), results_.horizon());
  }
  void reset() override;

 private:
  [[nodiscard]] Cycles intake_of(const Instruction& instruction) const;
  [[nodiscard]] Cycles latency_of(std::uint32_t index) const;

  Cycles passed_ = 0;          ///< since reset
  Cycles stalls_ = 0;          ///< of them, without a port
  bool is_taking_in_ = false;  ///< an instruction, `index_`
  std::uint32_t index_ = 0;
  Countdown<std::uint32_t> results_;
};

}  // namespace tricycle
