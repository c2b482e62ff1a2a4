// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <initializer_list>

#include "support/random.hpp"

namespace tricycle {

/// The random numbers of Bernoulli quantization: each value has a linear feedback shift register of 32 bits
/// (Fibonacci, x^32 + x^22 + x^2 + x + 1). The polynomial is primitive: every state except 0 occurs once in
/// 2^32 - 1 shifts. The bits obey s[n + 32] = s[n + 22] + s[n + 2] + s[n + 1] + s[n] modulo 2. The oldest
/// bit, s[n], is the highest; a shift moves the new bit in at the lowest place. A register of 0 stays 0.

/// A register after `count` shifts, 1 to 10. Up to 10 shifts, all new bits depend on old bits only.
[[nodiscard]] constexpr std::uint32_t shifted(std::uint32_t state, unsigned count) {
  const std::uint32_t sum =
      (state >> (32 - count)) ^ (state >> (31 - count)) ^ (state >> (30 - count)) ^ (state >> (10 - count));
  return state << count | (sum & ((1U << count) - 1));
}

/// A register after the 16 shifts of a draw.
[[nodiscard]] constexpr std::uint32_t next_register(std::uint32_t state) {
  return shifted(shifted(state, 8), 8);
}

/// The random number in a register: the 16 bits of its last 16 shifts, the first of them highest.
[[nodiscard]] constexpr std::uint32_t draw_of(std::uint32_t state) {
  return state & 0xffffU;
}

/// Bernoulli ternary quantization (HitNet Eqs 8 and 9): the sign of x with probability |x| / 2^(16 - shift),
/// else 0. `shift` is 0 to 16, and `draw` a uniform number of 16 bits.
[[nodiscard]] constexpr std::int32_t bernoulli_ternary(std::int32_t x, unsigned shift, std::uint32_t draw) {
  const std::int64_t size = x < 0 ? -std::int64_t{x} : std::int64_t{x};
  return (size << shift) > std::int64_t{draw} ? (x < 0 ? -1 : 1) : 0;
}

/// The register of one hidden unit of a recurrent layer before its first time step. It is never 0. With one
/// draw in every time step, a value depends only on these numbers and the number of the time step. The order
/// in which hidden units are computed does not matter.
struct Drawer {
  std::uint64_t layer, direction, batch, unit;
};
[[nodiscard]] constexpr std::uint32_t first_register(std::uint64_t seed, const Drawer& drawer) {
  std::uint64_t mixed = mix(seed);
  for (const std::uint64_t part : {drawer.layer, drawer.direction, drawer.batch, drawer.unit})
    mixed = mix(mixed ^ part);
  const auto state = static_cast<std::uint32_t>(mixed >> 32U);
  return state != 0 ? state : 1;
}

}  // namespace tricycle
