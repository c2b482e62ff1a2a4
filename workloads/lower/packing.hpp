// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

#include "traces/trace.hpp"
#include "workloads/lower/plan.hpp"

namespace tricycle {

/// Fills in what a layer's weights take, packed: in DRAM and on chip, what of it are values, metadata and
/// padding, and how few bytes their entropy would be (docs/result.md).
void describe_packing(const QuantizedLayer& layer, const LayerPlan& plan, TraceLayer& row);

/// floor(N H / 8) of N values, of which each that occurs has its count: H is their zero-order entropy, in
/// bits, the sum of -c / N log2(c / N) over the counts.
[[nodiscard]] std::uint64_t entropy_bytes(std::span<const std::uint64_t> counts);

}  // namespace tricycle
