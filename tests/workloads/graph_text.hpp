// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "workloads/graph/graph.hpp"

namespace tricycle::test {

/// The graph of a text as graph_text writes it, of the file "f": names without spaces, constants written out.
/// Throws std::runtime_error with the line that it cannot read.
[[nodiscard]] Graph graph_of(const std::string& text);

}  // namespace tricycle::test
