// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {
namespace {

/// The tensor of an output's value.
int finish_one(Assembly& a, const GraphOutput& output) {
  const Node* producer = a.wiring.producer_of(output.name);
  if (producer == nullptr) fail_graph(a.graph, "the output '" + output.name + "' is the model's input");
  const Value& value = a.values.at(output.name);
  if (a.network.layers.empty() && value.source == 0 && value.steps.empty())
    fail_graph(a.graph, "the network has no layer: its output is its input");
  return finished_tensor(a, *producer, output.name, Purpose::output);
}

/// Hands a tensor on once more. Returns the copy.
int copy_of(Assembly& a, int tensor, const std::string& name) {
  QuantizedTensor output = a.network.tensor(tensor);
  output.values.clear();
  QuantizedLayer layer = layer_over(output, name, "Identity", LayerKind::pointwise);
  layer.inputs = {tensor};
  layer.stage = RawStage{};
  const Grid2d grid = {output.images, output.height, output.width, output.channels};
  layer.output = add_tensor(a, std::move(output), grid);
  return add_layer(a, std::move(layer));
}

/// Whether a tensor lies as a value does in the model.
bool is_laid_out_as(const QuantizedTensor& tensor, const Value& value) {
  return tensor.shape == value.shape && tensor.has_channels_first() == value.channels_first();
}

/// Whether a tensor can be an output. The only output is the last tensor. One of several is no tensor that
/// something else uses in another layout, or without the scales of its channels.
bool is_fit(const Assembly& a, int tensor, const std::string& output, bool has_scales) {
  const std::vector<NetworkOutput>& before = a.network.outputs;
  if (a.graph.further_outputs.empty()) return tensor + 1 == static_cast<int>(a.network.tensors.size());
  if (tensor == 0) return false;
  if (is_laid_out_as(a.network.tensor(tensor), a.values.at(output)) && !has_scales) return true;
  const auto reads = [&](const QuantizedLayer& layer) {
    return std::find(layer.inputs.begin(), layer.inputs.end(), tensor) != layer.inputs.end();
  };
  return std::none_of(before.begin(), before.end(),
                      [&](const NetworkOutput& other) { return other.tensor == tensor; }) &&
         std::none_of(a.network.layers.begin(), a.network.layers.end(), reads);
}

/// Gives an output the name and layout that it has in the model, and its scales.
void name_output(Assembly& a, const GraphOutput& named, int tensor, const Node& restored) {
  const Value& value = a.values.at(named.name);
  a.network.outputs.push_back({tensor, named.name, named.type});
  QuantizedTensor& output = a.network.tensors[static_cast<std::size_t>(tensor)];
  // Of an only output, and of another layout, this value alone surely lies so.
  if (a.graph.further_outputs.empty() || !is_laid_out_as(output, value)) output.values.clear();
  if (std::count(output.values.begin(), output.values.end(), named.name) == 0)
    output.values.push_back(named.name);
  output.shape = value.shape;
  output.channels_first = value.channels_first();
  if (restored.outputs.empty()) return;
  const std::vector<float> scales = a.graph.constants.at(restored.inputs[1]).floats();
  if (static_cast<std::int64_t>(scales.size()) != output.channels)
    fail_node(a.graph, restored, "has scales that are neither one nor one for each channel");
  output.channel_scales.assign(scales.begin(), scales.end());
  output.name = a.network.outputs.back().value = restored.outputs[0];
  output.values = {output.name};
}

}  // namespace

void close_outputs(Assembly& a) {
  const std::vector<GraphOutput> outputs = outputs_of(a.graph);
  std::vector<int> tensors;
  for (const GraphOutput& output : outputs) tensors.push_back(finish_one(a, output));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    int tensor = tensors[i];
    if (!is_fit(a, tensor, outputs[i].name, !a.restored[i].outputs.empty()))
      tensor = copy_of(a, tensor, a.wiring.producer_of(outputs[i].name)->name + ".output");
    name_output(a, outputs[i], tensor, a.restored[i]);
  }
  for (const Node& restored : a.restored) {
    if (!restored.outputs.empty()) a.graph.nodes.push_back(restored);
  }
}

}  // namespace tricycle
