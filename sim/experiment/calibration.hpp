// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "sim/experiment/inputs.hpp"
#include "workloads/quantize/calibrate.hpp"
#include "workloads/quantize/passes.hpp"

namespace tricycle {

/// Quantizes a float model with the first hundred items of a file. Errors: those of the file; a model that
/// does not fit `options` with any scales. The second is found before all items are computed.
[[nodiscard]] Calibrated calibrate_with(const std::string& path, const Graph& graph, const ByteMeaning& byte,
                                        const QuantizeOptions& options);

}  // namespace tricycle
