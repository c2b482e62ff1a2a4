// SPDX-License-Identifier: Apache-2.0
// A quantizer at the output with a scale for each channel becomes a quantizer of scale 1 after a division by
// the scales. The original computes x / s too. The meaning of the codes differs from channel to channel, so
// the scales are kept beside them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/nodes.hpp"
#include "workloads/quantize/passes.hpp"

namespace tricycle {
namespace {

bool is_one_value(const Tensor& tensor) {
  const std::vector<float> values = tensor.floats();
  return std::all_of(values.begin(), values.end(), [&](float v) { return v == values[0]; });
}

/// The first element, as a tensor of the same type.
Tensor first_of(const Tensor& tensor) {
  return {{},
          std::visit([](const auto& values)
                         -> decltype(Tensor::data) { return std::decay_t<decltype(values)>{values[0]}; },
                     tensor.data)};
}

/// Splits the quantizer of one output, and gives the output its new name. Returns the node that restores it,
/// without outputs where there is nothing to split.
Node split_scales(Graph& graph, std::string& output) {
  const Wiring wiring(graph);
  const Node* last = wiring.producer_of(output);
  if (last == nullptr || !wiring.readers_of(output).empty()) return {};
  const Node* first = last->op == Op::dequantize_linear ? wiring.producer_of(last->inputs[0]) : last;
  const bool linear = last->op == Op::dequantize_linear;
  if (first == nullptr || first->op != (linear ? Op::quantize_linear : Op::quant)) return {};
  if (!graph.is_constant(first->inputs[1]) || graph.constants.at(first->inputs[1]).size() == 1) return {};
  if (linear && lone_reader(graph, wiring, first->outputs[0]) != last) return {};
  Tensor scales = parameter(graph, *first, 1);
  for (const float scale : scales.floats()) {
    if (!(scale >= std::numeric_limits<float>::min()) || !std::isfinite(scale))
      fail_node(graph, *first, fmt::format("a scale of {}", scale));
  }
  if (linear) {
    if (parameter(graph, *last, 1).floats() != scales.floats())
      fail_node(graph, *last,
                "its scales differ from those of the QuantizeLinear before it; expected the same scales");
    const std::map<std::string, Shape> shapes = infer_shapes(graph);
    const std::size_t rank = shapes.at(output).size();
    const std::size_t axis = checked_axis(graph, *first, first->integer("axis", 1), rank);
    scales.shape.resize(rank - axis, 1);
  }
  const std::string base = first->name;
  const auto constant = [&](const std::string& name, Tensor value) {
    graph.constants[base + name] = std::move(value);
    return base + name;
  };
  const std::string by = constant(".scales", scales), one = constant(".one", {{}, std::vector<float>{1}});
  Node divide;
  divide.name = base + ".divided";
  divide.op = Op::div;
  divide.inputs = {first->inputs[0], by};
  divide.outputs = {base + ".steps"};
  for (Node& node : graph.nodes) {
    if (&node != first && &node != last) continue;
    if (&node == first) node.inputs[0] = divide.outputs[0];
    node.inputs[1] = one;
    if (node.op == Op::quant || node.inputs.size() < 3 || node.inputs[2].empty()) continue;
    const Tensor& zeros = parameter(graph, node, 2);
    if (!is_one_value(zeros))
      fail_node(graph, node, "a zero point for each channel of the output is not supported");
    node.inputs[2] = constant(&node == first ? ".zero" : ".meaning", first_of(zeros));
  }
  Node restored;
  restored.name = base + ".restored";
  restored.op = Op::mul;
  restored.outputs = {output};
  output = base + ".codes";
  restored.inputs = {output, by};
  for (Node& node : graph.nodes) {
    if (&node == last) node.outputs[0] = output;
  }
  const auto place =
      std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return &node == first; });
  graph.nodes.insert(place, std::move(divide));
  return restored;
}

}  // namespace

Draft split_output_scales(Draft draft) {
  Graph& graph = draft.graph;
  draft.restored.assign(1 + graph.further_outputs.size(), {});
  if (draft.options.floating) return draft;
  draft.restored[0] = split_scales(graph, graph.output);
  for (std::size_t i = 0; i < graph.further_outputs.size(); ++i)
    draft.restored[i + 1] = split_scales(graph, graph.further_outputs[i].name);
  return draft;
}

}  // namespace tricycle
