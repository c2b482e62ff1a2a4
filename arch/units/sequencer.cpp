// SPDX-License-Identifier: Apache-2.0
#include "arch/units/sequencer.hpp"

namespace tricycle {

void Sequencer::reset() {
  fetch_left_ = static_cast<Cycles>(core_.spec.sequencer.fetch_cycles);
  next_ = 0;
  dispatched_ = false;
}

bool Sequencer::everything_completed(Cycles now) {
  std::uint64_t completed = 0;
  for (int e = 0; e < engine_count; ++e) {
    completed += core_.semaphores.available(static_cast<Engine>(e), Engine::sequencer, now);
  }
  return completed == next_;
}

void Sequencer::act(Cycles now) {
  dispatched_ = false;
  if (fetch_left_ > 0) {
    activity_ = Activity::busy;
    return;
  }
  const auto index = static_cast<std::uint32_t>(next_);
  const Instruction& instruction = (*core_.code)[index];
  const Engine engine = engine_of(instruction);
  if (engine == Engine::sequencer) {
    activity_ = Activity::idle;
    if (!everything_completed(now)) return;
    core_.ledger[index].events += core_.events[index];
    core_.halted = true;
    core_.halted_at = now;
    sc_core::sc_pause();
    return;
  }
  EngineUnit& target = *targets[static_cast<std::size_t>(engine)];
  if (!target.queue.can_post(now)) {
    activity_ = Activity::stall;
    return;
  }
  target.queue.post(now, index);
  target.wake();
  ++next_;
  dispatched_ = true;
  activity_ = Activity::busy;
}

Cycles Sequencer::horizon() const {
  if (fetch_left_ > 0) return fetch_left_;
  return dispatched_ ? 1 : never;
}

}  // namespace tricycle
