// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bit>
#include <cstdint>
#include <span>

namespace tricycle {

/// The slow, obvious dot product that every datapath is held against.
[[nodiscard]] std::int64_t dot_reference(std::span<const std::int8_t> x, std::span<const std::int8_t> y);

/// FATNN's arithmetic on 64-bit words of 32 trits, each in the 2-bit codec of Table 1 (popcount(codec) =
/// value + 1).
namespace fatnn {

/// The canonical code of zero, 2'b01, in every trit: FATNN's `auxi`.
inline constexpr std::uint64_t auxi = 0x5555555555555555U;

/// Eqs 5-6: 2'b11 in every trit of `y` that is zero (01 or 10), else 2'b00.
[[nodiscard]] constexpr std::uint64_t zero_mask(std::uint64_t y) {
  const std::uint64_t swapped = ((y >> 1U) & auxi) | ((y << 1U) & ~auxi);
  return swapped ^ y;
}

/// Eqs 4 and 7: the product of every pair of trits. `mask` marks the zeros of either operand.
[[nodiscard]] constexpr std::uint64_t multiply(std::uint64_t x, std::uint64_t y, std::uint64_t mask) {
  const std::uint64_t xnor = ~(x ^ y);
  return (mask & auxi) | (~mask & xnor);
}

/// Eq 3 over whole words: popcount(TM(x, y)) - N with N = 32 trits a word; pad with zeros (2'b01).
[[nodiscard]] std::int64_t dot(std::span<const std::uint64_t> x, std::span<const std::uint64_t> y);

}  // namespace fatnn

/// Eq 1: 2 popcount(xnor(x, y)) - N over the first `elements` bits.
[[nodiscard]] std::int64_t binary_dot(std::span<const std::uint64_t> x, std::span<const std::uint64_t> y,
                                      std::int64_t elements);

/// Ternary as nonzero and sign planes: popcount(agreeing) - popcount(differing) where both are nonzero.
[[nodiscard]] std::int64_t planes_dot(std::span<const std::uint64_t> x_nonzero,
                                      std::span<const std::uint64_t> x_sign,
                                      std::span<const std::uint64_t> y_nonzero,
                                      std::span<const std::uint64_t> y_sign);

}  // namespace tricycle
