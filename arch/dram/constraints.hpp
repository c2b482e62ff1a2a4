// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "arch/dram/command.hpp"
#include "arch/params/dram.hpp"

namespace tricycle {

/// A set of command kinds.
struct DramKinds {
  std::uint8_t bits = 0;
  constexpr DramKinds(std::initializer_list<DramCommandKind> kinds) {
    for (const DramCommandKind kind : kinds)
      bits = static_cast<std::uint8_t>(bits | 1U << static_cast<unsigned>(kind));
  }
  [[nodiscard]] constexpr bool has(DramCommandKind kind) const {
    return (bits >> static_cast<unsigned>(kind) & 1U) != 0;
  }
};

/// The banks that a constraint delays after a command: the same bank; all of its bank group; all of its rank;
/// all of the DRAM channel's other ranks.
enum class DramScope : std::uint8_t { bank, group, rank, other_ranks };

/// A timing constraint with its JEDEC name: no command of `next` in `scope` earlier than `cycles` cycles
/// after a command of `first`.
struct DramConstraint {
  const char* name;
  DramKinds first, next;
  DramScope scope;
  std::int64_t cycles;
};

/// All constraints between two commands of a device. The activation windows tFAW and t32AW are not in the
/// list: they allow at most 4 (32) activates of a rank in a window of this length.
[[nodiscard]] std::vector<DramConstraint> dram_constraints(const DramDevice& device);

}  // namespace tricycle
