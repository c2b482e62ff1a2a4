// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <iterator>
#include <map>

namespace tricycle {

/// log(x) / log(base) and base^exponent, computed with 50 digits and one rounding. The result does not depend
/// on the machine's libm.
[[nodiscard]] double log_ratio(double x, double base);
[[nodiscard]] double power(double base, double exponent);

/// The position of x between two neighbours of an axis, in logarithms: 0 at the low neighbour, 1 at the high
/// one.
template <class Row>
struct Segment {
  const Row& low;
  const Row& high;
  double at;
};

/// The neighbours around x, or the nearest two when x is outside. The axis has at least two points.
template <class Row>
Segment<Row> segment_of(const std::map<double, Row>& axis, double x) {
  auto high = axis.lower_bound(x);
  if (high == axis.end()) --high;
  if (high == axis.begin()) ++high;
  const auto low = std::prev(high);
  return {low->second, high->second, log_ratio(x / low->first, high->first / low->first)};
}

}  // namespace tricycle
