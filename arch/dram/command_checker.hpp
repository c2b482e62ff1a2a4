// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "arch/dram/command.hpp"
#include "arch/params/dram.hpp"

namespace tricycle {

/// A violation of the rules by one command.
struct CommandViolation {
  std::string
      rule;  ///< the JEDEC name, or one of "row", "open bank", "data bus", "command bus", "address", "order"
  DramCommand command;
  DramCycles earliest = 0;  ///< for a timing rule: the first allowed cycle
};

/// Checks the commands of a device against the rules of JEDEC's standards as they are written: minimum
/// distances, banks and rows that must be open or closed, bursts on the data bus, refreshes in time until
/// cycle `end`. The commands of each DRAM channel must come in the order of their cycles. The checker does
/// not know how a controller chooses commands. Its time is linear in the number of commands. It stops after a
/// thousand violations.
///
/// Rules: tRCDRD, tRCDWR, tRP, tRAS, tRC, tRRD_S, tRRD_L, tFAW, t32AW, tCCD_S, tCCD_L, tWTR_S, tWTR_L, tWR,
/// tRTP, tPPD, tRFC, tRFCpb, tREFI, and
/// - the _L times hold within a bank group, where the device has more than one;
/// - "row": a read or write of a bank that has no or another row open;
/// - "open bank": an activate or a refresh of a bank that has a row open;
/// - "data bus": two bursts at once; "tRTRS": too small a gap between bursts of two ranks, and "read to
/// write"
///   from a read's to a write's of the same rank;
/// - "command bus": more commands in a cycle than the DRAM channel has buses;
/// - "address": no such rank, bank, row or column; "order": a cycle earlier than the last command's.
///
/// Not checked, because the description of a device has no figures for them: power-down and self-refresh,
/// mode registers, calibration, activates during a refresh of another bank.
class CommandChecker {
 public:
  explicit CommandChecker(const DramDevice& device);
  ~CommandChecker();
  void take(const DramCommand& command);
  /// Ends the check: there are no more commands until cycle `end`.
  void finish(DramCycles end);
  [[nodiscard]] std::uint64_t checked() const { return checked_; }
  [[nodiscard]] const std::vector<CommandViolation>& violations() const;

 private:
  class Rules;
  std::unique_ptr<Rules> rules_;
  std::uint64_t checked_ = 0;
};

/// The same for a complete list of commands.
[[nodiscard]] std::vector<CommandViolation> check_commands(const DramDevice& device,
                                                           std::span<const DramCommand> commands,
                                                           DramCycles end);

/// The rules of the violations, one word each, for messages: "tRCDRD at 12, tRP at 40".
[[nodiscard]] std::string violations_text(std::span<const CommandViolation> violations);

}  // namespace tricycle
