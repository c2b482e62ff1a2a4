// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bit>
#include <cstdint>

namespace tricycle {

/// value / 2^shift for a shift of 0 to 62, rounded to nearest, half to even.
[[nodiscard]] constexpr std::int64_t round_shift(std::int64_t value, unsigned shift) {
  if (shift == 0) return value;
  const std::int64_t whole = value >> shift;
  const std::int64_t rest = value - whole * (std::int64_t{1} << shift);
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  return whole + (rest > half || (rest == half && (whole & 1) != 0) ? 1 : 0);
}

/// How a `scale` rounds its quotient. `exact` rounds the quotient itself to nearest, half to even. The other
/// modes first round the quotient to float32, as the model's own arithmetic does. So a quotient that is a
/// half or an integer in float32 counts as one, even if the multiplier of 31 bits misses it slightly.
enum class ScaleRounding : std::uint8_t {
  exact,
  half_to_even,
  away,    ///< away from zero
  toward,  ///< toward zero
  half_away,
  half_toward,
  floor,
  ceil,
};
inline constexpr int scale_rounding_count = 8;

/// The end of a `scale`: the rounding, and the zero point of its results. The zero point is added before the
/// rounding (QONNX's Quant, where the sum is a float32, too) or after it (ONNX's QuantizeLinear).
struct ScaleEnd {
  ScaleRounding rounding = ScaleRounding::exact;
  std::int32_t zero = 0;
  bool zero_behind = true;
  bool operator==(const ScaleEnd&) const = default;
};

/// A magnitude rounded to its 24 upper bits, half to even, as in float32.
[[nodiscard]] constexpr std::uint64_t as_float_holds(std::uint64_t magnitude) {
  const int dropped = 40 - std::countl_zero(magnitude);
  if (dropped <= 0) return magnitude;
  const std::uint64_t unit = std::uint64_t{1} << dropped, rest = magnitude & (unit - 1);
  const std::uint64_t kept = magnitude - rest;
  return kept + (rest > unit / 2 || (rest == unit / 2 && (kept & unit) != 0) ? unit : 0);
}

/// The same for both signs.
[[nodiscard]] constexpr std::int64_t as_float_holds(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  const std::uint64_t kept = as_float_holds(value < 0 ? 0 - bits : bits);
  return static_cast<std::int64_t>(value < 0 ? 0 - kept : kept);
}

/// value / 2^shift for a shift of 0 to 62, with the rounding and zero point of `end`. Sums wrap in 64 bits.
[[nodiscard]] constexpr std::int64_t round_scaled(std::int64_t value, unsigned shift, const ScaleEnd& end) {
  const auto plus = [](std::int64_t a, std::uint64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + b);
  };
  const auto zero = static_cast<std::uint64_t>(std::int64_t{end.zero});
  const std::uint64_t before = end.zero_behind ? 0 : zero << shift, behind = end.zero_behind ? zero : 0;
  if (end.rounding == ScaleRounding::exact) return plus(round_shift(plus(value, before), shift), behind);
  value = as_float_holds(value);
  if (before != 0) value = as_float_holds(plus(value, before));
  const bool negative = value < 0;
  const auto bits = static_cast<std::uint64_t>(value);
  const std::uint64_t magnitude = negative ? 0 - bits : bits;
  const std::uint64_t whole = magnitude >> shift, unit = std::uint64_t{1} << shift;
  const std::uint64_t rest = magnitude & (unit - 1);
  const bool above = 2 * rest > unit, half = 2 * rest == unit;
  bool up = false;
  switch (end.rounding) {
    case ScaleRounding::exact: break;
    case ScaleRounding::half_to_even: up = above || (half && whole % 2 != 0); break;
    case ScaleRounding::away: up = rest != 0; break;
    case ScaleRounding::toward: break;
    case ScaleRounding::half_away: up = above || half; break;
    case ScaleRounding::half_toward: up = above; break;
    case ScaleRounding::floor: up = negative && rest != 0; break;
    case ScaleRounding::ceil: up = !negative && rest != 0; break;
  }
  const std::uint64_t rounded = whole + (up ? 1 : 0);
  return plus(static_cast<std::int64_t>(negative ? 0 - rounded : rounded), behind);
}

}  // namespace tricycle
