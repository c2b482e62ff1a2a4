// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "sim/cost/tech.hpp"

namespace tricycle {

struct RunRecord;

/// What one uncertainty moves: the total energy with it at either end and all others at the stated figures.
struct Swing {
  Uncertainty of;
  double low_pJ = 0, high_pJ = 0;
};

/// How far totals may be off by the intervals of prices: all at their low ends, and all at their high ends.
/// The energy of a DRAM device with currents has no interval.
struct Intervals {
  double low_pJ = 0, high_pJ = 0;    ///< total energy of the first inference
  double low_mm2 = 0, high_mm2 = 0;  ///< area
  std::vector<Swing> swings;         ///< of energy and leakage, the largest first
};

[[nodiscard]] Intervals intervals_of(const RunRecord& record);

}  // namespace tricycle
