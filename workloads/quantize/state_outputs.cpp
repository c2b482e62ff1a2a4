// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/state_outputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "workloads/graph/shapes.hpp"
#include "workloads/graph/wiring.hpp"

namespace tricycle {
namespace {

/// Whether an operator leaves the elements of its input in their order.
bool keeps_order(Op op) {
  return op == Op::identity || op == Op::squeeze || op == Op::unsqueeze || op == Op::reshape ||
         op == Op::flatten;
}

/// The node that makes a value, as any of its outputs.
const Node* maker_of(const Graph& graph, const std::string& value) {
  const auto found = std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
    return std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end();
  });
  return found != graph.nodes.end() ? &*found : nullptr;
}

std::string state_of(const Graph& graph, const std::string& output) {
  std::string value = output;
  const Node* node = maker_of(graph, value);
  while (node != nullptr && keeps_order(node->op)) {
    value = node->inputs[0];
    node = maker_of(graph, value);
  }
  const bool recurs = node != nullptr && (node->op == Op::lstm || node->op == Op::gru || node->op == Op::rnn);
  if (!recurs || value == node->outputs[0]) {
    fail_graph(graph,
               fmt::format("the output '{}' is no last state of a layer, and only the first output is the "
                           "end of the chain",
                           output));
  }
  if (node->text("direction", "forward") == "bidirectional") {
    fail_graph(graph,
               fmt::format("the output '{}' is the last state of both directions of '{}', which is not "
                           "supported",
                           output, node->name));
  }
  const auto called_so = [&](const Node& other) { return other.name == node->name; };
  if (std::count_if(graph.nodes.begin(), graph.nodes.end(), called_so) > 1) {
    fail_graph(graph,
               fmt::format("the output '{}' is the last state of '{}', and another node is called so too",
                           output, node->name));
  }
  return node->name + (value == node->outputs[1] ? ".h" : ".c");
}

}  // namespace

std::vector<StateOutput> state_outputs(const Graph& graph) {
  std::vector<StateOutput> outputs;
  if (graph.further_outputs.empty()) return outputs;
  Graph folded = graph;
  fold_constants(folded);
  const std::map<std::string, Shape> shapes = infer_shapes(folded);
  for (const GraphOutput& output : graph.further_outputs) {
    const std::string state = state_of(folded, output.name);
    outputs.push_back({output, shapes.at(output.name), state});
  }
  return outputs;
}

QuantizedNetwork add_state_outputs(QuantizedNetwork network, const GraphOutput& first,
                                   const std::vector<StateOutput>& outputs) {
  if (outputs.empty()) return network;
  network.outputs = {{network.output_index(), first.name, first.type}};
  const auto find = [&](const std::string& name) {
    const auto found = std::find_if(network.tensors.begin(), network.tensors.end(),
                                    [&](const QuantizedTensor& tensor) { return tensor.name == name; });
    return found != network.tensors.end() ? static_cast<int>(found - network.tensors.begin()) : -1;
  };
  for (const auto& [output, shape, name] : outputs) {
    // A GRU carries its state in more bits than its weights read.
    const int carried = name.ends_with(".h") ? find(name.substr(0, name.size() - 1) + "carried") : -1;
    const int state = carried >= 0 ? carried : find(name);
    if (state < 0) throw std::logic_error("no state '" + name + "'");
    QuantizedTensor tensor = network.tensor(state);
    tensor.name = output.name;
    tensor.role = Role::plain;
    tensor.shape = shape;
    tensor.channels_first = false;
    QuantizedLayer layer;
    layer.name = output.name + ".output";
    layer.op = "Identity";
    layer.kind = LayerKind::pointwise;
    layer.inputs = {state};
    layer.output = static_cast<int>(network.tensors.size());
    layer.window.lines = layer.window.in_lines = tensor.height;
    layer.window.columns = layer.window.in_columns = tensor.width;
    layer.stage = RawStage{};
    network.outputs.push_back({layer.output, output.name, output.type});
    network.tensors.push_back(std::move(tensor));
    std::size_t behind = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      if (network.layers[i].output == state) behind = i + 1;
    }
    if (const Loop* loop = behind > 0 ? network.loop_of(behind - 1) : nullptr) behind = loop->last + 1;
    network.layers.insert(network.layers.begin() + static_cast<std::ptrdiff_t>(behind), std::move(layer));
    for (Loop& loop : network.loops) {
      if (loop.first < behind) continue;
      ++loop.first;
      ++loop.last;
    }
  }
  return network;
}

}  // namespace tricycle
