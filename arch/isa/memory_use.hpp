// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>

#include "arch/isa/instruction.hpp"

namespace tricycle {

/// The number of on-chip memories that engines share: all of `Memory` before `dram`.
inline constexpr int sram_count = 3;

/// The use of the ports of an on-chip memory in one inference (docs/timing.md, rules R1 to R8).
struct MemoryUse {
  std::uint64_t port_cycles = 0;  ///< requested port cycles, summed over all ports
  /// Cycles in which each engine requested a port and did not get it.
  std::array<std::uint64_t, engine_count> conflicts{};

  bool operator==(const MemoryUse&) const = default;
};

}  // namespace tricycle
