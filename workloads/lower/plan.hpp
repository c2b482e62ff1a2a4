// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "arch/spec/machine.hpp"
#include "workloads/lower/lower.hpp"
#include "workloads/lower/tiling.hpp"
#include "workloads/quantized.hpp"

namespace tricycle {

/// What one layer becomes.
struct LayerPlan {
  Datapath datapath = Datapath::binary;  ///< of a layer with weights
  Format input_format = Format::uint8;
  Format output_format = Format::int32;
  Format weight_format = Format::bit1;
  bool input_resident = false, output_resident = false;
  std::int64_t threshold_bytes = 2;
  TilingProblem problem;
  Tiling tiling;
};

/// Chooses datapath and formats of every layer, which tensors stay on chip between layers (the choice that
/// moves the fewest DRAM bytes, by dynamic programming over the layers), and the tiling of each.
[[nodiscard]] std::vector<LayerPlan> plan_layers(const QuantizedNetwork& network, const MachineSpec& spec,
                                                 const LowerOptions& options);

/// Bytes of a channel's row in a layer's table of thresholds or scales, and whether all channels share one
/// row.
struct TableShape {
  std::int64_t row_bytes = 0;
  bool per_channel = true;
};
[[nodiscard]] TableShape table_shape(const QuantizedLayer& layer, std::int64_t threshold_bytes);

}  // namespace tricycle
