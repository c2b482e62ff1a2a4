// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/quantize/passes.hpp"

namespace tricycle {

/// Runs the passes that need no machine, over a graph without recurrent layers. Folds constants. Recognises
/// the codes of weights by their values. Folds the operators between an accumulator and the next low-bit
/// operand into integer thresholds, by evaluating them in float32 over the reachable sums, or into a
/// fixed-point scale if there are more levels.
[[nodiscard]] QuantizedNetwork quantize_graph(Graph graph, const InputScale& input_scale,
                                              const QuantizeOptions& options = {});

}  // namespace tricycle
