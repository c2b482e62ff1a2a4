// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "sim/inputs.hpp"
#include "workloads/passes/calibrate.hpp"

namespace tricycle {

/// Quantizes a float model by the first hundred items of a file. Errors: the file's, and what keeps the model
/// from `options` whatever its scales are, found before all items are computed.
[[nodiscard]] Calibrated calibrate_with(const std::string& path, const Graph& graph, const ByteMeaning& byte,
                                        const QuantizeOptions& options);

}  // namespace tricycle
