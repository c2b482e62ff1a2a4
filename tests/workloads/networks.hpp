// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "support/random.hpp"
#include "workloads/graph/graph.hpp"
#include "workloads/integer/quantized.hpp"

namespace tricycle::test {

Tensor floats(Shape shape, std::vector<float> values);
Tensor integers(Shape shape, std::vector<std::int64_t> values);
Tensor scalar(float value);

Node make_node(const std::string& name, Op op, std::vector<std::string> inputs, const std::string& output);

/// A graph "net" of the file "f" with the input "x", whose nodes and constants are added one after another.
struct GraphMaker {
  Graph graph;
  std::string value = "x";  ///< the last one produced

  GraphMaker(Shape input_shape, Encoding encoding);
  /// A node named after its operator and position that reads the last value and then these constants.
  Node& add(Op op, const std::vector<Tensor>& constants = {});
  /// To -1, 0 and +1 times `scale`.
  void add_ternary_quant(float scale = 1);
  void add_bipolar_quant(float scale = 1);
  /// The graph, its output the last value, in order.
  Graph finish();
};

/// Weights of 0 and +-scale, or of +-scale alone.
Tensor random_weights(Random& random, std::int64_t inputs, std::int64_t outputs, bool binary, float scale);

/// One to four layers of random sizes, weights, chains and quantizers. Scales are powers of two, so that sums
/// in float32 are exact.
Graph random_graph(Random& random, std::int64_t most_rows, std::int64_t most_cols);

/// Random codes of a network's input.
std::vector<std::int32_t> random_input(Random& random, const QuantizedNetwork& network);

/// What the float interpreter takes for these codes.
Tensor float_input(const Graph& graph, const InputScale& scale, const std::vector<std::int32_t>& codes);

/// The input scale of the tests: 255 codes to 1.
inline constexpr InputScale pixels = {1, 255};

}  // namespace tricycle::test
