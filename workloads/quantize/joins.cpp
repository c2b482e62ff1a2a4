// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/affine.hpp"
#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/nodes.hpp"
#include "workloads/quantize/uniform.hpp"

namespace tricycle {
namespace {

/// Whether two tensors can lie side by side: their codes mean the same. The input's codes stay as they are.
bool can_join(const QuantizedNetwork& network, int a, int b) {
  const QuantizedTensor &one = network.tensor(a), &other = network.tensor(b);
  if (one.scale != other.scale || one.offset != other.offset) return false;
  const bool integers = one.codes.kind == Codes::Kind::integer && other.codes.kind == Codes::Kind::integer;
  return one.codes == other.codes || (integers && a != 0 && b != 0);
}

bool can_carry_second(const Assembly& a, const Value& value) {
  const Source& source = chain_of(a, value).source;
  return source.layer && source.layer->kind == LayerKind::product && !source.has_y() &&
         source.layer->inputs.size() == 1 && value.pool() == nullptr;
}

}  // namespace

/// Takes the sum of two tensors. If one of them is still the sums of a product, the other becomes the
/// product's second input. Otherwise the sum is a layer of its own.
void take_add(Assembly& a, const Node& node) {
  const std::vector<std::string> names = variables_of(a.graph, node);
  if ((node.op != Op::add && node.op != Op::sum) || names.size() != 2 || node.inputs.size() != 2)
    fail_node(a.graph, node, "combines two activations, which is not supported");
  const Shape shape = a.shapes.at(node.outputs[0]);
  const Layout layout = value_of(a, node, names[0]).layout;
  for (const std::string& name : names) {
    const Value& value = value_of(a, node, name);
    if (value.shape != shape || value.layout != layout)
      fail_node(a.graph, node, "adds tensors of different shapes");
    if (value.is_padded()) fail_node(a.graph, node, "reads padded values");
  }
  int carrier = -1;
  AffineForm form;
  for (int i = 0; i < 2; ++i) {
    const Value& value = value_of(a, node, names[static_cast<std::size_t>(i)]);
    if (!can_carry_second(a, value)) continue;
    if (carrier >= 0 && value.source < value_of(a, node, names[static_cast<std::size_t>(carrier)]).source)
      continue;
    AffineForm candidate = affine_form(chain_of(a, value));
    if (candidate.obstacle != nullptr || candidate.uniform || candidate.clamped()) continue;
    carrier = i;
    form = std::move(candidate);
  }
  const std::string x_name = names[carrier == 1 ? 1 : 0], y_name = names[carrier == 1 ? 0 : 1];
  const int y = finished_tensor(a, node, y_name, Purpose::stream);
  Source source;
  std::string op = name_of(node.op);
  if (carrier >= 0) {
    const Value& value = value_of(a, node, x_name);
    Source& from = a.sources[static_cast<std::size_t>(value.source)];
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
    const int x = finished_tensor(a, node, x_name, Purpose::stream);
    source = source_of(a, x);
    source.tensor = -1;
    source.codes.reset();
    source.fraction.reset();
    source.layer = layer_over(a.network.tensor(x), node.name, op, LayerKind::pointwise);
    source.layer->inputs = {x, y};
    source.constant.assign(source.channels(), 0.0);
  }
  const QuantizedTensor& second = a.network.tensor(y);
  const std::size_t channels = source.channels();
  source.y_scale.assign(channels, second.scale);
  source.y_least.assign(channels, second.codes.least);
  source.y_most.assign(channels, second.codes.most);
  for (double& constant : source.constant) constant += static_cast<double>(second.offset) * second.scale;
  source.value = node.outputs[0];
  a.sources.push_back(std::move(source));
  define_value(a, node.outputs[0], static_cast<int>(a.sources.size()) - 1, layout, shape);
  note_verdict(a, node, "mapped",
               carrier >= 0 ? "the second input of '" + a.sources.back().layer->name + "'"
                            : "an addition of the vector unit");
  start_layer(a, node.outputs[0]);
}

namespace {

/// The operators from a concatenation to the quantizer after it, with a DequantizeLinear of its codes. Each
/// must work on every element by itself, and nothing else may read the values between. Nothing otherwise.
std::vector<const Node*> quantizer_behind(const Assembly& a, const Node& node) {
  std::vector<const Node*> chain;
  std::string value = node.outputs[0];
  while (true) {
    const std::vector<const Node*>& readers = a.wiring.readers_of(value);
    const bool quantized = !chain.empty() && is_quantizer(chain.back()->op);
    const bool follows = readers.size() == 1 && !is_output(a.graph, value) && is_pointwise(readers[0]->op) &&
                         variables_of(a.graph, *readers[0]).size() == 1 &&
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

/// Whether the inputs of a concatenation have codes of different meanings, or no codes yet.
bool joins_different(const Assembly& a, const Node& node) {
  std::optional<Uniform> first;
  for (const std::string& name : node.inputs) {
    const Value& value = value_of(a, node, name);
    const std::optional<Uniform> codes = last_uniform(chain_of(a, value));
    if (!codes) {
      if (affine_form(chain_of(a, value)).obstacle == nullptr) return true;
      continue;
    }
    if (!first) first = codes;
    if (codes->binary != first->binary || codes->scale != first->scale || codes->origin != first->origin)
      return true;
  }
  return false;
}

/// One input of a concatenation with the operators after it. Each operator gets the constants of the input's
/// channels.
std::string bring_forward(Assembly& a, const Node& node, std::size_t input, std::size_t first_channel,
                          const std::vector<const Node*>& chain) {
  const Shape& whole = a.shapes.at(node.outputs[0]);
  Value value = value_of(a, node, node.inputs[input]);
  const auto count =
      static_cast<std::size_t>(a.sources[static_cast<std::size_t>(value.source)].grid.channels);
  const auto total =
      static_cast<std::size_t>(whole[value.layout == Layout::channels_first ? 1 : whole.size() - 1]);
  std::string last = node.inputs[input];
  for (const Node* original : chain) {
    Node made = *original;
    made.name += fmt::format(".{}", input + 1);
    made.outputs = {fmt::format("{}.{}", original->outputs[0], input + 1)};
    for (std::string& name : made.inputs) {
      if (name.empty()) continue;
      if (!a.graph.is_constant(name)) {
        name = last;
        continue;
      }
      if (a.graph.constants.at(name).size() == 1) continue;
      const Tensor all =
          channel_constant(a.graph, {original, 0, value.layout, whole}, a.graph.constants.at(name), total);
      const std::vector<float> values = all.floats();
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first_channel);
      const auto channels = static_cast<std::int64_t>(count);
      const bool plain = original->op == Op::batch_normalization || value.layout != Layout::channels_first;
      name = fmt::format("{}.{}", name, input + 1);
      a.graph.constants[name] = {plain ? Shape{channels} : Shape{channels, 1, 1},
                                 std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(count))};
    }
    last = made.outputs[0];
    a.made.push_back(std::move(made));
    value.steps.push_back({&a.made.back(), a.order * 8, value.layout, value.shape});
  }
  value.name = last;
  a.values[last] = std::move(value);
  return last;
}

/// Gives all joined tensors the same codes: the smallest range that holds the codes of each.
void widen(Assembly& a, const std::vector<int>& tensors) {
  Codes all = a.network.tensor(tensors[0]).codes;
  for (const int tensor : tensors) {
    all.least = std::min(all.least, a.network.tensor(tensor).codes.least);
    all.most = std::max(all.most, a.network.tensor(tensor).codes.most);
  }
  for (const int tensor : tensors) {
    a.network.tensors[static_cast<std::size_t>(tensor)].codes = all;
    for (Source& source : a.sources) {
      if (source.tensor != tensor) continue;
      source.codes = all;
      if (all.most != 255) source.fraction.reset();  // no pixels
    }
  }
}

}  // namespace

/// Takes a concatenation: the inputs lie side by side in memory, so all must have the same codes. If they
/// have not, and a quantizer follows, each input goes through the quantizer by itself.
void take_concat(Assembly& a, const Node& node) {
  const Value first = value_of(a, node, node.inputs[0]);
  const std::size_t axis = checked_axis(a.graph, node, node.integer("axis", 0), first.shape.size());
  const std::size_t channel_axis = first.layout == Layout::channels_first ? 1 : first.shape.size() - 1;
  if (axis != channel_axis || first.layout == Layout::flat_chw || first.layout == Layout::flat_hwc)
    fail_node(a.graph, node, fmt::format("joins dimension {}, not the channels", axis));
  for (const std::string& name : node.inputs) {
    if (value_of(a, node, name).layout != first.layout)
      fail_node(a.graph, node, "joins tensors that are laid out differently");
  }
  const std::vector<const Node*> chain =
      joins_different(a, node) ? quantizer_behind(a, node) : std::vector<const Node*>{};
  std::vector<int> inputs;
  std::int64_t channels = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const std::string name =
        chain.empty() ? node.inputs[i] : bring_forward(a, node, i, static_cast<std::size_t>(channels), chain);
    inputs.push_back(finished_tensor(a, node, name, Purpose::stream));
    const QuantizedTensor& one = a.network.tensor(inputs[0]);
    const QuantizedTensor& other = a.network.tensor(inputs.back());
    if (!can_join(a.network, inputs[0], inputs.back())) {
      fail_node(a.graph, node,
                fmt::format("joins {} codes of scale {} and offset {} and {} codes of scale {} and offset "
                            "{}: expected the same "
                            "quantizer before each, or one behind",
                            codes_name(one.codes), one.scale, one.offset, codes_name(other.codes),
                            other.scale, other.offset));
    }
    channels += other.channels;
  }
  widen(a, inputs);
  const QuantizedTensor& in = a.network.tensor(inputs[0]);
  QuantizedLayer layer = layer_over(in, node.name, name_of(node.op), LayerKind::concat);
  layer.inputs = std::move(inputs);
  layer.stage = RawStage{};
  const std::string& value = chain.empty() ? node.outputs[0] : chain.back()->outputs[0];
  QuantizedTensor output = in;
  output.values = {value};
  output.channels_first = first.channels_first();
  output.name = value;
  output.shape = a.shapes.at(value);
  const Grid2d grid = {in.images, in.height, in.width, channels};
  layer.output = add_tensor(a, std::move(output), grid);
  const int source = source_on(a, add_layer(a, std::move(layer)), value);
  define_value(a, node.outputs[0], source, first.layout, a.shapes.at(node.outputs[0]));
  note_verdict(a, node, "mapped", "side by side in memory");
  for (const Node* behind : chain) {
    define_value(a, behind->outputs[0], source, first.layout, a.shapes.at(behind->outputs[0]));
    note_verdict(a, *behind, "mapped", "into the stages of what '" + node.name + "' joins");
  }
}

}  // namespace tricycle
