// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "workloads/graph/wiring.hpp"

namespace tricycle {

/// The last value that all paths from a value share, if the paths part there and do not meet again. Empty if
/// all lead to one value.
[[nodiscard]] std::string last_common_value(const Graph& graph, const Wiring& wiring,
                                            const std::string& name);

}  // namespace tricycle
