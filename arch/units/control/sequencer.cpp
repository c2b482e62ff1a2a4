// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/sequencer.hpp"

namespace tricycle {

Sequencer::Sequencer(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
                     Scoreboard& scoreboard)
    : Unit(name, run), spec_(program.spec.sequencer), scoreboard_(scoreboard) {
  queues.init(engine_count, [](const char*, std::size_t e) {
    return new OutPort<std::uint32_t>((names_of(Engine{})[e] + "_queue").c_str());
  });
}

std::vector<Property> Sequencer::properties() const {
  return {{"fetch_cycles", std::to_string(spec_.fetch_cycles)}};
}

void Sequencer::listen() {
  for (const auto& queue : queues) wake_on(queue->freed());
  wake_on(tokens->posted());
}

void Sequencer::clear() {
  fetch_left_ = static_cast<Cycles>(spec_.fetch_cycles);
  next_ = 0;
  fetched_ = nullptr;
  dispatched_ = false;
}

bool Sequencer::everything_completed() const {
  std::uint64_t completed = 0;
  for (int e = 0; e < engine_count; ++e) completed += tokens->available(static_cast<Engine>(e));
  return completed == next_;
}

void Sequencer::act(Cycles now) {
  dispatched_ = false;
  if (fetch_left_ > 0) {
    activity_ = Activity::busy;
    return;
  }
  if (fetched_ == nullptr) fetched_ = &instructions->fetch(next_);
  const Engine engine = engine_of(*fetched_);
  if (engine == Engine::sequencer) {
    activity_ = Activity::idle;
    if (!everything_completed()) return;
    scoreboard_.count(next_);
    run_.halt(now);
    return;
  }
  auto& queue = queues[static_cast<std::size_t>(engine)];
  if (!queue->can_post()) {
    activity_ = Activity::stall;
    return;
  }
  queue->post(next_);
  ++next_;
  fetched_ = nullptr;
  dispatched_ = true;
  activity_ = Activity::busy;
}

Cycles Sequencer::horizon() const {
  if (fetch_left_ > 0) return fetch_left_;
  return dispatched_ ? 1 : never;
}

}  // namespace tricycle
