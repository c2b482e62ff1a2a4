// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"
#include "workloads/network/network_spec.hpp"

namespace tricycle {

/// A value of the graph that is being built, and what is taken for its distribution: the sum of something
/// symmetric around zero and something that is never negative.
struct NetworkValue {
  enum class Kind : std::uint8_t { pixels, codes, sums, real };
  std::string name;
  Shape shape;
  Kind kind = Kind::real;
  std::optional<Coding> coding;  ///< of codes
  double symmetric = 0;          ///< mean squares
  double rectified = 0;

  [[nodiscard]] double mean_square() const { return symmetric + rectified; }
  /// The standard deviation of what became this by dropping its negative part.
  [[nodiscard]] double deviation() const;
};

/// Adds nodes and constants to a graph.
class NodeWriter {
 public:
  explicit NodeWriter(Graph& graph) : graph_(graph) {}

  /// The node, named as its output or otherwise; gives the output's name.
  Node& add(const std::string& name, Op op, std::vector<std::string> inputs, const std::string& output);
  std::string constant(const std::string& name, Tensor tensor);
  std::string scalar(const std::string& name, double value);

 private:
  Graph& graph_;
};

/// The mean square of pixels from 0 to 1, uniform.
inline constexpr double pixel_mean_square = 1.0 / 3.0;
/// The mean square of binary and ternary codes.
inline constexpr double code_mean_square = 2.0 / 3.0;

/// The nodes from a value to its codes; their names begin with `prefix`.
[[nodiscard]] NetworkValue write_quantizer(NodeWriter& writer, const std::string& prefix,
                                           const NetworkValue& value, const Coding& coding, double threshold);

}  // namespace tricycle
