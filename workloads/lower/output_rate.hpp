// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/integer/quantized.hpp"
#include "workloads/lower/tiling.hpp"

namespace tricycle {

/// What the output stage does with the sums of a layer: thresholds or scales that the machine's stage has,
/// one by one or the largest of 2x2. Of other layers the sums go to accumulator memory.
[[nodiscard]] OutputRate output_rate_of(const QuantizedLayer& layer, const TilingProblem& problem,
                                        const MachineSpec& spec);

}  // namespace tricycle
