// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/energy.hpp"

namespace tricycle {

DramEnergy dram_energy(const DramPrices& prices, const DramStatistics& statistics) {
  const auto count = [](std::uint64_t n) { return static_cast<double>(n); };
  DramEnergy energy;
  energy.activate = prices.activate * count(statistics.activates);
  energy.read = prices.read * count(statistics.read_commands);
  energy.write = prices.write * count(statistics.write_commands);
  energy.refresh =
      prices.refresh * count(statistics.refreshes) + prices.refresh_bank * count(statistics.bank_refreshes);
  energy.active_standby = prices.active_cycle * count(statistics.active_cycles);
  energy.precharge_standby = prices.precharged_cycle * count(statistics.precharged_cycles);
  return energy;
}

}  // namespace tricycle
