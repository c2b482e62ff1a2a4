// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/dma_logic.hpp"
#include "arch/units/dram_pipe.hpp"
#include "arch/units/unit.hpp"

namespace tricycle {

class DramChannel;

/// LOAD or STORE ENGINE: moves rows between DRAM and on-chip memory in bursts (rules D1 to D6 of
/// docs/timing.md).
class DmaEngine : public EngineUnit {
 public:
  DmaEngine(const sc_core::sc_module_name& name, Core& core, Engine engine, const DmaSpec& spec);
  DramChannel* dram = nullptr;
  Channel<DramRequest> requests;  ///< to DRAM
  Channel<DramRequest> answers;   ///< from DRAM

 protected:
  void advance(Cycles n) override { logic_.advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return logic_.horizon(); }
  void reset() override;

 private:
  bool writes_;
  DmaLogic logic_;
};

}  // namespace tricycle
