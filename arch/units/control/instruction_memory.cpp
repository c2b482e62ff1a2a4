// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/instruction_memory.hpp"

#include "arch/units/control/events.hpp"

namespace tricycle {

InstructionMemory::InstructionMemory(const sc_core::sc_module_name& name, const LoadedProgram& program)
    : sc_module(name), program_(program) {
  instructions.bind(*this);
  arriving.bind(*this);
}

Cycles InstructionMemory::port_cycles(std::uint64_t accesses) const {
  const auto banks = static_cast<std::uint64_t>(program_.spec.instruction_memory.banks);
  return (accesses + banks - 1) / banks;
}

Cycles InstructionMemory::cycles_of(std::uint32_t index) const {
  return port_cycles(program_.fetch_reads[index]);
}

Cycles InstructionMemory::write(std::uint64_t bytes) {
  return port_cycles(instruction_accesses(bytes, program_.spec));
}

std::vector<Property> InstructionMemory::properties() const {
  const MemorySpec& spec = program_.spec.instruction_memory;
  std::uint64_t program_bytes = 0;
  for (const Pages::Page& page : program_.pages.all()) program_bytes += page.bytes;
  return {{"size_KiB", std::to_string(spec.size_KiB)},
          {"banks", std::to_string(spec.banks)},
          {"width_bits", std::to_string(spec.width_bits)},
          {"program_bytes", std::to_string(program_bytes)},
          {"pages", std::to_string(program_.pages.all().size())}};
}

}  // namespace tricycle
