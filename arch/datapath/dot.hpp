// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace tricycle {

/// The slow, obvious dot product that every integer datapath is held against, and the arithmetic of `mac`
/// with int8: multiply, add.
[[nodiscard]] std::int64_t dot_reference(std::span<const std::int32_t> x, std::span<const std::int32_t> y);

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

/// Eq 3 over whole words: popcount(TM(x, y)) - N with N = 32 trits a word; pad with zeros (2'b01). The mask
/// of `y` is derived on the fly (D in Table 4).
[[nodiscard]] std::int64_t dot(std::span<const std::uint64_t> x, std::span<const std::uint64_t> y);

/// The same with the mask of `y` computed before (P in Table 4): 2'b11 where `y` is zero.
[[nodiscard]] std::int64_t dot(std::span<const std::uint64_t> x, std::span<const std::uint64_t> y,
                               std::span<const std::uint64_t> mask);

}  // namespace fatnn

/// Eq 1: 2 popcount(xnor(x, y)) - N over the first `elements` bits.
[[nodiscard]] std::int64_t binary_dot(std::span<const std::uint64_t> x, std::span<const std::uint64_t> y,
                                      std::int64_t elements);

/// Ternary as nonzero and sign planes: popcount(agreeing) - popcount(differing) where both are nonzero.
[[nodiscard]] std::int64_t planes_dot(std::span<const std::uint64_t> x_nonzero,
                                      std::span<const std::uint64_t> x_sign,
                                      std::span<const std::uint64_t> y_nonzero,
                                      std::span<const std::uint64_t> y_sign);

/// Integers as bit planes, the least significant first, all as long: plane m weighs 2^m, or -2^m if it is the
/// last of a signed (two's complement) operand.
struct BitPlanes {
  std::span<const std::vector<std::uint64_t>> planes;
  bool is_signed = false;
};

/// FATNN Eq 2 on the basis {0, 1}, where AND takes the place of xnor: the sum over every pair of planes (m,
/// k) of +-2^(m + k) popcount(x_m and y_k).
[[nodiscard]] std::int64_t bitserial_dot(BitPlanes x, BitPlanes y);

/// Zero or a power of two with a sign (Long et al., section 3, whose fractions are scaled to integers): the
/// exponent code k stands for 2^(k - 1), 0 for zero.
struct Power {
  unsigned code = 0;  ///< 0 to 7
  bool negative = false;
};

/// The product of two powers by their exponents' sum and the exclusive or of their signs.
[[nodiscard]] std::int64_t shift_product(Power x, Power y);

/// An integer times a power: its magnitude through a barrel shifter, its sign by exclusive or.
[[nodiscard]] std::int64_t shift_product(std::int32_t x, Power y);

/// The sum of the products of one step: a balanced tree over adjacent pairs, ((p0 + p1) + (p2 + p3)) + ...,
/// over as many lanes as the next power of two, the missing ones +0. At least one product.
[[nodiscard]] float lane_tree(std::span<const float> products);

/// `sum` and the products of x and y: `lanes` at a time by the tree, the last step filled with +0, then step
/// after step. Each product is rounded to float32 before it is added. Float16 operands are widened before.
[[nodiscard]] float mac_tree(std::span<const float> x, std::span<const float> y, std::int64_t lanes,
                             float sum);

}  // namespace tricycle
