// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "arch/units/dma_engine.hpp"
#include "arch/units/dram_port.hpp"

namespace tricycle {

/// DRAM, an ideal pipe or a device, shared by the load and the store engine. Requests of one cycle are taken
/// load first (rules M1 to M7 of docs/timing.md).
class DramChannel : public Unit {
 public:
  DramChannel(const sc_core::sc_module_name& name, Core& core);
  std::array<DmaEngine*, 2> ports{};  ///< load, store
  [[nodiscard]] DramPort& memory() { return *memory_; }

 protected:
  void advance(Cycles n) override { memory_->advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return memory_->horizon(); }
  void reset() override { memory_->reset(); }

 private:
  std::unique_ptr<DramPort> memory_;
};

}  // namespace tricycle
