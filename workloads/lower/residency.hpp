// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "traces/trace.hpp"
#include "workloads/lower/emit.hpp"

namespace tricycle {

/// Describes every tensor of a lowered network, first activations, then each layer's parameters: where the
/// plan put it, and why. `tensors_at`: DRAM addresses of the tensors that lie in DRAM.
[[nodiscard]] std::vector<TraceTensor> describe_tensors(const QuantizedNetwork& network,
                                                        const MachineSpec& spec, const Plan& plan,
                                                        const std::vector<std::uint64_t>& tensors_at,
                                                        const std::vector<LayerImage>& images);

}  // namespace tricycle
