// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace tricycle {

/// The slow, obvious dot product: multiply, add. It is the reference of every integer datapath, and the
/// arithmetic of `mac` with int8.
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

/// The same with the precomputed mask of `y` (P in Table 4): 2'b11 where `y` is zero.
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

/// Integers as bit planes of equal length, the least significant first. Plane m has the weight 2^m. The last
/// plane of a signed (two's complement) operand has the weight -2^m.
struct BitPlanes {
  std::span<const std::vector<std::uint64_t>> planes;
  bool is_signed = false;
};

/// FATNN Eq 2 on the basis {0, 1}, where AND replaces xnor: the sum of +-2^(m + k) popcount(x_m and y_k) over
/// all pairs of planes (m, k).
[[nodiscard]] std::int64_t bitserial_dot(BitPlanes x, BitPlanes y);

/// Zero or a power of two with a sign (Long et al., section 3; their fractions are scaled to integers). The
/// exponent code k > 0 means 2^(k - 1); 0 means zero.
struct Power {
  unsigned code = 0;  ///< 0 to 7
  bool negative = false;
};

/// The product of two powers: the sum of their exponents, and the exclusive or of their signs.
[[nodiscard]] std::int64_t shift_product(Power x, Power y);

/// An integer times a power: a barrel shifter shifts the magnitude; the sign is an exclusive or.
[[nodiscard]] std::int64_t shift_product(std::int32_t x, Power y);

/// The sum of the products of one array step, by a balanced tree over adjacent pairs, ((p0 + p1) + (p2 + p3))
/// + .... The number of lanes is the next power of two; missing lanes are +0. At least one product.
[[nodiscard]] float lane_tree(std::span<const float> products);

/// `sum` plus the products of x and y. The tree adds the `lanes` products of one array step (the last step is
/// filled with +0), and the steps are added one after another. Each product is rounded to float32 before it
/// is added. Float16 operands are widened before.
[[nodiscard]] float mac_tree(std::span<const float> x, std::span<const float> y, std::int64_t lanes,
                             float sum);

}  // namespace tricycle
