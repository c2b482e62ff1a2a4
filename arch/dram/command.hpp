// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>

namespace tricycle {

using DramCycles = std::uint64_t;

/// The address of a request.
struct DramAddress {
  std::int32_t channel = 0, rank = 0, group = 0, bank = 0;  ///< bank: within its group
  std::int64_t row = 0, column = 0;                         ///< column: counted in bursts
  bool operator==(const DramAddress&) const = default;
};

/// The commands of a controller to its devices. A read or write with precharge closes its row as soon as the
/// rules allow it.
enum class DramCommandKind : std::uint8_t {
  activate,
  precharge,
  read,
  write,
  read_precharge,
  write_precharge,
  refresh,       ///< all banks of a rank
  refresh_bank,  ///< one bank
};
inline constexpr int dram_command_kinds = 8;
inline constexpr std::array<const char*, dram_command_kinds> dram_command_names = {
    "ACT", "PRE", "RD", "WR", "RDA", "WRA", "REFab", "REFpb"};

/// A command on the command bus of a DRAM channel. In a refresh of all banks, group, bank, row and column are
/// 0.
struct DramCommand {
  DramCycles cycle = 0;
  DramCommandKind kind = DramCommandKind::activate;
  DramAddress at;
};

}  // namespace tricycle
