// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/dram/model.hpp"
#include "arch/params/dram_prices.hpp"

namespace tricycle {

/// Energy of a DRAM's devices in pJ, by command and by state. Input, output and termination count only as far
/// as the currents contain them.
struct DramEnergy {
  double activate = 0, read = 0, write = 0, refresh = 0;
  double active_standby = 0, precharge_standby = 0;
  [[nodiscard]] double total() const {
    return activate + read + write + refresh + active_standby + precharge_standby;
  }
};

/// The energy of the commands and cycles of a DRAM channel.
[[nodiscard]] DramEnergy dram_energy(const DramPrices& prices, const DramStatistics& statistics);

}  // namespace tricycle
