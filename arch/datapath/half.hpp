// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bit>
#include <cstdint>

namespace tricycle {

/// Converts IEEE 754 binary16 to and from the bits of binary32 with integer arithmetic, so that every machine
/// gives the same bits. Binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. Binary32: 1, 8
/// (bias 127), 23.

/// Exact: every binary16 is a binary32. The payload of a NaN is kept.
[[nodiscard]] constexpr std::uint32_t half_to_float_bits(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  const std::uint32_t exponent = (half >> 10U) & 0x1fU;
  const std::uint32_t fraction = half & 0x3ffU;
  if (exponent == 0x1f) return sign | 0x7f800000U | (fraction << 13U);
  if (exponent > 0) return sign | ((exponent + 112) << 23U) | (fraction << 13U);
  if (fraction == 0) return sign;
  // Subnormal, fraction * 2^-24: its leading one, at bit `top`, becomes the hidden one.
  const auto top = static_cast<std::uint32_t>(std::bit_width(fraction)) - 1;
  return sign | ((top + 103) << 23U) | ((fraction << (23 - top)) & 0x7fffffU);
}

/// Rounds to nearest, ties to even. A value that rounds beyond the largest number becomes infinity. A NaN
/// stays a NaN and keeps the upper bits of its payload.
[[nodiscard]] constexpr std::uint16_t float_bits_to_half(std::uint32_t bits) {
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  const auto with_sign = [sign](std::uint32_t half) { return static_cast<std::uint16_t>(sign | half); };
  if (magnitude > 0x7f800000U) {
    const std::uint32_t payload = (magnitude >> 13U) & 0x3ffU;
    return with_sign(0x7c00U | (payload != 0 ? payload : 0x200U));
  }
  // From 65520 = 2^16 - 2^4 on, half the distance of neighbours beyond the largest, 65504.
  if (magnitude >= 0x477ff000U) return with_sign(0x7c00U);
  const std::uint32_t exponent = magnitude >> 23U;
  if (exponent < 102) return with_sign(0);  // below 2^-25: less than half the smallest subnormal
  // The significand, to be shifted right by 13, or by more where the result is subnormal.
  const bool subnormal = exponent < 113;
  const std::uint32_t shift = subnormal ? 126 - exponent : 13;
  const std::uint32_t significand =
      subnormal ? (magnitude & 0x7fffffU) | 0x800000U : magnitude - (112U << 23U);
  const std::uint32_t rest = significand & ((std::uint32_t{1} << shift) - 1);
  const std::uint32_t half_step = std::uint32_t{1} << (shift - 1);
  std::uint32_t half = significand >> shift;
  if (rest > half_step || (rest == half_step && (half & 1U) != 0)) ++half;  // may carry into the exponent
  return with_sign(half);
}

}  // namespace tricycle
