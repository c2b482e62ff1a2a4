// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"
#include "workloads/import/network/network_spec.hpp"

namespace tricycle {

/// A value of the graph under construction, and its assumed distribution: the sum of a part that is symmetric
/// around zero and a part that is never negative.
struct NetworkValue {
  enum class Kind : std::uint8_t { pixels, codes, sums, real };
  std::string name;
  Shape shape;
  Kind kind = Kind::real;
  std::optional<Coding> coding;  ///< coding of codes
  double symmetric = 0;          ///< mean squares of the two parts
  double rectified = 0;

  [[nodiscard]] double mean_square() const { return symmetric + rectified; }
  /// The standard deviation before the negative part was dropped (ReLU).
  [[nodiscard]] double deviation() const;
};

/// Adds nodes and constants to a graph.
class NodeWriter {
 public:
  explicit NodeWriter(Graph& graph) : graph_(graph) {}

  /// Adds a node named `name` with the output `output`, and returns the node.
  Node& add(const std::string& name, Op op, std::vector<std::string> inputs, const std::string& output);
  std::string constant(const std::string& name, Tensor tensor);
  std::string scalar(const std::string& name, double value);

 private:
  Graph& graph_;
};

/// The mean square of uniform pixels from 0 to 1.
inline constexpr double pixel_mean_square = 1.0 / 3.0;
/// The mean square of binary and ternary codes.
inline constexpr double code_mean_square = 2.0 / 3.0;

/// Adds the nodes that quantize a value to codes. Their names begin with `prefix`.
[[nodiscard]] NetworkValue write_quantizer(NodeWriter& writer, const std::string& prefix,
                                           const NetworkValue& value, const Coding& coding, double threshold);

}  // namespace tricycle
