// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/graph/graph.hpp"

namespace tricycle {

/// Whether a graph's images come with their channels behind lines and columns: all that reads them, behind
/// what works element by element, moves the channels in front.
[[nodiscard]] bool channels_come_last(const Graph& graph);

}  // namespace tricycle
