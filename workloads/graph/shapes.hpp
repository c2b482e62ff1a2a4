// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "support/tensor.hpp"
#include "workloads/graph/graph.hpp"

namespace tricycle {

/// Shape rules shared by evaluation and inference. Each throws InputError naming the node.

/// Fails with the node's name.
[[noreturn]] void fail_node(const Graph& graph, const Node& node, const std::string& message);

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

/// An axis from -rank to rank - 1, made non-negative.
[[nodiscard]] std::size_t checked_axis(const Graph& graph, const Node& node, std::int64_t axis,
                                       std::size_t rank);

/// A tensor nobody should hold (more than 2^27 elements) is an error.
void check_size(const Graph& graph, const Node& node, const Shape& shape);

}  // namespace tricycle
