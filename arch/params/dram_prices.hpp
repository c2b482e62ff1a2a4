// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/params/dram.hpp"

namespace tricycle {

/// Energy in pJ of one command, and of one cycle of a rank in each state. It follows from the IDD currents,
/// summed over rails, for all devices of a rank, with V, mA and ns as JEDEC measures them (tCK is the clock
/// period):
///   activate = V (IDD0 tRC - IDD3N tRAS - IDD2N tRP) tCK, a row opened and closed;
///   read = V (IDD4R - IDD3N) burst tCK, write likewise;  refresh = V (IDD5AB - IDD3N) tRFC tCK;
///   of one bank = V max(0, IDD5PB - IDD2N) tREFIpb tCK, because IDD5PB is an average over that interval;
///   a cycle = V IDD3N tCK with a row open, V IDD2N tCK with none.
struct DramPrices {
  double activate = 0, read = 0, write = 0, refresh = 0, refresh_bank = 0;
  double active_cycle = 0, precharged_cycle = 0;
};
[[nodiscard]] DramPrices dram_prices(const DramDevice& device);

}  // namespace tricycle
