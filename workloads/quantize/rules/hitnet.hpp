// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tricycle {

// Wang et al., "HitNet: Hybrid Ternary Recurrent Neural Network", NeurIPS 2018.

/// A matrix or a bias as alpha times codes -1, 0 and 1 (Eq 6).
struct TernaryWeights {
  std::vector<std::int16_t> codes;
  double alpha = 0;  ///< 0 where all codes are 0
  double theta = 0;  ///< the threshold; 0 where the values were already ternary
};

/// Threshold ternary quantization, Eqs 5 to 7: theta is two thirds of the mean magnitude; alpha is the mean
/// magnitude of the values above theta. Sums are in double precision in the order of the values.
[[nodiscard]] TernaryWeights ttq(std::span<const float> values);

/// The values unchanged where they are only -a, 0 and +a for one a; nothing otherwise.
[[nodiscard]] std::optional<TernaryWeights> as_ternary(std::span<const float> values);

}  // namespace tricycle
