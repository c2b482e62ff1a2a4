// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

#include "traces/trace.hpp"
#include "workloads/lower/plan.hpp"

namespace tricycle {

/// Fills in the packed size of a layer's weights: in DRAM and on chip, divided into values, metadata and
/// padding, and beside it the bytes of their entropy (docs/result.md).
void describe_packing(const QuantizedLayer& layer, const LayerPlan& plan, TraceLayer& row);

/// floor(N H / 8) for N values. `counts` has the count c of each value that occurs. H is the zero-order
/// entropy in bits, the sum of -c / N log2(c / N) over the counts.
[[nodiscard]] std::uint64_t entropy_bytes(std::span<const std::uint64_t> counts);

}  // namespace tricycle
