// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/loaded_program.hpp"

#include <utility>

#include "arch/units/control/events.hpp"

namespace tricycle {

LoadedProgram::LoadedProgram(const MachineSpec& machine, const std::vector<Instruction>& instructions,
                             bool has_values, DeclaredDensities declared)
    : spec(machine),
      code(instructions),
      loops(instructions),
      pages(instructions, loops, static_cast<std::uint64_t>(machine.instruction_memory.bytes())),
      functional(has_values),
      densities(std::move(declared)) {
  for (const Instruction& instruction : code) {
    accesses.push_back(footprint(instruction, spec));
    events.push_back(events_of(instruction, spec));
    fetch_reads.push_back(fetch_reads_of(instruction, spec));
  }
}

}  // namespace tricycle
