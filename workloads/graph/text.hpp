// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "workloads/graph/graph.hpp"

namespace tricycle {

/// A graph as text, for reading and for tests: its input, the constants that its nodes read (up to 16 values
/// of each), one line for each node, its output.
///
///     graph tiny
///     input x [1, 2] float32 as uint8
///     const w [2, 1] float32 = 1 -1
///     fc: y = MatMul(x, w)
///     output y
[[nodiscard]] std::string graph_text(const Graph& graph);

}  // namespace tricycle
