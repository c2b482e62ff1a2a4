// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "support/random.hpp"
#include "workloads/network/network_spec.hpp"

namespace tricycle {

/// How the weights of a layer are distributed: independent, nonzero with a chance, their mean zero but for
/// ternary weights of two scales.
struct WeightDistribution {
  Coding coding;
  double density = 1;   ///< chance of a weight that is not zero
  double positive = 1;  ///< a positive ternary weight
  bool is_matrix = false;

  explicit WeightDistribution(const LayerSpec& layer);
  [[nodiscard]] double mean_square() const;
  [[nodiscard]] std::vector<float> draw(Random& random, std::int64_t count) const;
};

/// `ternary with 0.6 nonzero or int8`: each coding of the layers once.
[[nodiscard]] std::string describe_weights(const std::vector<LayerSpec>& layers);

}  // namespace tricycle
