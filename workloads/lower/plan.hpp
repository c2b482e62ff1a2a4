// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "workloads/lower/lower.hpp"
#include "workloads/lower/tiling.hpp"

namespace tricycle {

/// Where a tensor lies and how.
struct TensorPlan {
  Format format = Format::uint8;
  bool resident = false;     ///< whole in activation memory, from its first to its last use
                             ///< (a state from before its loop to behind it)
  std::int64_t address = 0;  ///< there
};

/// What one layer becomes.
struct LayerPlan {
  Datapath datapath = Datapath::binary;  ///< of a product
  Format weight_format = Format::bit1;
  std::int64_t folding = 0;
  std::int64_t threshold_bytes = 2;
  TilingProblem problem;
  Tiling tiling;
  std::int64_t pinned_at = 0;  ///< where weights and tables lie in weight memory during the loop, if pinned:
                               ///< behind what is free for the blocks of the loop's layers
  std::int64_t free_begin = 0, free_end = 0;  ///< the stretch of activation memory for its blocks
};

struct Plan {
  std::vector<LayerPlan> layers;
  std::vector<TensorPlan> tensors;
};

/// Bytes of a tensor as it lies in memory.
[[nodiscard]] std::int64_t tensor_bytes(const QuantizedTensor& tensor, Format format, std::int64_t word_bits);

/// Chooses datapath and formats of every layer (formats.cpp).
[[nodiscard]] Plan choose_formats(const QuantizedNetwork& network, const MachineSpec& spec,
                                  const LowerOptions& options);

/// Chooses the tiling of each layer and which tensors stay on chip between layers: of the placements that it
/// compares, the one that moves the fewest DRAM bytes (placement.cpp).
void place_tensors(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan);

}  // namespace tricycle
