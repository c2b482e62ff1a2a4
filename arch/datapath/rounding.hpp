// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bit>
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

/// How a `scale` divides by 2^shift. `exact` rounds the quotient to nearest, a half to the even neighbour.
/// The others first turn the sum into float32, as a model's own arithmetic would have it: what float32 takes
/// for a half, or for an integer, is one, although a multiplier of 31 bits missed it by a little.
enum class ScaleRounding : std::uint8_t {
  exact,
  half_to_even,
  half_to_odd,  ///< half to even before an odd number was added
  away,         ///< from zero
  toward,       ///< zero
  half_away,
  half_toward,
};

/// The byte of a `scale`'s table that holds its shift and how it rounds: a shift of 0 to 62 alone is exact;
/// the others have shifts of 16 to 47.
struct ScaleShift {
  ScaleRounding rounding = ScaleRounding::exact;
  unsigned shift = 0;

  static constexpr unsigned least_rounded = 16, most_rounded = 47;

  [[nodiscard]] static constexpr ScaleShift of(std::uint8_t byte) {
    if (byte < 64) return {ScaleRounding::exact, byte < 62U ? byte : 62U};
    return {static_cast<ScaleRounding>(byte / 32 - 1), byte % 32 + least_rounded};
  }
  [[nodiscard]] constexpr std::uint8_t byte() const {
    if (rounding == ScaleRounding::exact) return static_cast<std::uint8_t>(shift);
    return static_cast<std::uint8_t>((static_cast<unsigned>(rounding) + 1) * 32 + shift - least_rounded);
  }
};

/// A magnitude with its 24 upper bits alone, rounded half to even: float32's.
[[nodiscard]] constexpr std::uint64_t as_float_holds(std::uint64_t magnitude) {
  const int dropped = 40 - std::countl_zero(magnitude);
  if (dropped <= 0) return magnitude;
  const std::uint64_t unit = std::uint64_t{1} << dropped, rest = magnitude & (unit - 1);
  const std::uint64_t kept = magnitude - rest;
  return kept + (rest > unit / 2 || (rest == unit / 2 && (kept & unit) != 0) ? unit : 0);
}

/// value / 2^shift as `how` rounds it.
[[nodiscard]] constexpr std::int64_t round_scaled(std::int64_t value, ScaleShift how) {
  if (how.rounding == ScaleRounding::exact) return round_shift(value, how.shift);
  const bool negative = value < 0;
  const auto bits = static_cast<std::uint64_t>(value);
  const std::uint64_t magnitude = as_float_holds(negative ? 0 - bits : bits);
  const std::uint64_t whole = magnitude >> how.shift, half = std::uint64_t{1} << (how.shift - 1);
  const std::uint64_t rest = magnitude & (2 * half - 1);
  bool up = rest > half;
  switch (how.rounding) {
    case ScaleRounding::exact: break;
    case ScaleRounding::half_to_even: up = up || (rest == half && whole % 2 != 0); break;
    case ScaleRounding::half_to_odd: up = up || (rest == half && whole % 2 == 0); break;
    case ScaleRounding::away: up = rest != 0; break;
    case ScaleRounding::toward: up = false; break;
    case ScaleRounding::half_away: up = rest >= half; break;
    case ScaleRounding::half_toward: break;
  }
  const auto rounded = static_cast<std::int64_t>(whole + (up ? 1 : 0));
  return negative ? -rounded : rounded;
}

}  // namespace tricycle
