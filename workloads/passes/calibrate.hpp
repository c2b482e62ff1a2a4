// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "workloads/quantized.hpp"

namespace tricycle {

struct CalibrateOptions {
  int bits = 8;  ///< of activations and of weights that are on no grid yet, 2 to 8
  /// Inputs that are all multiples of it, 0 to 255, come as pixels and stay as they are, unless it is said
  /// that they are no pixels.
  InputScale input_scale = {};
  bool pixels = true;
};

/// A graph with its quantizers.
struct Calibrated {
  Graph graph;
  std::int64_t items = 0;
  std::int64_t quantizers = 0, weights = 0;  ///< put in; tensors brought onto a grid
};

/// Quantizes a float model after training. Runs it on the items; puts a Quant at the input (if that is not
/// pixels), in front of every product that reads values that are not quantized yet, and one of 16 bits at
/// residual streams; scales come from the largest magnitude, or from a percentile where that leaves clearly
/// less noise. Weights on no low-bit grid become integers of `bits` with a step for each output channel.
[[nodiscard]] Calibrated calibrate(const Graph& graph, const std::vector<Tensor>& items,
                                   const CalibrateOptions& options = {});

}  // namespace tricycle
