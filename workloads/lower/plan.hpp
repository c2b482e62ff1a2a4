// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <vector>

#include "workloads/lower/lower.hpp"
#include "workloads/lower/tiling.hpp"

namespace tricycle {

/// The place and format of a tensor.
struct TensorPlan {
  Format format = Format::uint8;
  bool resident = false;  ///< whole in activation memory, from its first to its last use (a state from before
                          ///< its loop until after it)
  std::int64_t address = 0;        ///< there
  int made = -1, last_use = -1;    ///< first layer that makes it (input: none); last layer that needs it
  bool forwarded = false;          ///< it never leaves the lanes of the vector unit; resident, without bytes
  bool may_stay = false;           ///< it lies in DRAM, though a plan with it resident is possible
  std::int64_t bytes_if_kept = 0;  ///< then: DRAM bytes that the cheapest such plan moves in addition
};

/// A layer's part in a pass of the vector unit.
struct ChainLink {
  Chaining chain = Chaining::ends;
  /// Of each input: how many layers before in the pass it comes from; 0: from memory.
  std::vector<std::uint32_t> from;
  std::size_t last = 0;  ///< layer of the pass

  [[nodiscard]] std::uint32_t from_lanes(std::size_t input) const {
    return input < from.size() ? from[input] : 0;
  }
  [[nodiscard]] bool is_shared() const { return !from.empty(); }
};

/// The choices for one layer.
struct LayerPlan {
  Datapath datapath = Datapath::binary;      ///< of a product
  Format weight_format = Format::bit1;       ///< in weight memory
  Format dram_weight_format = Format::bit1;  ///< in DRAM
  std::int64_t folding = 0;
  std::int64_t threshold_bytes = 2;
  ChainLink link;
  TilingProblem problem;
  Tiling tiling;
  std::int64_t pinned_at = 0;  ///< if pinned: address of weights and tables in weight memory, behind the part
                               ///< that is free for blocks
  std::int64_t free_begin = 0, free_end = 0;  ///< the stretch of activation memory for its blocks
};

struct Plan {
  std::vector<LayerPlan> layers;
  std::vector<TensorPlan> tensors;
};

/// Calls f(first output channel, number of output channels, input channels) for each block of a product's
/// weights, as they lie in DRAM. Pinned weights are one block, but for those in groups.
template <class F>
void for_each_block(const LayerPlan& plan, F f) {
  const TilingProblem& p = plan.problem;
  if (p.pinned && p.groups == 1) return f(0, p.n, ChannelRange{0, p.inputs[0].channels});
  for (std::int64_t n = 0; n < p.n; n += plan.tiling.n) {
    const std::int64_t count = std::min(plan.tiling.n, p.n - n);
    for (const ChannelRange& channels : blocks_of(p, n, count, plan.tiling.channels)) f(n, count, channels);
  }
}

/// Bytes of such a block in a format.
[[nodiscard]] inline std::int64_t block_bytes(const LayerPlan& plan, Format format, std::int64_t first,
                                              std::int64_t count, const ChannelRange& channels) {
  const TilingProblem& p = plan.problem;
  return plan.tiling.streams ? p.streamed_bytes(format, count)
                             : count * p.sums * p.weight_row(format, first, count, channels);
}

/// Bytes of a tensor as it lies in memory.
[[nodiscard]] std::int64_t tensor_bytes(const QuantizedTensor& tensor, Format format, std::int64_t word_bits);

/// Chooses datapath and formats of every layer (formats.cpp).
[[nodiscard]] Plan choose_formats(const QuantizedNetwork& network, const MachineSpec& spec,
                                  const LowerOptions& options);

/// Chooses the tiling of each layer, and the tensors that stay on chip between layers. It compares placements
/// and takes the one with the fewest DRAM bytes (placement.cpp). What goes from lane to lane takes no memory
/// (chains.cpp); where nothing fits with such passes, it does without them.
void place_tensors(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan);

}  // namespace tricycle
