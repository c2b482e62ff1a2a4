// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/sequencer.hpp"

namespace tricycle {

Sequencer::Sequencer(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
                     Scoreboard& scoreboard)
    : Unit(name, run),
      program_(program),
      spec_(program.spec.sequencer),
      scoreboard_(scoreboard),
      counter_(program.loops) {
  queues.init(engine_count, [](const char*, std::size_t e) {
    return new OutPort<std::uint32_t>((names_of(Engine{})[e] + "_queue").c_str());
  });
}

std::vector<Property> Sequencer::properties() const {
  return {{"fetch_cycles", std::to_string(spec_.fetch_cycles)},
          {"loop_cycles", std::to_string(spec_.loop_cycles)},
          {"branch_cycles", std::to_string(spec_.branch_cycles)},
          {"loop_registers", std::to_string(spec_.loop_registers)}};
}

void Sequencer::listen() {
  for (const auto& queue : queues) wake_on(queue->freed());
  wake_on(tokens->posted());
}

void Sequencer::clear() {
  left_ = static_cast<Cycles>(spec_.fetch_cycles);
  counter_ = ProgramCounter(program_.loops);
  fetched_ = nullptr;
  dispatched_ = false;
}

bool Sequencer::everything_completed() const {
  std::uint64_t completed = 0;
  for (int e = 0; e < engine_count; ++e) completed += tokens->available(static_cast<Engine>(e));
  return completed == scoreboard_.issued();
}

void Sequencer::fetch() {
  if (fetched_ != nullptr) return;
  fetched_ = &instructions->fetch(counter_.index());
  if (!std::holds_alternative<isa::Halt>(fetched_->operation))
    scoreboard_.fetch(counter_.index(), counter_.iterations());
}

/// The cycles of an instruction that the sequencer executes itself.
Cycles Sequencer::cycles_of_own(const Instruction& instruction) const {
  const bool ends = std::holds_alternative<isa::End>(instruction.operation);
  return static_cast<Cycles>(ends ? spec_.branch_cycles : spec_.loop_cycles);
}

void Sequencer::dispatch(Cycles now, Engine engine) {
  auto& queue = queues[static_cast<std::size_t>(engine)];
  if (!queue->can_post()) {
    activity_ = Activity::stall;
    return;
  }
  queue->post(scoreboard_.issue(now, counter_.index(), counter_.iterations()));
  counter_.pass(*fetched_);
  fetched_ = nullptr;
  dispatched_ = true;
  activity_ = Activity::busy;
}

void Sequencer::act(Cycles now) {
  dispatched_ = false;
  while (left_ == 0) {
    fetch();
    const Engine engine = engine_of(*fetched_);
    if (engine != Engine::sequencer) return dispatch(now, engine);
    if (std::holds_alternative<isa::Halt>(fetched_->operation)) {
      activity_ = Activity::idle;
      if (!everything_completed()) return;
      scoreboard_.fetch(counter_.index(), counter_.iterations());
      run_.halt(now);
      return;
    }
    left_ = cycles_of_own(*fetched_);
    counter_.pass(*fetched_);
    fetched_ = nullptr;
  }
  activity_ = Activity::busy;
}

Cycles Sequencer::horizon() const {
  if (left_ > 0) return left_;
  return dispatched_ ? 1 : never;
}

}  // namespace tricycle
