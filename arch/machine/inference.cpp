// SPDX-License-Identifier: Apache-2.0
#include "arch/machine/inference.hpp"

namespace tricycle {

CounterSet Inference::events() const {
  CounterSet total;
  for (const LayerStep& entry : layer_steps) total += entry.events;
  return total;
}

std::vector<LayerStep> Inference::by_layer() const {
  std::vector<LayerStep> sums(layers);
  for (std::size_t i = 0; i < layers; ++i) sums[i].layer = static_cast<std::uint32_t>(i);
  for (const LayerStep& entry : layer_steps) sums[entry.layer] += entry;
  return sums;
}

}  // namespace tricycle
