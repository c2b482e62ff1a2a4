// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tricycle {

// Wang et al., "HitNet: Hybrid Ternary Recurrent Neural Network", NeurIPS 2018.

/// A matrix or a bias as alpha times codes of -1, 0 and 1 (Eq 6).
struct TernaryWeights {
  std::vector<std::int16_t> codes;
  double alpha = 0;  ///< 0 where all codes are
  double theta = 0;  ///< the threshold that gave them; 0 where they were ternary already
};

/// Threshold ternary quantization, Eqs 5 to 7: theta is two thirds of the mean size, alpha the mean size of
/// what lies above it. Sums are in double precision in the order of the values.
[[nodiscard]] TernaryWeights ttq(std::span<const float> values);

/// The values as they are, where they are -a, 0 and +a for one a; nothing otherwise.
[[nodiscard]] std::optional<TernaryWeights> as_ternary(std::span<const float> values);

}  // namespace tricycle
