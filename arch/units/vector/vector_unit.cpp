// SPDX-License-Identifier: Apache-2.0
#include "arch/units/vector/vector_unit.hpp"

#include "arch/isa/vector_time.hpp"

namespace tricycle {

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
                       Scoreboard& scoreboard)
    : EngineUnit(name, run, program, scoreboard, Engine::vector) {}

std::vector<Property> VectorUnit::properties() const {
  return {{"lanes", std::to_string(spec().vector.lanes)},
          {"latency_cycles", std::to_string(spec().vector.latency_cycles)}};
}

void VectorUnit::clear() {
  passed_ = stalls_ = 0;
  is_taking_in_ = false;
  results_.clear();
}

Cycles VectorUnit::intake_of(std::uint32_t place) const {
  return std::visit(
      [&](const auto& i) -> Cycles {
        if constexpr (requires { i.pool; }) return static_cast<Cycles>(vector_cycles(spec(), i));
        return 0;  // of other engines
      },
      instruction(place).operation);
}

/// From the last cycle of intake to the results: the slowest read is waited for.
Cycles VectorUnit::latency_of(std::uint32_t place) const {
  Cycles wait = 0;
  for (const Access& operand : accesses(place)) {
    const bool is_table = operand.memory == Memory::weight;
    if (!operand.write && !is_table) wait = std::max(wait, read_wait_cycles(operand.memory, spec()));
  }
  return static_cast<Cycles>(spec().vector.latency_cycles) + wait;
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
  if (is_taking_in_ && !access->takes_in()) {  // its last cycle was the one before
    results_.push(std::max(latency_of(place_) - 1, results_.last()), place_);
    is_taking_in_ = false;
    scoreboard_.release(place_, now, intake_of(place_));
  }
  while (results_.due()) complete(now, results_.pop());
  if (!is_taking_in_ && start_next(now, place_)) {
    is_taking_in_ = true;
    access->start(vector_demand(accesses(place_), events(place_), spec(), intake_of(place_)));
  }
  activity_ = is_taking_in_                    ? Activity::busy
              : !results_.empty() || waiting() ? Activity::stall
                                               : Activity::idle;
}

}  // namespace tricycle
