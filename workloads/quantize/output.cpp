// SPDX-License-Identifier: Apache-2.0

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {
namespace {

/// Gives the output the name and layout that it has in the model, and its scales.
void name_output(Assembly& a) {
  const Value& value = a.values.at(a.graph.output);
  a.network.outputs = {{static_cast<int>(a.network.tensors.size()) - 1, a.graph.output, a.graph.output_type}};
  QuantizedTensor& output = a.network.tensors.back();
  output.shape = value.shape;
  output.channels_first = value.channels_first();
  output.values = {a.graph.output};  // only this value surely has this layout
  if (a.restored.outputs.empty()) return;
  const std::vector<float> scales = a.graph.constants.at(a.restored.inputs[1]).floats();
  if (static_cast<std::int64_t>(scales.size()) != output.channels)
    fail_node(a.graph, a.restored, "has scales that are neither one nor one for each channel");
  output.channel_scales.assign(scales.begin(), scales.end());
  output.name = a.network.outputs[0].value = a.restored.outputs[0];
  output.values = {output.name};
  a.graph.nodes.push_back(a.restored);
}

}  // namespace

void close_output(Assembly& a) {
  const Node* producer = a.wiring.producer_of(a.graph.output);
  if (a.network.layers.empty() && a.values.at(a.graph.output).source == 0 &&
      a.values.at(a.graph.output).steps.empty()) {
    fail_graph(a.graph, "the network has no layer: its output is its input");
  }
  const int tensor = finished_tensor(a, *producer, a.graph.output, Purpose::output);
  if (tensor + 1 == static_cast<int>(a.network.tensors.size())) return name_output(a);
  // Another tensor was finished after it. Hand the output on once more, so that it is the last.
  QuantizedTensor output = a.network.tensor(tensor);
  output.values.clear();
  QuantizedLayer layer = layer_over(output, producer->name + ".output", "Identity", LayerKind::pointwise);
  layer.inputs = {tensor};
  layer.stage = RawStage{};
  const Grid2d grid = {output.images, output.height, output.width, output.channels};
  layer.output = add_tensor(a, std::move(output), grid);
  add_layer(a, std::move(layer));
  name_output(a);
}

}  // namespace tricycle
