// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"

namespace tricycle {

/// A convolution, matrix product or recurrent layer with constant weights.
struct ProductFigures {
  std::string name;
  /// Multiplications by weights, including multiplications with padding. A recurrent layer counts all time
  /// steps, without the multiplications between its gates.
  std::int64_t macs = 0;
  std::int64_t weights = 0;  ///< elements
  Shape output;
};

/// The size of a network as in papers.
struct NetworkFigures {
  std::vector<ProductFigures> products;  ///< in the order of the nodes
  std::int64_t macs = 0;
  std::int64_t weights = 0;
  /// Weights, biases (in a recurrent layer the biases of W and of R), tables of embeddings, and per-channel
  /// constants that multiply values or are added to them (two for each channel of a normalization).
  std::int64_t parameters = 0;
};

[[nodiscard]] NetworkFigures figures_of(const Graph& graph);

}  // namespace tricycle
