// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "workloads/graph/shapes.hpp"
#include "workloads/passes/quantizer.hpp"

namespace tricycle {
namespace {

bool is_quantizer(const Node& node) {
  return node.op == Op::quant || node.op == Op::bipolar_quant || node.op == Op::quantize_linear;
}

/// Whether two tensors can lie side by side: their codes mean the same. Those of the input stay as they are.
bool can_join(const QuantizedNetwork& network, int a, int b) {
  const QuantizedTensor &one = network.tensor(a), &other = network.tensor(b);
  if (one.scale != other.scale || one.offset != other.offset) return false;
  const bool integers = one.codes.kind == Codes::Kind::integer && other.codes.kind == Codes::Kind::integer;
  return one.codes == other.codes || (integers && a != 0 && b != 0);
}

}  // namespace

bool Quantizer::can_carry_second(const Value& value) const {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  return source.layer && source.layer->kind == LayerKind::product && !source.has_y() &&
         source.layer->inputs.size() == 1 && pool_of(value) == nullptr;
}

/// The sum of two tensors: the second input of the product that one of them is still, or a layer of its own.
void Quantizer::take_add(const Node& node) {
  const std::vector<std::string> names = variables(node);
  if ((node.op != Op::add && node.op != Op::sum) || names.size() != 2 || node.inputs.size() != 2)
    fail(node, "combines two activations, which is not supported");
  const Shape shape = shapes_.at(node.outputs[0]);
  const Layout layout = value_of(node, names[0]).layout;
  for (const std::string& name : names) {
    const Value& value = value_of(node, name);
    if (value.shape != shape || value.layout != layout) fail(node, "adds tensors of different shapes");
    if (value.pads != std::array<std::int64_t, 4>{}) fail(node, "reads padded values");
  }
  int carrier = -1;
  Form form;
  for (int i = 0; i < 2; ++i) {
    const Value& value = value_of(node, names[static_cast<std::size_t>(i)]);
    if (!can_carry_second(value)) continue;
    if (carrier >= 0 && value.source < value_of(node, names[static_cast<std::size_t>(carrier)]).source)
      continue;
    Form candidate = form_of(value);
    if (candidate.obstacle != nullptr || candidate.uniform || candidate.clamped()) continue;
    carrier = i;
    form = std::move(candidate);
  }
  const std::string x_name = names[carrier == 1 ? 1 : 0], y_name = names[carrier == 1 ? 0 : 1];
  const int y = finish(node, y_name, Purpose::stream);
  Source source;
  std::string op = name_of(node.op);
  if (carrier >= 0) {
    const Value& value = value_of(node, x_name);
    Source& from = sources_[static_cast<std::size_t>(value.source)];
    source = from;
    from.layer.reset();
    source.scale = form.x;
    source.constant = form.bias;
    source.shift.assign(source.channels(), 0);
    for (const Step& step : value.steps) {
      if (!is_view(step.node->op) && step.node->name != source.layer->name)
        source.layer->op += "+" + name_of(step.node->op);
    }
    source.layer->op += "+" + op;
    source.layer->inputs.push_back(y);
  } else {
    const int x = finish(node, x_name, Purpose::stream);
    source = source_of(x);
    source.tensor = -1;
    QuantizedLayer layer;
    layer.name = node.name;
    layer.op = op;
    layer.kind = LayerKind::pointwise;
    layer.inputs = {x, y};
    layer.window.lines = layer.window.in_lines = source.grid.height;
    layer.window.columns = layer.window.in_columns = source.grid.width;
    source.layer = std::move(layer);
    source.constant.assign(source.channels(), 0.0);
  }
  const QuantizedTensor& second = network_.tensor(y);
  const std::size_t channels = source.channels();
  source.y_scale.assign(channels, second.scale);
  source.y_least.assign(channels, second.codes.least);
  source.y_most.assign(channels, second.codes.most);
  for (double& constant : source.constant) constant += static_cast<double>(second.offset) * second.scale;
  source.value = node.outputs[0];
  sources_.push_back(std::move(source));
  define(node.outputs[0], static_cast<int>(sources_.size()) - 1, layout, shape);
  verdict(node, "mapped",
          carrier >= 0 ? "the second input of '" + sources_.back().layer->name + "'"
                       : "an addition of the vector unit");
  start(node.outputs[0]);
}

/// What follows a concatenation up to its quantizer, and the DequantizeLinear of that, where all of it works
/// on each element by itself and nothing else reads what lies between. Nothing otherwise.
std::vector<const Node*> Quantizer::quantizer_behind(const Node& node) const {
  std::vector<const Node*> chain;
  std::string value = node.outputs[0];
  while (true) {
    const std::vector<const Node*>& readers = wiring_.readers_of(value);
    const bool quantized = !chain.empty() && is_quantizer(*chain.back());
    const bool follows = readers.size() == 1 && value != graph_.output && is_pointwise(readers[0]->op) &&
                         variables(*readers[0]).size() == 1 &&
                         std::count(readers[0]->inputs.begin(), readers[0]->inputs.end(), value) == 1;
    if (quantized) {
      if (follows && readers[0]->op == Op::dequantize_linear) chain.push_back(readers[0]);
      return chain;
    }
    if (!follows) return {};
    chain.push_back(readers[0]);
    value = readers[0]->outputs[0];
  }
}

/// Whether the inputs of a concatenation have codes of different meanings, or none yet.
bool Quantizer::joins_different(const Node& node) {
  std::optional<Uniform> first;
  for (const std::string& name : node.inputs) {
    const Value& value = value_of(node, name);
    const std::optional<Uniform> codes = last_uniform(value);
    if (!codes) {
      if (form_of(value).obstacle == nullptr) return true;
      continue;
    }
    if (!first) first = codes;
    if (codes->binary != first->binary || codes->scale != first->scale || codes->origin != first->origin)
      return true;
  }
  return false;
}

/// One input of a concatenation with the steps behind it, each with the constants of the input's channels.
std::string Quantizer::bring_forward(const Node& node, std::size_t input, std::size_t first_channel,
                                     const std::vector<const Node*>& chain) {
  const Shape& whole = shapes_.at(node.outputs[0]);
  Value value = value_of(node, node.inputs[input]);
  const auto count = static_cast<std::size_t>(sources_[static_cast<std::size_t>(value.source)].grid.channels);
  const auto total =
      static_cast<std::size_t>(whole[value.layout == Layout::channels_first ? 1 : whole.size() - 1]);
  std::string last = node.inputs[input];
  for (const Node* original : chain) {
    Node made = *original;
    made.name += fmt::format(".{}", input + 1);
    made.outputs = {fmt::format("{}.{}", original->outputs[0], input + 1)};
    for (std::string& name : made.inputs) {
      if (name.empty()) continue;
      if (!graph_.is_constant(name)) {
        name = last;
        continue;
      }
      if (graph_.constants.at(name).size() == 1) continue;
      const Tensor all =
          channel_constant({original, 0, value.layout, whole}, graph_.constants.at(name), total);
      const std::vector<float> values = all.floats();
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first_channel);
      const auto channels = static_cast<std::int64_t>(count);
      const bool plain = original->op == Op::batch_normalization || value.layout != Layout::channels_first;
      name = fmt::format("{}.{}", name, input + 1);
      graph_.constants[name] = {plain ? Shape{channels} : Shape{channels, 1, 1},
                                std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(count))};
    }
    last = made.outputs[0];
    made_.push_back(std::move(made));
    value.steps.push_back({&made_.back(), order_ * 8, value.layout, value.shape});
  }
  value.name = last;
  values_[last] = std::move(value);
  return last;
}

/// Integers of one scale that are joined all have the codes of all.
void Quantizer::widen(const std::vector<int>& tensors) {
  Codes all = network_.tensor(tensors[0]).codes;
  for (const int tensor : tensors) {
    all.least = std::min(all.least, network_.tensor(tensor).codes.least);
    all.most = std::max(all.most, network_.tensor(tensor).codes.most);
  }
  for (const int tensor : tensors) network_.tensors[static_cast<std::size_t>(tensor)].codes = all;
}

/// Side by side in memory: all inputs have the same codes. Where they have not, and a quantizer follows, each
/// goes through it by itself.
void Quantizer::take_concat(const Node& node) {
  const Value first = value_of(node, node.inputs[0]);
  const std::size_t axis = checked_axis(graph_, node, node.integer("axis", 0), first.shape.size());
  const std::size_t channel_axis = first.layout == Layout::channels_first ? 1 : first.shape.size() - 1;
  if (axis != channel_axis || first.layout == Layout::flat_chw || first.layout == Layout::flat_hwc)
    fail(node, fmt::format("joins dimension {}, not the channels", axis));
  QuantizedLayer layer;
  layer.name = node.name;
  layer.op = name_of(node.op);
  layer.kind = LayerKind::concat;
  layer.stage = RawStage{};
  for (const std::string& name : node.inputs) {
    if (value_of(node, name).layout != first.layout)
      fail(node, "joins tensors that are laid out differently");
  }
  const std::vector<const Node*> chain =
      joins_different(node) ? quantizer_behind(node) : std::vector<const Node*>{};
  std::int64_t channels = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const std::string name =
        chain.empty() ? node.inputs[i] : bring_forward(node, i, static_cast<std::size_t>(channels), chain);
    layer.inputs.push_back(finish(node, name, Purpose::stream));
    const QuantizedTensor& one = network_.tensor(layer.inputs[0]);
    const QuantizedTensor& other = network_.tensor(layer.inputs.back());
    if (!can_join(network_, layer.inputs[0], layer.inputs.back())) {
      fail(node, fmt::format("joins {} codes of scale {} and offset {} and {} codes of scale {} and offset "
                             "{}: expected the same "
                             "quantizer before each, or one behind",
                             codes_name(one.codes), one.scale, one.offset, codes_name(other.codes),
                             other.scale, other.offset));
    }
    channels += other.channels;
  }
  widen(layer.inputs);
  const QuantizedTensor& in = network_.tensor(layer.inputs[0]);
  layer.window.lines = layer.window.in_lines = in.height;
  layer.window.columns = layer.window.in_columns = in.width;
  const std::string& value = chain.empty() ? node.outputs[0] : chain.back()->outputs[0];
  QuantizedTensor output = in;
  output.values = {value};
  output.channels_first = first.channels_first();
  output.name = value;
  output.shape = shapes_.at(value);
  const Grid2d grid = {in.images, in.height, in.width, channels};
  const int tensor = add_tensor(std::move(output), grid);
  layer.output = tensor;
  network_.layers.push_back(std::move(layer));
  const int source = source_on(tensor, value);
  define(node.outputs[0], source, first.layout, shapes_.at(node.outputs[0]));
  verdict(node, "mapped", "side by side in memory");
  for (const Node* behind : chain) {
    define(behind->outputs[0], source, first.layout, shapes_.at(behind->outputs[0]));
    verdict(*behind, "mapped", "into the stages of what '" + node.name + "' joins");
  }
}

}  // namespace tricycle
