// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "arch/dram/energy.hpp"
#include "sim/cost/tech.hpp"

namespace tricycle {

/// The sum over all DRAM channels. `cycles` is not summed: it is the same for each channel.
[[nodiscard]] DramStatistics sum_of(const std::vector<DramStatistics>& channels);

/// Figures derived from the statistics of a device.
struct DramFigures {
  double seconds = 0;
  std::uint64_t bytes_read = 0, bytes_written = 0;  ///< by read and write commands
  double bytes_per_s = 0, bandwidth_share = 0;      ///< share of the peak
  std::uint64_t row_hits = 0, bursts = 0;
  double row_hit_share = 0;
  double mean_read_latency = 0;      ///< in cycles; 0 without reads
  std::optional<DramEnergy> energy;  ///< absent where the device has no currents
  double power_mW = 0;
};
[[nodiscard]] DramFigures dram_figures(const DramDevice& device, const DramStatistics& statistics);

/// Requests and commands of one DRAM channel or of all (keys: docs/dram_exchange.md).
[[nodiscard]] nlohmann::ordered_json dram_counts_json(const DramStatistics& statistics);
/// The same with cycles, bytes, latency and energy.
[[nodiscard]] nlohmann::ordered_json dram_json(const DramDevice& device, const DramStatistics& statistics,
                                               const DramFigures& figures);
/// One line for the terminal.
[[nodiscard]] std::string dram_text(const DramDevice& device, const DramStatistics& statistics,
                                    const DramFigures& figures);

}  // namespace tricycle
