// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/dram/model.hpp"
#include "arch/spec/dram_prices.hpp"

namespace tricycle {

/// Energy of a DRAM's devices, in pJ, by command and by state; no input or output, no termination but what
/// the currents hold.
struct DramEnergy {
  double activate = 0, read = 0, write = 0, refresh = 0;
  double active_standby = 0, precharge_standby = 0;
  [[nodiscard]] double total() const {
    return activate + read + write + refresh + active_standby + precharge_standby;
  }
};

/// What a channel's commands and cycles took.
[[nodiscard]] DramEnergy dram_energy(const DramPrices& prices, const DramStatistics& statistics);

}  // namespace tricycle
