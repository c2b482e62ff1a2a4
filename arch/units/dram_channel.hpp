// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/dma_engine.hpp"
#include "arch/units/dram_pipe.hpp"

namespace tricycle {

/// DRAM: an ideal pipe of a bandwidth and a latency, shared by the load and the store engine. Requests of one
/// cycle are taken load first (rules M1 to M3 of docs/timing.md).
class DramChannel : public Unit {
 public:
  DramChannel(const sc_core::sc_module_name& name, Core& core) : Unit(name, core), pipe_(core.spec.dram) {}
  std::array<DmaEngine*, 2> ports{};  ///< load, store

 protected:
  void advance(Cycles n) override { pipe_.advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return pipe_.horizon(); }
  void reset() override { pipe_.reset(); }

 private:
  DramPipe pipe_;
};

}  // namespace tricycle
