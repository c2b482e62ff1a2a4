// SPDX-License-Identifier: Apache-2.0
#include "arch/units/vector_unit.hpp"

#include "arch/spec/timing.hpp"

namespace tricycle {

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, Core& core)
    : EngineUnit(name, core, Engine::vector),
      pipeline_(static_cast<Cycles>(core.spec.vector.latency_cycles)) {}

void VectorUnit::reset() {
  EngineUnit::reset();
  pipeline_.reset();
}

Cycles VectorUnit::intake_of(const Instruction& instruction) const {
  const auto cycles = [&](std::int64_t rows, std::int64_t cols, std::int64_t operations) {
    return static_cast<Cycles>(vector_cycles(core_.spec.vector, rows * cols, operations));
  };
  if (const auto* threshold = std::get_if<isa::Threshold>(&instruction.operation)) {
    return cycles(threshold->rows, threshold->cols, threshold->thresholds);
  }
  const auto& affine = std::get<isa::Affine>(instruction.operation);
  return cycles(affine.rows, affine.cols, 1);
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
