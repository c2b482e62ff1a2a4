// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace tricycle {

/// The output function of SplitMix64: a bijection of 64 bits that scatters neighbouring inputs.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// Seeded random numbers that are the same with every compiler and library: SplitMix64 (Steele et al., 2014).
class Random {
 public:
  /// Random streams of one seed do not overlap in practice: each starts at a scattered point.
  explicit constexpr Random(std::uint64_t seed, std::uint64_t stream = 0)
      : state_(mix(seed) ^ mix(~stream)) {}

  constexpr std::uint64_t next() {
    const std::uint64_t value = mix(state_);
    state_ += 0x9e3779b97f4a7c15U;
    return value;
  }
  /// Uniform in [0, bound), 0 < bound <= 2^32, by the high half of a product.
  constexpr std::uint64_t below(std::uint64_t bound) { return ((next() >> 32U) * bound) >> 32U; }
  /// Uniform integer in [low, high].
  constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  /// Uniform in [0, 1), 53 bits.
  constexpr double real() { return static_cast<double>(next() >> 11U) * 0x1p-53; }
  constexpr bool chance(double probability) { return real() < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace tricycle
