// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "support/random.hpp"
#include "workloads/import/network/network_spec.hpp"

namespace tricycle {

/// The distribution of a layer's weights. They are independent and nonzero with the probability `density`.
/// Their mean is zero, except for ternary weights of two scales.
struct WeightDistribution {
  Coding coding;
  double density = 1;   ///< probability of a nonzero weight
  double positive = 1;  ///< value of a positive ternary weight
  bool is_matrix = false;

  explicit WeightDistribution(const LayerSpec& layer);
  [[nodiscard]] double mean_square() const;
  [[nodiscard]] std::vector<float> draw(Random& random, std::int64_t count) const;
};

/// `ternary with 0.6 nonzero or int8`: lists each coding of the layers once.
[[nodiscard]] std::string describe_weights(const std::vector<LayerSpec>& layers);

}  // namespace tricycle
