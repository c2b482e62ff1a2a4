// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "support/diagnostics.hpp"
#include "workloads/lower/program.hpp"

namespace tricycle {
namespace {

std::string layer_text(const QuantizedLayer& layer, const LayerPlan& plan) {
  std::string text = fmt::format("layer {}: {}", printable(layer.name),
                                 layer.has_weights() ? name_of(plan.datapath) : "vector");
  if (layer.has_weights()) {
    text += fmt::format(", weights {} in DRAM, {} on chip", name_of(plan.dram_weight_format),
                        name_of(plan.weight_format));
  }
  const Tiling& tile = plan.tiling;
  if (tile.dram_bytes > 0 || tile.cycles > 0) {
    text += fmt::format(
        ", tiles of {} x {} outputs, {} output and {} input channels, {} outermost, {} DRAM bytes",
        tile.lines, tile.columns, tile.n, tile.channels, tile.weights_outer ? "weights" : "positions",
        tile.dram_bytes);
  }
  if (tile.streams) text += ", weights stream";
  if (plan.link.is_shared()) text += fmt::format(", {} in a pass", name_of(plan.link.chain));
  return text + (plan.problem.stays ? ", stays\n" : plan.problem.pinned ? ", pinned\n" : "\n");
}

}  // namespace

std::string plan_text(const QuantizedNetwork& network, const Plan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) text += layer_text(network.layers[i], plan.layers[i]);
  for (std::size_t t = 0; t < plan.tensors.size(); ++t) {
    const TensorPlan& tensor = plan.tensors[t];
    text += fmt::format("tensor {}: {}{}\n", printable(network.tensors[t].name), name_of(tensor.format),
                        tensor.forwarded  ? ", in lanes"
                        : tensor.resident ? fmt::format(", on chip at {}", tensor.address)
                                          : "");
  }
  return text;
}

}  // namespace tricycle
