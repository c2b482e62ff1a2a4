// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "arch/dram/energy.hpp"
#include "sim/tech.hpp"

namespace tricycle {

/// All channels together; `cycles` are those of each, not their sum.
[[nodiscard]] DramStatistics sum_of(const std::vector<DramStatistics>& channels);

/// Prices of DRAM bytes from what the device did: its energy for reads over the bytes read, for writes over
/// the bytes written, and everything else (activates, refreshes, standby) over all bytes, so that bytes times
/// prices is the device's energy. A device without currents keeps the technology's prices, an ideal DRAM too.
void price_dram(const MachineSpec& spec, const DramStatistics& statistics, const CounterSet& events,
                Prices& prices);

/// What a DRAM device did, for result.json and for the terminal ("" for an ideal DRAM).
[[nodiscard]] nlohmann::ordered_json dram_json(const DramDevice& device, const DramStatistics& statistics);
[[nodiscard]] std::string dram_text(const DramDevice& device, const DramStatistics& statistics);

}  // namespace tricycle
