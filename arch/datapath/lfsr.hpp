// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <initializer_list>

#include "support/random.hpp"

namespace tricycle {

/// The random numbers of Bernoulli quantization: a linear feedback shift register of 32 bits for each value
/// (Fibonacci, x^32 + x^22 + x^2 + x + 1, which is primitive: every state but 0 comes once in 2^32 - 1
/// shifts). Its bits obey s[n + 32] = s[n + 22] + s[n + 2] + s[n + 1] + s[n] modulo 2; the oldest, s[n], is
/// the highest, and a shift moves the next one in at the lowest. A register of 0 stays 0.

/// A register after `count` shifts, 1 to 10: all of their new bits depend on old ones only.
[[nodiscard]] constexpr std::uint32_t shifted(std::uint32_t state, unsigned count) {
  const std::uint32_t sum =
      (state >> (32 - count)) ^ (state >> (31 - count)) ^ (state >> (30 - count)) ^ (state >> (10 - count));
  return state << count | (sum & ((1U << count) - 1));
}

/// A register after the 16 shifts of a draw.
[[nodiscard]] constexpr std::uint32_t next_register(std::uint32_t state) {
  return shifted(shifted(state, 8), 8);
}

/// What a register has drawn: the 16 bits that its last 16 shifts moved in, the first of them highest.
[[nodiscard]] constexpr std::uint32_t draw_of(std::uint32_t state) {
  return state & 0xffffU;
}

/// Bernoulli ternary quantization (HitNet Eqs 8 and 9): the sign of x with probability |x| / 2^(16 - shift),
/// else 0. `shift` is 0 to 16, and `draw` a uniform number of 16 bits.
[[nodiscard]] constexpr std::int32_t bernoulli_ternary(std::int32_t x, unsigned shift, std::uint32_t draw) {
  const std::int64_t size = x < 0 ? -std::int64_t{x} : std::int64_t{x};
  return (size << shift) > std::int64_t{draw} ? (x < 0 ? -1 : 1) : 0;
}

/// The register of one unit of a recurrent layer before its first time step, never 0. With one draw in every
/// step, a value depends on these and the number of the step alone, in whatever order units are computed.
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
