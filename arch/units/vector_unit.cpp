// SPDX-License-Identifier: Apache-2.0
#include "arch/units/vector_unit.hpp"

#include "arch/isa/vector_time.hpp"

namespace tricycle {

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, Core& core)
    : EngineUnit(name, core, Engine::vector) {}

void VectorUnit::reset() {
  EngineUnit::reset();
  passed_ = stalls_ = 0;
  is_taking_in_ = false;
  results_.clear();
}

Cycles VectorUnit::intake_of(const Instruction& instruction) const {
  return std::visit(
      [&](const auto& i) -> Cycles {
        if constexpr (requires { i.pool; }) return static_cast<Cycles>(vector_cycles(core_.spec.vector, i));
        return 0;  // of other engines
      },
      instruction.operation);
}

/// From the last cycle of intake to the results: the slowest read is waited for.
Cycles VectorUnit::latency_of(std::uint32_t index) const {
  Cycles wait = 0;
  for (const Access& access : core_.accesses[index]) {
    const bool is_table = access.memory == Memory::weight;
    if (!access.write && !is_table) wait = std::max(wait, read_wait_cycles(access.memory, core_.spec));
  }
  return static_cast<Cycles>(core_.spec.vector.latency_cycles) + wait;
}

void VectorUnit::advance(Cycles n) {
  passed_ += n;
  results_.advance(n);
  core_.sram.settle(passed_);
  const Cycles stalls = core_.sram.vector_stalls() - stalls_;
  if (stalls > 0) stalled(stalls);
  stalls_ += stalls;
}

void VectorUnit::act(Cycles now) {
  if (is_taking_in_ && !core_.sram.vector_takes_in()) {  // its last cycle was the one before
    results_.push(std::max(latency_of(index_) - 1, results_.last()), index_);
    is_taking_in_ = false;
  }
  while (results_.due()) complete(now, results_.pop());
  if (!is_taking_in_ && start_next(now, index_)) {
    is_taking_in_ = true;
    core_.sram.start_vector(vector_demand(core_.accesses[index_], core_.events[index_], core_.spec,
                                          intake_of((*core_.code)[index_])));
  }
  activity_ = is_taking_in_                       ? Activity::busy
              : !results_.empty() || waiting(now) ? Activity::stall
                                                  : Activity::idle;
}

}  // namespace tricycle
