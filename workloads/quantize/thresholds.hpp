// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "workloads/quantize/chain.hpp"
#include "workloads/quantize/uniform.hpp"

namespace tricycle {

/// The most levels that thresholds make.
inline constexpr std::size_t most_threshold_levels = 16;

/// Thresholds and their codes: value = (code + offset) * scale.
struct FittedThresholds {
  ThresholdStage stage;
  Codes codes;
  double scale = 1;
  std::int64_t offset = 0;
};

/// The thresholds of a value with at most 16 levels. Each lies where the float32 value itself changes. The
/// codes come from `uniform` or, without it, from the grid of the levels. None if there are more levels, if
/// the levels lie on no grid, or if the source has two sums. If `strict`, a channel that neither rises nor
/// falls is an error.
[[nodiscard]] std::optional<FittedThresholds> fit_thresholds(const Chain& chain,
                                                             const std::optional<Uniform>& uniform,
                                                             bool strict);

}  // namespace tricycle
