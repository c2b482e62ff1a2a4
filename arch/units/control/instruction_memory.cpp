// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/instruction_memory.hpp"

namespace tricycle {

InstructionMemory::InstructionMemory(const sc_core::sc_module_name& name, const LoadedProgram& program)
    : sc_module(name), program_(program) {
  instructions.bind(*this);
  for (const Instruction& instruction : program.code)
    used_bytes_ += static_cast<std::uint64_t>(encoded_bytes(instruction));
}

std::vector<Property> InstructionMemory::properties() const {
  const MemorySpec& spec = program_.spec.instruction_memory;
  return {{"size_KiB", std::to_string(spec.size_KiB)},
          {"width_bits", std::to_string(spec.width_bits)},
          {"program_bytes", std::to_string(used_bytes_)}};
}

}  // namespace tricycle
