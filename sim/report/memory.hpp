// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "traces/trace.hpp"
#include "workloads/integer/quantized.hpp"
#include "workloads/quantize/recurrent/model.hpp"

namespace tricycle {

/// A table of the memory of a recurrent model as HitNet Figure 1 counts it, in training and in inference.
/// Beside it: the packed bytes that its layers and states really take on the machine that it was lowered for.
[[nodiscard]] std::string memory_table(const RecurrentModel& model, const QuantizedNetwork& network,
                                       const Trace& trace);

}  // namespace tricycle
