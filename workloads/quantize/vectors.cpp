// SPDX-License-Identifier: Apache-2.0
// An image of one channel becomes a vector, one position with all pixels as its channels, if only matrix
// products and pointwise layers read it. The pointwise layers must do the same at all positions.
#include "workloads/quantize/passes.hpp"

namespace tricycle {

QuantizedNetwork lay_pixels_side_by_side(QuantizedNetwork network) {
  const auto whole_image = [&](const QuantizedLayer& layer) {
    const QuantizedTensor& in = network.tensor(layer.inputs[0]);
    const Window& w = layer.window;
    return layer.kind == LayerKind::product && layer.inputs.size() == 1 && layer.groups == 1 &&
           w.kernel_h == in.height && w.kernel_w == in.width && w.positions() == 1;
  };
  const auto same_everywhere = [&](const QuantizedLayer& layer) {
    return layer.kind == LayerKind::pointwise && layer.inputs.size() == 1;
  };
  std::vector<bool> vector(network.tensors.size(), true);
  for (std::size_t t = 0; t < vector.size(); ++t) {
    const QuantizedTensor& tensor = network.tensors[t];
    vector[t] =
        tensor.channels == 1 && tensor.height * tensor.width > 1 && !network.is_output(static_cast<int>(t));
  }
  for (bool changed = true; changed;) {
    changed = false;
    const auto clear = [&](int tensor) {
      changed = changed || vector[static_cast<std::size_t>(tensor)];
      vector[static_cast<std::size_t>(tensor)] = false;
    };
    for (const QuantizedLayer& layer : network.layers) {
      if (same_everywhere(layer)) {
        const bool both = vector[static_cast<std::size_t>(layer.inputs[0])] &&
                          vector[static_cast<std::size_t>(layer.output)];
        if (!both) {
          clear(layer.inputs[0]);
          clear(layer.output);
        }
        continue;
      }
      if (!whole_image(layer)) {
        for (const int input : layer.inputs) clear(input);
      }
      clear(layer.output);
    }
  }
  for (QuantizedLayer& layer : network.layers) {
    if (!vector[static_cast<std::size_t>(layer.inputs[0])]) continue;
    layer.window = Window{};
    std::visit(
        [&](auto& stage) {
          if constexpr (requires { stage.per_channel; }) {
            if (layer.kind == LayerKind::pointwise) stage.per_channel = false;
          }
        },
        layer.stage);
  }
  for (std::size_t t = 0; t < vector.size(); ++t) {
    QuantizedTensor& tensor = network.tensors[t];
    if (!vector[t]) continue;
    tensor.channels = tensor.height * tensor.width;
    tensor.height = tensor.width = 1;
  }
  return network;
}

}  // namespace tricycle
