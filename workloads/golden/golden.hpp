// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "workloads/quantized.hpp"

namespace tricycle {

/// The golden interpreter: plain integer loops over the network, tensor by tensor. It shares no code with the
/// datapaths. Returns every tensor's values in the order of network.tensors: codes, sums, or the bits of
/// float32.
[[nodiscard]] std::vector<std::vector<std::int32_t>> run_golden(const QuantizedNetwork& network,
                                                                std::span<const std::int32_t> input);

}  // namespace tricycle
