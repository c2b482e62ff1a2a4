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
  for (std::size_t q = 0; q < queues.size(); ++q) wake_on(queues[q]->freed());
  wake_on(tokens->posted());
  wake_on(arrivals->posted());
}

void Sequencer::clear() {
  left_ = static_cast<Cycles>(spec_.fetch_cycles);
  counter_ = ProgramCounter(program_.loops);
  fetched_ = nullptr;
  dispatched_ = is_blocked_ = waits_ = false;
  pages_ = {};
  if (program_.pages.all().size() > 1 || run_.start() == Start::cold) return;
  pages_.expect(0);
  pages_.arrived({0, program_.pages.page_bytes()});
}

void Sequencer::advance(Cycles n) {
  left_ -= std::min(left_, n);
  if (!waits_) return;
  CounterSet events;
  events[Counter::sequencer_fetch_stalls] = n;
  scoreboard_.count(scoreboard_.entry_of(counter_.index(), counter_.iterations()), events);
}

bool Sequencer::everything_completed() const {
  std::uint64_t completed = 0;
  for (int e = 0; e < engine_count; ++e) completed += tokens->available(static_cast<Engine>(e));
  return completed == scoreboard_.issued();
}

void Sequencer::ask_for(std::uint32_t page) {
  pages_.expect(page);
  turns->post({page, scoreboard_.entry_of(counter_.index(), counter_.iterations())});
}

/// Where execution comes into a page: asks for the one behind it.
void Sequencer::turn_page() {
  const std::uint32_t page = program_.pages.of(counter_.index());
  if (pages_.is_at(page)) return;
  if (!pages_.has(page)) ask_for(page);
  pages_.turn();
  const auto next = program_.pages.after(counter_);
  if (next && !pages_.has(*next)) ask_for(*next);
}

/// Whether the next instruction has been fetched. Its first word takes no time of its own.
bool Sequencer::fetch() {
  if (fetched_ != nullptr) return true;
  turn_page();
  waits_ = pages_.bytes() < program_.pages.end_of(counter_.index());
  if (waits_) return false;
  fetched_ = &instructions->fetch(counter_.index());
  left_ = instructions->cycles_of(counter_.index()) - 1;
  if (!std::holds_alternative<isa::Halt>(fetched_->operation))
    scoreboard_.fetch(counter_.index(), counter_.iterations());
  return true;
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
    is_blocked_ = true;
    return;
  }
  queue->post(scoreboard_.issue(now, counter_.index(), counter_.iterations(), is_blocked_));
  is_blocked_ = false;
  counter_.pass(*fetched_);
  fetched_ = nullptr;
  dispatched_ = true;
  activity_ = Activity::busy;
}

void Sequencer::act(Cycles now) {
  dispatched_ = false;
  while (arrivals->has()) pages_.arrived(arrivals->take());
  while (left_ == 0) {
    if (!fetch()) {
      activity_ = Activity::stall;
      return;
    }
    if (left_ > 0) break;
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
