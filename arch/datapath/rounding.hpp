// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace tricycle {

/// value / 2^shift for a shift of 0 to 62, rounded to nearest, a half to the even neighbour.
[[nodiscard]] constexpr std::int64_t round_shift(std::int64_t value, unsigned shift) {
  if (shift == 0) return value;
  const std::int64_t whole = value >> shift;
  const std::int64_t rest = value - whole * (std::int64_t{1} << shift);
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  return whole + (rest > half || (rest == half && (whole & 1) != 0) ? 1 : 0);
}

}  // namespace tricycle
