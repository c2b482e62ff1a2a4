// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>

#include "support/tensor.hpp"
#include "workloads/graph/graph.hpp"

namespace tricycle {

/// Shape rules shared by evaluation and inference. Each throws InputError naming the node.

/// Throws InputError with the node's name.
[[noreturn]] void fail_node(const Graph& graph, const Node& node, const std::string& message);
/// Throws InputError with the model's file.
[[noreturn]] void fail_graph(const Graph& graph, const std::string& message);

/// Returns the integers that an input of a node holds.
using Integers = std::function<std::vector<std::int64_t>(std::size_t)>;

/// Integers that are an attribute of the operator in older opsets and an input in newer ones. Empty where the
/// node has neither.
[[nodiscard]] std::vector<std::int64_t> listed(const Node& node, const std::string& attribute,
                                               std::size_t input, const Integers& integers);

/// NumPy's broadcasting of two shapes.
[[nodiscard]] Shape broadcast_shape(const Graph& graph, const Node& node, const Shape& a, const Shape& b);
[[nodiscard]] Shape matmul_shape(const Graph& graph, const Node& node, const Shape& a, const Shape& b);
[[nodiscard]] Shape gemm_shape(const Graph& graph, const Node& node, const Shape& a, const Shape& b);
[[nodiscard]] Shape transpose_shape(const Graph& graph, const Node& node, const Shape& a,
                                    std::vector<std::size_t>& permutation);
[[nodiscard]] Shape reshape_shape(const Graph& graph, const Node& node, const Shape& a,
                                  const std::vector<std::int64_t>& wanted);
[[nodiscard]] Shape flatten_shape(const Graph& graph, const Node& node, const Shape& a);
[[nodiscard]] Shape squeeze_shape(const Graph& graph, const Node& node, const Shape& a,
                                  const std::vector<std::int64_t>& axes);
[[nodiscard]] Shape unsqueeze_shape(const Graph& graph, const Node& node, const Shape& a,
                                    const std::vector<std::int64_t>& axes);

/// Expand: `wanted` and the input's shape broadcast to each other.
[[nodiscard]] Shape expand_shape(const Graph& graph, const Node& node, const Shape& a,
                                 const std::vector<std::int64_t>& wanted);
/// A shape given as integers. Errors: a negative integer, more than 16 dimensions.
[[nodiscard]] Shape given_shape(const Graph& graph, const Node& node,
                                const std::vector<std::int64_t>& wanted);
[[nodiscard]] Shape concat_shape(const Graph& graph, const Node& node, const std::vector<Shape>& inputs);
[[nodiscard]] Shape gather_shape(const Graph& graph, const Node& node, const Shape& a, const Shape& indices);
/// ReduceMean: `reduced` marks the dimensions that are reduced.
[[nodiscard]] Shape reduce_shape(const Graph& graph, const Node& node, const Shape& a,
                                 std::vector<bool>& reduced);
/// Global pooling: [N, C, 1, ...].
[[nodiscard]] Shape global_shape(const Graph& graph, const Node& node, const Shape& a);
/// Shape: the dimensions from `start` to `end`.
[[nodiscard]] Shape shape_values(const Node& node, const Shape& a);

/// The part of one dimension that Slice takes: `count` elements from `start` on, `step` apart.
struct Cut {
  std::int64_t start = 0, step = 1, count = 0;
};
[[nodiscard]] std::vector<Cut> slice_cuts(const Graph& graph, const Node& node, const Shape& a,
                                          const Integers& integers);
/// The number of elements that Pad adds before each dimension, then the number that it adds behind each.
[[nodiscard]] std::vector<std::int64_t> pad_sizes(const Graph& graph, const Node& node, const Shape& a,
                                                  const Integers& integers);
[[nodiscard]] Shape pad_shape(const Graph& graph, const Node& node, const Shape& a,
                              const std::vector<std::int64_t>& pads);

/// An axis from -rank to rank - 1, made non-negative.
[[nodiscard]] std::size_t checked_axis(const Graph& graph, const Node& node, std::int64_t axis,
                                       std::size_t rank);

/// Throws where a tensor has more elements than the graph's limit (2^27 by default).
void check_size(const Graph& graph, const Node& node, const Shape& shape);

}  // namespace tricycle
