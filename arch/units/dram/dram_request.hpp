// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "arch/dram/command_checker.hpp"
#include "arch/dram/model.hpp"

namespace tricycle {

/// Who asks DRAM for bursts: of those that come in one cycle, in the order in which they are taken.
enum class DramClient : std::uint8_t { fetch, load, store };
inline constexpr std::size_t dram_clients = 3;
[[nodiscard]] const std::vector<std::string>& names_of(DramClient);

/// One burst asked of DRAM.
struct DramRequest {
  std::uint32_t bytes = 0;
  DramClient client = DramClient::load;
  std::uint64_t address = 0;
  std::uint64_t transfer = 0;  ///< of its client

  [[nodiscard]] bool is_write() const { return client == DramClient::store; }
};

/// What a DRAM device did in a run.
struct DramDone {
  std::vector<DramStatistics> channels;
  std::uint64_t commands_checked = 0;
  std::vector<CommandViolation> violations;  ///< of the commands that were checked
};

}  // namespace tricycle
