// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/engine_unit.hpp"

namespace tricycle {

EngineUnit::EngineUnit(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
                       Scoreboard& scoreboard, Engine engine)
    : Unit(name, run), program_(program), scoreboard_(scoreboard), engine_(engine) {
  posts.init(engine_count + 1, [](const char*, std::size_t e) {
    return new sc_core::sc_port<TokensOut>(("to_" + names_of(Engine{})[e]).c_str());
  });
}

void EngineUnit::listen() {
  wake_on(queue->posted());
  wake_on(tokens->posted());
}

void EngineUnit::start_of_simulation() {
  memories_ = {weight_memory->bytes(),
               activation_memory->bytes(),
               accumulator_memory->bytes(),
               dram_bytes(),
               staged_sums(),
               lane_results(),
               weight_blocks()};
}

bool EngineUnit::start_next(Cycles now, std::uint32_t& place, std::optional<std::uint32_t> by) {
  if (!queue->has()) return false;
  place = queue->front();
  if (!tokens->take(instruction(place).wait)) return false;
  queue->take();
  busy_for_ = &scoreboard_.start(now, place, engine_, by);
  return true;
}

void EngineUnit::complete(Cycles now, std::uint32_t place, const CounterSet& events) {
  Effects effects;
  if (program_.functional) effects = execute(scoreboard_[place].issued, spec(), memories_);
  complete_with(now, place, events, effects);
}

void EngineUnit::complete_with(Cycles now, std::uint32_t place, const CounterSet& events,
                               const Effects& effects) {
  const Issued& issued = scoreboard_[place].issued;
  scoreboard_.complete(now, place, events, effects);
  for (std::size_t e = 0; e < engine_count; ++e) {
    if (issued.instruction.post.has(static_cast<Engine>(e))) posts[e]->post(engine_);
  }
  posts[engine_count]->post(engine_);
  if (scoreboard_.completed) scoreboard_.completed(issued);
}

}  // namespace tricycle
