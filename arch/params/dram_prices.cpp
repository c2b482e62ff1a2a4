// SPDX-License-Identifier: Apache-2.0
#include "arch/params/dram_prices.hpp"

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

}  // namespace tricycle
