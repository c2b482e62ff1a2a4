// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/energy.hpp"

#include <algorithm>

namespace tricycle {

DramPrices dram_prices(const DramDevice& device) {
  const DramTiming& t = device.timing;
  const double tCK_ns = static_cast<double>(device.tCK_ps) / 1000;
  const auto cycles = [](std::int64_t n) { return static_cast<double>(n); };
  DramPrices prices;
  for (const DramRail& rail : device.rails) {
    const double scale = rail.voltage_V * tCK_ns * cycles(device.geometry.devices());
    prices.activate +=
        scale * (rail.IDD0 * cycles(t.tRC) - rail.IDD3N * cycles(t.tRAS) - rail.IDD2N * cycles(t.tRP));
    prices.read += scale * (rail.IDD4R - rail.IDD3N) * cycles(t.burst);
    prices.write += scale * (rail.IDD4W - rail.IDD3N) * cycles(t.burst);
    prices.refresh += scale * (rail.IDD5AB - rail.IDD3N) * cycles(t.tRFC);
    prices.refresh_bank += scale * std::max(0.0, rail.IDD5PB - rail.IDD2N) * cycles(t.tREFIpb);
    prices.active_cycle += scale * rail.IDD3N;
    prices.precharged_cycle += scale * rail.IDD2N;
  }
  return prices;
}

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
