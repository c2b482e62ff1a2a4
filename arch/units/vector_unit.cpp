// SPDX-License-Identifier: Apache-2.0
#include "arch/units/vector_unit.hpp"

#include "arch/isa/vector_time.hpp"

namespace tricycle {

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, Core& core)
    : EngineUnit(name, core, Engine::vector),
      pipeline_(static_cast<Cycles>(core.spec.vector.latency_cycles)) {}

void VectorUnit::reset() {
  EngineUnit::reset();
  pipeline_.reset();
}

Cycles VectorUnit::intake_of(const Instruction& instruction) const {
  return std::visit(
      [&](const auto& i) -> Cycles {
        if constexpr (requires { i.pool; }) return static_cast<Cycles>(vector_cycles(core_.spec.vector, i));
        return 0;  // of other engines
      },
      instruction.operation);
}

void VectorUnit::act(Cycles now) {
  while (pipeline_.due()) complete(now, pipeline_.finish());
  std::uint32_t index = 0;
  if (pipeline_.can_start() && start_next(now, index))
    pipeline_.start(intake_of((*core_.code)[index]), index);
  activity_ = pipeline_.taking_in()                ? Activity::busy
              : !pipeline_.empty() || waiting(now) ? Activity::stall
                                                   : Activity::idle;
}

}  // namespace tricycle
