// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>

#include "arch/isa/instruction.hpp"

namespace tricycle {

/// The memories on the chip that engines share: those of `Memory` before `dram`.
inline constexpr int sram_count = 3;

/// What an inference asked of the ports of an on-chip memory (docs/timing.md, rules R1 to R8).
struct MemoryUse {
  std::uint64_t port_cycles = 0;  ///< cycles of a port that were asked for, of all its ports together
  std::array<std::uint64_t, engine_count> conflicts{};  ///< cycles in which each engine wanted one in vain

  bool operator==(const MemoryUse&) const = default;
};

}  // namespace tricycle
