// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "workloads/graph/graph.hpp"

namespace tricycle {

/// A tensor of the quantized network: `rows` rows (batch, positions) of `cols` channels. Real value = code *
/// scale.
struct QuantizedTensor {
  std::string name;
  Encoding encoding = Encoding::uint8;
  std::int64_t rows = 1;
  std::int64_t cols = 0;
  Shape shape;  ///< in the model
};

/// Sums become codes: codes[number of thresholds reached], for each channel or for all alike.
struct ThresholdStage {
  std::vector<int> codes;  ///< ascending, one more than thresholds of a channel
  bool per_channel = true;
  std::vector<std::int64_t> thresholds;  ///< channels x (codes - 1), ascending in each channel
  std::vector<int> signs;  ///< +1: value >= threshold; -1: -value >= threshold (a negative gamma)
};

/// Sums become float32: float32(sum * scale) + bias.
struct AffineStage {
  bool per_channel = true;
  std::vector<float> scale, bias;
};

/// The sums themselves.
struct RawStage {};

/// One layer: a product with constant weights (or none, for a quantizer of the input), and what its sums
/// become.
struct QuantizedLayer {
  std::string name;
  std::string op;  ///< the operators it was made of
  bool has_weights = true;
  int input = 0, output = 0;         ///< tensors
  std::vector<std::int8_t> weights;  ///< output channels x input channels, codes
  Encoding weight_encoding = Encoding::ternary;
  std::variant<ThresholdStage, AffineStage, RawStage> stage;
};

/// A network in integers: what the golden interpreter runs and the lowering lowers.
struct QuantizedNetwork {
  std::string name;
  std::string file;
  std::string weights_source;
  bool synthetic = false;
  double input_scale_num = 1, input_scale_den = 1;
  std::vector<QuantizedTensor> tensors;  ///< the first is the input, the last the output
  std::vector<QuantizedLayer> layers;    ///< in topological order
  std::vector<Verdict> verdicts;         ///< of every node of the graph it came from

  [[nodiscard]] const QuantizedTensor& input() const { return tensors.front(); }
  [[nodiscard]] const QuantizedTensor& output() const { return tensors.back(); }
};

/// What an input code 1 is worth: numerator / denominator.
struct InputScale {
  double num = 1, den = 255;
};

/// Turns a graph into integers: folds constants, recognises binary and ternary weights by their values, and
/// folds the operators between an accumulator and the next quantizer into integer thresholds by evaluating
/// them in float32 for every reachable sum. Errors name the node that does not fit.
[[nodiscard]] QuantizedNetwork quantize_graph(Graph graph, const InputScale& input_scale);

/// A text of the network, for reading and for tests.
[[nodiscard]] std::string dump(const QuantizedNetwork& network);

}  // namespace tricycle
