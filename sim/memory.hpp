// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "traces/trace.hpp"
#include "workloads/quantized.hpp"
#include "workloads/recurrent/model.hpp"

namespace tricycle {

/// The memory of a recurrent model as HitNet Figure 1 counts it, in training and in inference, and beside it
/// the bytes that its layers and states really take, packed, on the machine that it was lowered for.
[[nodiscard]] std::string memory_table(const RecurrentModel& model, const QuantizedNetwork& network,
                                       const Trace& trace);

}  // namespace tricycle
