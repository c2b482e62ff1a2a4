// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>

#include "arch/units/unit.hpp"

namespace tricycle {

/// SEQUENCER: fetches from instruction memory and dispatches one instruction per cycle, in order, to the
/// engines' queues. Blocks while the queue of the next instruction's engine is full (rules S1 to S4 of
/// docs/timing.md).
class Sequencer : public Unit {
 public:
  Sequencer(const sc_core::sc_module_name& name, Core& core) : Unit(name, core) {}
  std::array<EngineUnit*, engine_count> targets{};

 protected:
  void advance(Cycles n) override { fetch_left_ -= std::min(fetch_left_, n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override;
  void reset() override;

 private:
  [[nodiscard]] bool everything_completed(Cycles now);
  Cycles fetch_left_ = 0;
  std::size_t next_ = 0;
  bool dispatched_ = false;
};

}  // namespace tricycle
