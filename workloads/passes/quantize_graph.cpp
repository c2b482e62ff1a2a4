// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/diagnostics.hpp"
#include "support/report.hpp"
#include "workloads/graph/shapes.hpp"
#include "workloads/passes/quantizer.hpp"

namespace tricycle {

QuantizedAs quantized_as(Op op) {
  switch (op) {
#define OPERATOR(identifier, name, domain, inputs, outputs, family, shape, quantization, ...) \
  case Op::identifier:                                                                        \
    return QuantizedAs::quantization;
#include "workloads/graph/operators.def"
#undef OPERATOR
  }
  return QuantizedAs::none;
}

bool is_pointwise(Op op) {
  return quantized_as(op) == QuantizedAs::pointwise;
}

bool is_view(Op op) {
  return quantized_as(op) == QuantizedAs::view;
}

bool hands_on(const Node& node) {
  return is_view(node.op) || node.op == Op::max_pool || node.op == Op::global_max_pool;
}

void Quantizer::fail_file(const std::string& message) const {
  Place place;
  place.file = graph_.file;
  throw InputError(place, message);
}

void Quantizer::fail(const Node& node, const std::string& message) const {
  fail_node(graph_, node, message);
}

void Quantizer::verdict(const Node& node, const char* what, const std::string& reason) {
  network_.verdicts.push_back({node.name, name_of(node.op), what, reason});
}

QuantizedNetwork Quantizer::run() {
  check_one_input_and_output(graph_);
  note_stated_steps();
  check_numbers(false);
  network_.verdicts = fold_constants(graph_);
  wiring_ = Wiring(graph_);
  cut_tail();
  check_numbers(true);
  const bool normalizes = !options_.means.empty() || !options_.deviations.empty();
  const bool comes_as_codes = options_.floating || input_quantizer() || is_integer_input();
  if (normalizes && !comes_as_codes) normalize_pixels();
  if (!options_.floating) split_output_scales();
  check_all_lead_to_output();
  shapes_ = infer_shapes(graph_);
  check_windows();
  network_.name = graph_.name;
  network_.file = graph_.file;
  network_.weights_source = graph_.weights_source;
  network_.synthetic = graph_.synthetic;
  network_.vocabulary = graph_.vocabulary;
  open_input();
  for (const Node& node : graph_.nodes) {
    tell("quantizing nodes", ++order_, graph_.nodes.size());
    if (values_.count(node.outputs[0]) == 0) take(node);
    if (shared_.count(node.outputs[0]) != 0) finish(node, node.outputs[0], Purpose::stream);
  }
  close_output();
  lay_pixels_side_by_side();
  if (options_.keep_graph) network_.graph = std::make_shared<const Graph>(std::move(graph_));
  return std::move(network_);
}

/// The steps of weights that the model itself has as codes, before they are folded away.
void Quantizer::note_stated_steps() {
  for (const Node& node : graph_.nodes) {
    if (node.op != Op::dequantize_linear && node.op != Op::quant) continue;
    if (node.inputs.size() < 2 || !graph_.is_constant(node.inputs[0])) continue;
    if (!graph_.is_constant(node.inputs[1])) continue;
    stated_[node.outputs[0]] = {graph_.constants.at(node.inputs[1]), node.integer("axis", 1)};
  }
}

/// The first Softmax behind which no product stands, and all that follows it, from the output back; nothing
/// where there is none.
std::vector<const Node*> Quantizer::softmax_tail() const {
  std::vector<const Node*> tail;
  std::size_t length = 0;
  const Node* node = wiring_.producer_of(graph_.output);
  while (node != nullptr && variables(*node).size() == 1) {
    if (node->op == Op::matmul || node->op == Op::gemm || node->op == Op::conv) break;
    tail.push_back(node);
    if (node->op == Op::softmax) length = tail.size();
    node = wiring_.producer_of(node->inputs[0]);
  }
  tail.resize(length);
  return tail;
}

/// Leaves out a Softmax at the end, with all that follows it, where that is allowed.
void Quantizer::cut_tail() {
  if (!options_.allow_unsupported) return;
  const std::vector<const Node*> tail = softmax_tail();
  if (tail.empty()) return;
  const std::string value = tail.back()->inputs[0];
  std::vector<Node> left;
  for (const Node& node : graph_.nodes) {
    const bool cut =
        std::any_of(tail.begin(), tail.end(), [&](const Node* other) { return other->name == node.name; });
    if (!cut) {
      left.push_back(node);
      continue;
    }
    verdict(node, "unsupported",
            node.op == Op::softmax ? "the vector unit has none: the output is what it reads"
                                   : "behind a Softmax, which is left out");
  }
  graph_.nodes = std::move(left);
  graph_.output = value;
  wiring_ = Wiring(graph_);
}

void Quantizer::check_windows() const {
  for (const Node& node : graph_.nodes) {
    if (node.op != Op::conv && node.op != Op::average_pool && node.op != Op::max_pool) continue;
    const auto found = shapes_.find(node.inputs[0]);
    if (found != shapes_.end() && found->second.size() == 3)
      fail(node, "slides over one dimension; the machine's windows have two");
  }
}

void Quantizer::check_all_lead_to_output() const {
  std::set<std::string> needed = {graph_.output};
  std::size_t left = 0;
  for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
    const bool leads = std::any_of(node->outputs.begin(), node->outputs.end(),
                                   [&](const std::string& output) { return needed.count(output) != 0; });
    if (!leads) {
      ++left;
    } else {
      needed.insert(node->inputs.begin(), node->inputs.end());
    }
  }
  if (left > 0) fail_file(fmt::format("{} nodes do not lie on the way from the input to the output", left));
  if (needed.count(graph_.input) == 0)
    fail_file("nothing leads from '" + graph_.input + "' to the output '" + graph_.output + "'");
}

void Quantizer::define(const std::string& name, int source, Layout layout, const Shape& shape) {
  Value value;
  value.source = source;
  value.grid = sources_[static_cast<std::size_t>(source)].grid;
  value.layout = layout;
  value.shape = shape;
  value.name = name;
  values_[name] = std::move(value);
}

/// The inputs that are not constant, each once.
std::vector<std::string> Quantizer::variables(const Node& node) const {
  std::vector<std::string> names;
  for (const std::string& input : node.inputs) {
    if (input.empty() || graph_.is_constant(input)) continue;
    if (std::find(names.begin(), names.end(), input) == names.end()) names.push_back(input);
  }
  return names;
}

const Value& Quantizer::value_of(const Node& node, const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) fail(node, "expects an activation, not the constant '" + name + "'");
  return found->second;
}

const Tensor& Quantizer::parameter(const Node& node, std::size_t i) const {
  if (i >= node.inputs.size() || !graph_.is_constant(node.inputs[i])) {
    fail(node, fmt::format("input {} is expected to be constant", i + 1));
  }
  const Tensor& tensor = graph_.constants.at(node.inputs[i]);
  if (tensor.size() < 1) fail(node, fmt::format("input {} is empty", i + 1));
  return tensor;
}

/// A constant parameter that is one number.
float Quantizer::single(const Node& node, std::size_t i) const {
  const Tensor& tensor = parameter(node, i);
  if (tensor.size() != 1) {
    fail(node,
         fmt::format("input {} of shape {} is expected to be one number", i + 1, shape_text(tensor.shape)));
  }
  return tensor.floats()[0];
}

void Quantizer::fail_unit(const Node& node) const {
  const std::vector<const Node*> tail = softmax_tail();
  const bool could_go =
      std::any_of(tail.begin(), tail.end(), [&](const Node* other) { return other == &node; });
  fail(node, fmt::format("not supported by the vector unit{}{}",
                         could_go ? "; --allow-unsupported leaves it out" : "",
                         could_go && tail.front()->op != Op::softmax ? ", and what follows it" : ""));
}

void Quantizer::take(const Node& node) {
  switch (quantized_as(node.op)) {
    case QuantizedAs::view: return take_view(node);
    case QuantizedAs::matmul: return take_matmul(node);
    case QuantizedAs::conv: return take_conv(node);
    case QuantizedAs::max_pool: return take_max_pool(node);
    case QuantizedAs::mean: return take_mean(node);
    case QuantizedAs::pad: return take_pad(node);
    case QuantizedAs::slice: return take_slice(node);
    case QuantizedAs::concat: return take_concat(node);
    case QuantizedAs::no_unit: fail_unit(node);
    case QuantizedAs::pointwise: break;
    case QuantizedAs::recurrence:
    case QuantizedAs::none: fail(node, "cannot stand on the way from the input to the output");
  }
  const std::vector<std::string> names = variables(node);
  std::set<int> sources;
  for (const std::string& name : names) sources.insert(value_of(node, name).source);
  if (sources.size() > 1) return take_add(node);
  take_pointwise(node);
}

void Quantizer::close_output() {
  const Node* producer = wiring_.producer_of(graph_.output);
  if (network_.layers.empty() && values_.at(graph_.output).source == 0 &&
      values_.at(graph_.output).steps.empty()) {
    fail_file("the network has no layer: its output is its input");
  }
  const int tensor = finish(*producer, graph_.output, Purpose::output);
  network_.output_value = graph_.output;
  network_.output_type = graph_.output_type;
  if (tensor + 1 == static_cast<int>(network_.tensors.size())) return name_output();
  // Something else was finished behind it: hand it on once more.
  QuantizedLayer layer;
  layer.name = producer->name + ".output";
  layer.op = "Identity";
  layer.kind = LayerKind::pointwise;
  layer.inputs = {tensor};
  layer.stage = RawStage{};
  QuantizedTensor output = network_.tensor(tensor);
  output.values.clear();
  const Grid2d grid = {output.images, output.height, output.width, output.channels};
  layer.window.lines = layer.window.in_lines = grid.height;
  layer.window.columns = layer.window.in_columns = grid.width;
  layer.output = add_tensor(std::move(output), grid);
  network_.layers.push_back(std::move(layer));
  name_output();
}

QuantizedNetwork quantize_graph(Graph graph, const InputScale& input_scale, const QuantizeOptions& options) {
  return Quantizer(std::move(graph), input_scale, options).run();
}

}  // namespace tricycle
