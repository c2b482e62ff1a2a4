// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "support/random.hpp"

namespace tricycle {

// Long et al., "A Novel Low-Bit Quantization Strategy for Compressing Deep Neural Networks", 2020.

/// The activation quantizer of Eqs 2 to 5: `count` levels 0, q2, 2 q2, ... 2^(count-2) q2 and their
/// negatives. A value becomes the nearest level; in the middle between two levels it becomes the level of
/// smaller magnitude.
struct LongLevels {
  double q2;  ///< > 0
  int count;  ///< 2 to 32

  /// Level i of 0 to count - 1.
  [[nodiscard]] double level(int i) const;
  [[nodiscard]] double quantize(double x) const;
};

/// The mean squared error of Eq 6 for a unit Gaussian: the integral over x >= 0 of phi(x) (Q(x) - x)^2. It
/// covers one side, as in Table 1; both sides have twice this error. Eq 6 as printed has other bounds,
/// (3/2)^(i-3) q2 instead of the midpoints (3/2) 2^(i-3) q2, and a top level of 2^(n-1) q2 instead of 2^(n-2)
/// q2; neither gives Table 1. For analysis only: it calls Boost.Math, which calls libm.
[[nodiscard]] double long_error(const LongLevels& levels);

/// The q2 of least error for `count` levels, to eight digits. There are several minima; the least is found
/// among values 1 % apart from 2^-12 to 4.
[[nodiscard]] double best_long_q2(int count);

/// The weights 0, +-2^lowest, ... +-2^0 as integers: multiples of 2^lowest.
struct LongWeights {
  int lowest;  ///< -16 to 0; the paper's p

  [[nodiscard]] std::int64_t top() const { return std::int64_t{1} << static_cast<unsigned>(-lowest); }
  /// Eq 9: the nearest state, halves away from zero, of x limited to -1 to 1.
  [[nodiscard]] std::int64_t state(double x) const;
  /// Whether a state is a weight: 0 or a power of two.
  [[nodiscard]] static bool is_defined(std::int64_t state);
  /// Eq 10: any other state becomes the defined state below or above it, with equal probability.
  [[nodiscard]] static std::int64_t defined_state(std::int64_t state, Random& random);
  /// Eq 11.
  [[nodiscard]] double value(std::int64_t state) const;
  /// Eqs 9 to 11: the paper's DST of a real number.
  [[nodiscard]] double discretize(double x, Random& random) const;
  /// Eqs 12 to 15: a weight after a change of `delta`. The whole quantizer steps of delta count. The
  /// remaining fraction r of a step becomes one more step with the probability tanh(th r).
  [[nodiscard]] double updated(double weight, double delta, double th, Random& random) const;
};

}  // namespace tricycle
