// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "traces/trace.hpp"
#include "workloads/lower/emit.hpp"

namespace tricycle {

/// Every tensor of a lowered network, activations first and then each layer's parameters: where the plan put
/// it, and why. `tensors_at`: DRAM addresses of those that have a place there.
[[nodiscard]] std::vector<TraceTensor> describe_tensors(const QuantizedNetwork& network,
                                                        const MachineSpec& spec, const Plan& plan,
                                                        const std::vector<std::uint64_t>& tensors_at,
                                                        const std::vector<LayerImage>& images);

}  // namespace tricycle
