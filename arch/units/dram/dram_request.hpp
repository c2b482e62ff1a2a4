// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "arch/dram/command_checker.hpp"
#include "arch/dram/model.hpp"

namespace tricycle {

/// One burst asked of DRAM.
struct DramRequest {
  std::uint32_t bytes = 0;
  bool write = false;
  std::uint64_t address = 0;
  std::uint64_t transfer = 0;  ///< of its engine
};

/// What a DRAM device did in a run.
struct DramDone {
  std::vector<DramStatistics> channels;
  std::uint64_t commands_checked = 0;
  std::vector<CommandViolation> violations;  ///< of the commands that were checked
};

}  // namespace tricycle
