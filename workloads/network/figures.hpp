// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"

namespace tricycle {

/// A convolution, matrix product or recurrent layer with constant weights.
struct ProductFigures {
  std::string name;
  /// Multiplications by weights: those with padding included, of a recurrent layer those of all steps without
  /// those between its gates.
  std::int64_t macs = 0;
  std::int64_t weights = 0;  ///< elements
  Shape output;
};

/// The size of a network as papers count it.
struct NetworkFigures {
  std::vector<ProductFigures> products;  ///< in the order of the nodes
  std::int64_t macs = 0;
  std::int64_t weights = 0;
  /// Weights, biases (of a recurrent layer those of W and of R), tables of embeddings, and the constants of
  /// one number for each channel that values are multiplied by or that are added to them (two for each
  /// channel of a normalization).
  std::int64_t parameters = 0;
};

[[nodiscard]] NetworkFigures figures_of(const Graph& graph);

}  // namespace tricycle
