// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include "arch/datapath/rounding.hpp"

namespace tricycle {

/// A function of x >= 0, given by its values at 2^n + 1 points that are 2^segment_shift codes of x apart
/// (HitNet's lookup tables for the sigmoid and the hyperbolic tangent, Eq 11). Beyond the last point it keeps
/// the value of the last point.
struct LookupTable {
  std::span<const std::int16_t> points;  ///< 2 to 4,097 points
  unsigned segment_shift;                ///< 0 to 24
};

/// The value of the point nearest to a >= 0. Halfway between two points it is the point with the larger x.
[[nodiscard]] constexpr std::int32_t nearest_point(const LookupTable& table, std::int64_t a) {
  const std::int64_t half = (std::int64_t{1} << table.segment_shift) >> 1U;
  const std::int64_t last = std::ssize(table.points) - 1;
  return table.points[static_cast<std::size_t>(std::min(last, (a + half) >> table.segment_shift))];
}

/// The value at a >= 0 by linear interpolation between the two points around it, rounded half to even.
[[nodiscard]] constexpr std::int32_t interpolated(const LookupTable& table, std::int64_t a) {
  const std::int64_t segment = a >> table.segment_shift;
  if (segment >= std::ssize(table.points) - 1) return table.points.back();
  const auto i = static_cast<std::size_t>(segment);
  const std::int64_t rise = std::int64_t{table.points[i + 1]} - table.points[i];
  const std::int64_t within = a - (segment << table.segment_shift);
  return table.points[i] + static_cast<std::int32_t>(round_shift(rise * within, table.segment_shift));
}

}  // namespace tricycle
