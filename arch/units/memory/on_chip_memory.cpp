// SPDX-License-Identifier: Apache-2.0
#include "arch/units/memory/on_chip_memory.hpp"

#include "arch/isa/meaning.hpp"

namespace tricycle {

OnChipMemory::OnChipMemory(const sc_core::sc_module_name& name, Memory memory, const MemorySpec& spec)
    : sc_module(name),
      memory_(memory),
      spec_(spec),
      bytes_(cleared_memory(memory, static_cast<std::uint64_t>(spec.bytes()))),
      ports_(memory, spec.ports) {
  access.bind(*this);
  contents.bind(*this);
}

std::vector<Property> OnChipMemory::properties() const {
  return {{"size_KiB", std::to_string(spec_.size_KiB)},
          {"banks", std::to_string(spec_.banks)},
          {"width_bits", std::to_string(spec_.width_bits)},
          {"ports", name_of(spec_.ports)},
          {"latency_cycles", std::to_string(spec_.latency_cycles)},
          {"ping_pong", spec_.ping_pong ? "true" : "false"}};
}

}  // namespace tricycle
