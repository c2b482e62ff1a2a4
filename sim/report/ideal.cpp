// SPDX-License-Identifier: Apache-2.0
#include "sim/report/ideal.hpp"

namespace tricycle {

std::vector<Ideal> ideals_of(const MachineSpec& spec) {
  std::vector<Ideal> ideals;
  if (spec.array.zero_skip == ZeroSkip::element)
    ideals.push_back({"array.zero_skip",
                      "element: each column takes its own activations from a row's in one cycle, through a "
                      "crossbar that costs no area and no energy"});
  if (spec.dram.is_ideal())
    ideals.push_back({"dram.kind", "ideal: a pipe without banks, rows, refresh and turnaround"});
  return ideals;
}

}  // namespace tricycle
