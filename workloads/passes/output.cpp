// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "workloads/graph/shapes.hpp"
#include "workloads/passes/quantizer.hpp"

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

}  // namespace

/// A quantizer at the output with a scale for each channel is one of scale 1 behind a division by the scales:
/// what its codes mean differs from channel to channel, and is said beside them. x / s is what it computes
/// itself.
void Quantizer::split_output_scales() {
  const Node* last = wiring_.producer_of(graph_.output);
  if (last == nullptr) return;
  const Node* first = last->op == Op::dequantize_linear ? wiring_.producer_of(last->inputs[0]) : last;
  const bool linear = last->op == Op::dequantize_linear;
  if (first == nullptr || first->op != (linear ? Op::quantize_linear : Op::quant)) return;
  if (!graph_.is_constant(first->inputs[1]) || graph_.constants.at(first->inputs[1]).size() == 1) return;
  if (linear && lone_reader(first->outputs[0]) != last) return;
  Tensor scales = parameter(*first, 1);
  for (const float scale : scales.floats()) {
    if (!(scale >= std::numeric_limits<float>::min()) || !std::isfinite(scale))
      fail(*first, fmt::format("a scale of {}", scale));
  }
  if (linear) {
    if (parameter(*last, 1).floats() != scales.floats())
      fail(*last, "gives codes of several scales others than their quantizer's");
    const std::map<std::string, Shape> shapes = infer_shapes(graph_);
    const std::size_t rank = shapes.at(graph_.output).size();
    const std::size_t axis = checked_axis(graph_, *first, first->integer("axis", 1), rank);
    scales.shape.resize(rank - axis, 1);
  }
  const std::string base = first->name;
  const auto constant = [&](const std::string& name, Tensor value) {
    graph_.constants[base + name] = std::move(value);
    return base + name;
  };
  const std::string by = constant(".scales", scales), one = constant(".one", {{}, std::vector<float>{1}});
  Node divide;
  divide.name = base + ".divided";
  divide.op = Op::div;
  divide.inputs = {first->inputs[0], by};
  divide.outputs = {base + ".steps"};
  for (Node& node : graph_.nodes) {
    if (&node != first && &node != last) continue;
    if (&node == first) node.inputs[0] = divide.outputs[0];
    node.inputs[1] = one;
    if (node.op == Op::quant || node.inputs.size() < 3 || node.inputs[2].empty()) continue;
    const Tensor& zeros = parameter(node, 2);
    if (!is_one_value(zeros)) fail(node, "a zero point for each channel of the output is not supported");
    node.inputs[2] = constant(&node == first ? ".zero" : ".meaning", first_of(zeros));
  }
  restored_.name = base + ".restored";
  restored_.op = Op::mul;
  restored_.outputs = {graph_.output};
  graph_.output = base + ".codes";
  restored_.inputs = {graph_.output, by};
  for (Node& node : graph_.nodes) {
    if (&node == last) node.outputs[0] = graph_.output;
  }
  const auto place = std::find_if(graph_.nodes.begin(), graph_.nodes.end(),
                                  [&](const Node& node) { return &node == first; });
  graph_.nodes.insert(place, std::move(divide));
  wiring_ = Wiring(graph_);
}

/// The output as the model has it, behind what only lays it out anew; with its scales.
void Quantizer::name_output() {
  const Value& value = values_.at(graph_.output);
  QuantizedTensor& output = network_.tensors.back();
  output.shape = value.shape;
  output.channels_first = value.channels_first();
  output.values = {graph_.output};  // laid out so; what stands before it may not be
  if (restored_.outputs.empty()) return;
  const std::vector<float> scales = graph_.constants.at(restored_.inputs[1]).floats();
  if (static_cast<std::int64_t>(scales.size()) != output.channels)
    fail(restored_, "has scales that are neither one nor one for each channel");
  output.channel_scales.assign(scales.begin(), scales.end());
  output.name = network_.output_value = restored_.outputs[0];
  output.values = {output.name};
  graph_.nodes.push_back(restored_);
}

}  // namespace tricycle
