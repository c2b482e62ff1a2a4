// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "workloads/quantize/chain.hpp"

namespace tricycle {

/// Neighbouring x of one channel that give the same value.
struct LevelRun {
  std::int64_t first = 0;  ///< the smallest x of the run
  float value = 0;
};

/// The runs of each channel, from its least x to its most; none if there are too many different values.
struct LevelSearch {
  std::vector<std::vector<LevelRun>> runs;
  bool too_many = false;
};

/// The runs of equal values of each channel. They are found by the known trends of the operators
/// (monotone.hpp). If too little is known, all x are evaluated, if they are few enough; else a coarse row of
/// x, and bisection finds the edges between. Values that are no numbers count as too many levels or, if
/// `strict`, are an error at the last operator.
[[nodiscard]] LevelSearch find_level_runs(const Chain& chain, std::size_t channels, std::size_t most_levels,
                                          bool strict);

/// Whether the values after a max pool never fall where the values before it rise. Both are points x
/// channels.
[[nodiscard]] bool rises_with(const std::vector<float>& before, const std::vector<float>& behind,
                              std::size_t channels);

}  // namespace tricycle
