// SPDX-License-Identifier: Apache-2.0
#include "arch/units/vector/vector_unit.hpp"

#include <fmt/format.h>

#include "arch/isa/vector_time.hpp"
#include "support/diagnostics.hpp"

namespace tricycle {

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
                       Scoreboard& scoreboard)
    : EngineUnit(name, run, program, scoreboard, Engine::vector) {}

std::vector<Property> VectorUnit::properties() const {
  return {{"lanes", std::to_string(spec().vector.lanes)},
          {"chain", std::to_string(spec().vector.chain)},
          {"latency_cycles", std::to_string(spec().vector.latency_cycles)}};
}

void VectorUnit::clear() {
  passed_ = stalls_ = 0;
  is_starting_ = is_taking_in_ = false;
  pass_.clear();
  forwarded_.clear();
  results_.clear();
}

Cycles VectorUnit::intake() const {
  PassCycles pass(spec());
  for (const std::uint32_t place : pass_) {
    std::visit(
        [&](const auto& i) {
          if constexpr (requires { i.pool; }) pass.add(i);  // not of other engines
        },
        instruction(place).operation);
  }
  return static_cast<Cycles>(pass.cycles());
}

/// From the last cycle of intake to the results: the slowest read is waited for.
Cycles VectorUnit::latency() const {
  Cycles wait = 0;
  for (const std::uint32_t place : pass_) {
    for (const Access& operand : accesses(place)) {
      const bool is_table = operand.memory == Memory::weight;
      if (!operand.write && !is_table) wait = std::max(wait, read_wait_cycles(operand.memory, spec()));
    }
  }
  return static_cast<Cycles>(spec().vector.latency_cycles) + wait;
}

/// Each instruction of a pass has lanes of its own.
void VectorUnit::check_pass() const {
  if (std::ssize(pass_) <= spec().vector.chain) return;
  const Issued& last = scoreboard_[pass_.back()].issued;
  throw RunError(fmt::format("instruction {} ({}) is number {} of its pass; 'vector.chain' is {}", last.index,
                             name_of(last.instruction), pass_.size(), spec().vector.chain));
}

void VectorUnit::begin_intake() {
  std::vector<Access> all;
  CounterSet counted;
  for (const std::uint32_t place : pass_) {
    all.insert(all.end(), accesses(place).begin(), accesses(place).end());
    counted += events(place);
  }
  is_taking_in_ = true;
  access->start(vector_demand(all, counted, spec(), intake()));
}

/// Its last cycle of intake was the one before.
void VectorUnit::end_intake(Cycles now) {
  const Cycles results = std::max(latency() - 1, results_.last()), own = intake();
  for (const std::uint32_t place : pass_) {
    results_.push(results, place);
    scoreboard_.release(place, {now, own}, pass_.back());
  }
  is_taking_in_ = false;
  pass_.clear();
}

void VectorUnit::advance(Cycles n) {
  passed_ += n;
  results_.advance(n);
  access->settle(passed_);
  const Cycles stalls = access->stalls() - stalls_;
  if (stalls > 0) stalled(stalls);
  stalls_ += stalls;
}

void VectorUnit::act(Cycles now) {
  if (is_taking_in_ && !access->takes_in()) end_intake(now);
  while (results_.due()) complete(now, results_.pop());
  std::uint32_t place = 0;
  is_starting_ = !is_taking_in_ && start_next(now, place);
  if (is_starting_) {
    pass_.push_back(place);
    check_pass();
    if (chain_of(instruction(place)) == Chaining::ends) begin_intake();
  }
  const bool waits = !results_.empty() || !pass_.empty() || waiting();
  activity_ = is_taking_in_ || is_starting_ ? Activity::busy : waits ? Activity::stall : Activity::idle;
}

}  // namespace tricycle
