// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "workloads/quantize/level_runs.hpp"

namespace tricycle {

/// The change of a value while its sum rises.
enum class Trend : std::uint8_t { flat, rises, falls, unknown };

/// A value over an interval of sums. If its trend is known, it lies between its ends.
struct ValueRange {
  Trend trend = Trend::unknown;
  float first = 0, last = 0;

  [[nodiscard]] float least() const { return std::min(first, last); }
  [[nodiscard]] float most() const { return std::max(first, last); }
};

/// The trend of a pointwise operator's result, from the trends of its inputs. It holds for the operator's
/// float32 results, not only for real numbers: each of its roundings rises with the rounded number. The
/// trends of all inputs are known and their ends finite.
[[nodiscard]] Trend trend_of(const Node& node, std::span<const ValueRange> inputs);

/// The runs that find_level_runs would find by evaluating every x, found by bisection alone. An interval is
/// done if every operator is known to rise or fall over it and its ends have the same value. None if too
/// little is known of the operators.
[[nodiscard]] std::optional<LevelSearch> find_monotone_runs(const Chain& chain, std::size_t channels,
                                                            std::size_t most_levels);

}  // namespace tricycle
