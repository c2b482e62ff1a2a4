// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "workloads/integer/quantized.hpp"

namespace tricycle {

struct CalibrateOptions {
  int bits = 8;  ///< of activations and of weights that are on no grid yet, 2 to 8
  /// If all inputs are multiples of this scale, 0 to 255, they are pixels and stay as they are, unless
  /// `pixels` is false.
  InputScale input_scale = {};
  bool pixels = true;
};

/// A graph with its quantizers.
struct Calibrated {
  Graph graph;
  std::int64_t items = 0;
  std::int64_t quantizers = 0, weights = 0;  ///< added; weight tensors that were brought onto a grid
};

/// Quantizes a float model after training. It runs the model on the items. It puts a Quant at the input
/// (unless the input is pixels or integers) and in front of every product that reads values that are not
/// quantized yet, and a Quant of 16 bits at residual streams and in front of means. Scales come from the
/// largest magnitude, or from a percentile if that leaves clearly less noise. Weights on no low-bit grid
/// become integers of `bits` with a step size for each output channel.
[[nodiscard]] Calibrated calibrate(const Graph& graph, const std::vector<Tensor>& items,
                                   const CalibrateOptions& options = {});

}  // namespace tricycle
