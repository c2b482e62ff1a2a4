// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>

namespace tricycle {

using DramCycles = std::uint64_t;

/// Where a request goes.
struct DramAddress {
  std::int32_t channel = 0, rank = 0, group = 0, bank = 0;  ///< bank: of its group
  std::int64_t row = 0, column = 0;                         ///< column: in bursts
  bool operator==(const DramAddress&) const = default;
};

/// What a controller tells its devices. A read or write with precharge closes its row when it may.
enum class DramCommandKind : std::uint8_t {
  activate,
  precharge,
  read,
  write,
  read_precharge,
  write_precharge,
  refresh,       ///< of all banks of a rank
  refresh_bank,  ///< of one bank
};
inline constexpr int dram_command_kinds = 8;
inline constexpr std::array<const char*, dram_command_kinds> dram_command_names = {
    "ACT", "PRE", "RD", "WR", "RDA", "WRA", "REFab", "REFpb"};

/// A command on a channel's command bus. A refresh of all banks has no group, bank, row or column (0).
struct DramCommand {
  DramCycles cycle = 0;
  DramCommandKind kind = DramCommandKind::activate;
  DramAddress at;
};

}  // namespace tricycle
