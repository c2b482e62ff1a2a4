// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "arch/dram/command.hpp"
#include "arch/dram/constraints.hpp"
#include "arch/params/dram.hpp"

namespace tricycle {

/// The banks of one DRAM channel: their open rows, and the first cycle in which each command may come.
class DramBanks {
 public:
  static constexpr std::int64_t closed = -1;

  /// The banks of DRAM channel `channel` of the device. Their addresses have this number.
  explicit DramBanks(const DramDevice& device, std::int32_t channel = 0);

  /// The index of a bank in the DRAM channel: rank after rank, in each one bank group after another.
  [[nodiscard]] std::size_t index(const DramAddress& at) const {
    const std::int64_t group = std::int64_t{at.rank} * groups_ + at.group;
    return static_cast<std::size_t>(group * banks_per_group_ + at.bank);
  }
  [[nodiscard]] DramAddress address(std::size_t index) const;
  [[nodiscard]] std::int64_t open_row(std::size_t bank) const { return banks_[bank].row; }
  /// The number of reads and writes since the row was opened.
  [[nodiscard]] std::int64_t uses(std::size_t bank) const { return banks_[bank].uses; }
  [[nodiscard]] bool any_open(std::int64_t rank) const { return open_[static_cast<std::size_t>(rank)] > 0; }

  /// The first cycle in which the timing constraints of a bank allow a command. The caller must check the
  /// state of the bank.
  [[nodiscard]] DramCycles earliest(DramCommandKind kind, std::size_t bank) const;
  void issue(const DramCommand& command);

 private:
  using Times = std::array<DramCycles, dram_command_kinds>;
  struct Bank {
    std::int64_t row = closed, uses = 0;
    Times from{};
  };
  struct Rule {
    std::uint8_t next;
    DramScope scope;
    DramCycles cycles;
  };
  /// The last activates of each rank, as many as an activation window may have.
  struct Window {
    std::size_t most;
    DramCycles cycles;
    std::vector<std::deque<DramCycles>> last;  ///< of each rank
  };
  void close(std::size_t bank);

  std::int32_t channel_, ranks_, groups_, banks_per_group_;
  std::array<std::vector<Rule>, dram_command_kinds> rules_;  ///< by the first command
  std::vector<Window> windows_;
  std::vector<Bank> banks_;
  std::vector<Times> groups_from_, ranks_from_;
  std::vector<std::int64_t> open_;  ///< open banks of each rank
};

}  // namespace tricycle
