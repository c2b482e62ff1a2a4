// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "workloads/graph/shapes.hpp"
#include "workloads/graph/window.hpp"
#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/nodes.hpp"
#include "workloads/quantize/weights.hpp"

namespace tricycle {

namespace {

/// The step sizes of a product's weights if the model states them: one, or one for each output channel.
std::vector<float> stated_steps(const Assembly& a, const Node& node, std::size_t channels) {
  const auto found = a.weight_steps.find(node.inputs[1]);
  if (found == a.weight_steps.end()) return {};
  std::vector<float> steps = found->second.floats();
  if (steps.size() != 1 && steps.size() != channels) return {};
  return steps;
}

/// Adds weights as they are. Nothing needs the reach of sums in floating point.
void add_floating(Assembly& a, const Node& node, Source& source, QuantizedLayer& layer,
                  WeightValues weights) {
  source.scale.assign(weights.channels, 1.0);
  source.shift.assign(weights.channels, 0);
  source.least = source.most = source.shift;
  layer.weight_codes = *a.options.floating;
  layer.float_weights = std::move(weights.values);
  if (layer.weight_codes.kind == Codes::Kind::float16) {
    for (float& weight : layer.float_weights) weight = as_half(weight);
  }
  note_verdict(a, node, "mapped", codes_name(layer.weight_codes) + " weights on the array");
}

/// Adds weights as codes, and the reach of their sums.
void add_coded(Assembly& a, const Node& node, Source& source, QuantizedLayer& layer,
               const WeightValues& weights) {
  const QuantizedTensor& in = a.network.tensor(layer.inputs[0]);
  const bool eight_bits = in.codes.least >= -128 && in.codes.most <= (in.codes.least < 0 ? 127 : 255);
  if (in.codes.is_float() || !eight_bits) {
    fail_node(
        a.graph, node,
        fmt::format("its input is not quantized to 8 bits or fewer, but {}: expected a quantizer before it{}",
                    codes_name(in.codes), a.options.calibrated ? "" : " (--calibrate puts one there)"));
  }
  const Codes read = codes_read(layer.window, in);
  std::string error;
  std::optional<CodedWeights> coded = code_weights(weights, error);
  if (!coded) {
    const bool finite = std::all_of(weights.values.begin(), weights.values.end(),
                                    [](float weight) { return std::isfinite(weight); });
    fail_node(a.graph, node,
              error + (finite && !a.options.calibrated ? "; --calibrate would quantize them" : ""));
  }
  layer.weight_codes = coded->kind;
  layer.pairs = coded->pairs;
  // The reach of each sum, and the sum of its weights. An offset of the activations is multiplied by that
  // sum.
  const std::size_t sums = weights.channels * (coded->pairs ? 2 : 1);
  std::vector<std::int64_t> least(sums), most(sums), total(sums);
  for (std::size_t s = 0; s < sums; ++s) {
    for (std::size_t i = 0; i < weights.each; ++i) {
      const std::int64_t w = coded->codes[s * weights.each + i];
      least[s] += std::min(w * read.least, w * read.most);
      most[s] += std::max(w * read.least, w * read.most);
      total[s] += w;
    }
    constexpr std::int64_t limit = (std::int64_t{1} << 31U) - 1;
    if (least[s] < -limit || most[s] > limit) fail_node(a.graph, node, "its sums can leave 32 bits");
  }
  for (std::size_t c = 0; c < weights.channels; ++c) {
    const std::size_t s = coded->pairs ? 2 * c : c;
    source.scale.push_back(coded->scale[c] * in.scale);
    source.shift.push_back(total[s] * in.offset);
    source.least.push_back(least[s]);
    source.most.push_back(most[s]);
    if (!coded->pairs) continue;
    source.y_scale.push_back(coded->second[c] * in.scale);
    source.y_least.push_back(least[s + 1]);
    source.y_most.push_back(most[s + 1]);
    source.constant.push_back(static_cast<double>(total[s + 1] * in.offset) * source.y_scale.back());
  }
  layer.weights = std::move(coded->codes);
  note_verdict(a, node, "mapped",
               fmt::format("{} weights on the array{}", codes_name(layer.weight_codes),
                           layer.pairs ? " in pairs of sums, one for each scale" : ""));
}

/// Adds a factor or a bias of a product as an operator after it.
void add_step(Assembly& a, const Node& node, Op op, const Tensor& constant) {
  Value& value = a.values.at(node.outputs[0]);
  Node step;
  step.name = node.name;
  step.op = op;
  const std::size_t count = value.steps.size();
  const std::string name = fmt::format("{}.constant{}", node.name, count);
  const std::string from = count == 0 ? a.sources[static_cast<std::size_t>(value.source)].value
                                      : value.steps.back().node->outputs[0];
  step.inputs = {from, name};
  step.outputs = {fmt::format("{}.step{}", node.outputs[0], count)};
  a.graph.constants[name] = constant;
  a.made.push_back(std::move(step));
  // The last operator gives the node's output.
  if (count > 0) a.made[a.made.size() - 2].outputs[0] = from;
  value.steps.push_back({&a.made.back(), a.order * 8 + count, value.layout, value.shape});
  a.made.back().outputs[0] = node.outputs[0];
}

void add_product(Assembly& a, const Node& node, int tensor, const Window& window, WeightValues weights,
                 std::int64_t groups, const Grid2d& out, Layout layout) {
  QuantizedLayer layer;
  layer.name = node.name;
  layer.op = name_of(node.op);
  layer.kind = LayerKind::product;
  layer.inputs = {tensor};
  layer.window = window;
  layer.groups = groups;
  Source source;
  source.grid = out;
  source.value = node.outputs[0] + ".sums";
  if (a.options.floating) {
    add_floating(a, node, source, layer, std::move(weights));
  } else {
    add_coded(a, node, source, layer, weights);
  }
  source.layer = std::move(layer);
  a.sources.push_back(std::move(source));
  const std::string& name = a.sources.back().value;
  define_value(a, name, static_cast<int>(a.sources.size()) - 1, layout, a.shapes.at(node.outputs[0]));
  a.values[node.outputs[0]] = a.values.at(name);
  a.values[node.outputs[0]].name = node.outputs[0];
  const float alpha = node.number("alpha", 1.0F), beta = node.number("beta", 1.0F);
  if (node.op == Op::gemm && alpha != 1.0F) add_step(a, node, Op::mul, {{}, std::vector<float>{alpha}});
  if (node.op != Op::matmul && node.inputs.size() > 2 && !node.inputs[2].empty()) {
    if (!a.graph.is_constant(node.inputs[2])) fail_node(a.graph, node, "the bias is not constant");
    Tensor bias = a.graph.constants.at(node.inputs[2]);
    std::vector<float> values = bias.floats();
    if (node.op == Op::gemm && beta != 1.0F) {
      for (float& b : values) b = beta * b;
    }
    if (node.op == Op::conv) bias.shape = {bias.size(), 1, 1};
    bias.data = std::move(values);
    add_step(a, node, Op::add, bias);
  }
  start_layer(a, node.outputs[0]);
}

}  // namespace

void take_matmul(Assembly& a, const Node& node) {
  if (node.inputs.size() < 2 || a.graph.is_constant(node.inputs[0]) || !a.graph.is_constant(node.inputs[1]))
    fail_node(a.graph, node, "expects an activation times constant weights");
  if (node.op == Op::gemm && node.integer("transA", 0) != 0)
    fail_node(a.graph, node, "transA is not supported");
  const Tensor& constant = a.graph.constants.at(node.inputs[1]);
  if (constant.size() == 0) fail_node(a.graph, node, "its weights are empty: " + shape_text(constant.shape));
  const int tensor = finished_tensor(a, node, node.inputs[0], Purpose::codes);
  const Value& in = value_of(a, node, node.inputs[0]);
  const QuantizedTensor& from = a.network.tensor(tensor);
  const bool flat = in.layout == Layout::flat_chw || in.layout == Layout::flat_hwc;
  if (!flat && in.layout != Layout::rows) fail_node(a.graph, node, "multiplies images by a matrix");
  const bool transposed = node.op == Op::gemm && node.integer("transB", 0) != 0;
  const auto k = static_cast<std::size_t>(constant.shape[transposed ? 1 : 0]);
  const auto n = static_cast<std::size_t>(constant.shape[transposed ? 0 : 1]);
  const std::vector<float> values = constant.floats();
  // Row i of the matrix belongs to channel c at position p of the image.
  const auto channels = static_cast<std::size_t>(from.channels);
  const std::size_t positions = k / channels;
  WeightValues weights;
  weights.channels = n;
  weights.each = k;
  weights.step = stated_steps(a, node, n);
  weights.values.reserve(n * k);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t at = 0; at < k; ++at) {
      const std::size_t p = at / channels, c = at % channels;
      const std::size_t i = in.layout == Layout::flat_chw ? c * positions + p : at;
      weights.values.push_back(values[transposed ? j * k + i : i * n + j]);
    }
  }
  Window window;
  Grid2d out = {from.images, from.height, from.width, static_cast<std::int64_t>(n)};
  window.in_lines = from.height;
  window.in_columns = from.width;
  if (flat) {
    window.kernel_h = from.height;
    window.kernel_w = from.width;
    out.height = out.width = 1;
  } else {
    window.lines = from.height;
    window.columns = from.width;
  }
  add_product(a, node, tensor, window, std::move(weights), 1, out, Layout::rows);
}

void take_conv(Assembly& a, const Node& node) {
  if (node.inputs.size() < 2 || a.graph.is_constant(node.inputs[0]) || !a.graph.is_constant(node.inputs[1]))
    fail_node(a.graph, node, "expects an activation and constant weights");
  const Tensor& constant = a.graph.constants.at(node.inputs[1]);
  if (constant.size() == 0) fail_node(a.graph, node, "its weights are empty: " + shape_text(constant.shape));
  const int tensor = finished_tensor(a, node, node.inputs[0], Purpose::codes);
  const Value& in = value_of(a, node, node.inputs[0]);
  if (in.layout != Layout::channels_first) fail_node(a.graph, node, "expects an image of [N, C, H, W]");
  const bool has_bias = node.inputs.size() > 2 && !node.inputs[2].empty();
  const Shape* bias = has_bias ? &parameter(a.graph, node, 2).shape : nullptr;
  const auto slides = conv_window(a.graph, node, in.shape, constant.shape, bias);
  const QuantizedTensor& from = a.network.tensor(tensor);
  const Window window = window_from(slides, from.height, from.width, in.pads);
  // [M, C / groups, taps] becomes [M, taps, C / groups].
  const auto n = static_cast<std::size_t>(constant.shape[0]), c = static_cast<std::size_t>(constant.shape[1]);
  const auto taps = static_cast<std::size_t>(window.taps());
  const std::vector<float> values = constant.floats();
  WeightValues weights;
  weights.channels = n;
  weights.each = taps * c;
  weights.step = stated_steps(a, node, n);
  weights.values.resize(values.size());
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < c; ++i) {
      for (std::size_t tap = 0; tap < taps; ++tap)
        weights.values[(j * taps + tap) * c + i] = values[(j * c + i) * taps + tap];
    }
  }
  const Grid2d out = {from.images, window.lines, window.columns, constant.shape[0]};
  add_product(a, node, tensor, window, std::move(weights), node.integer("group", 1), out,
              Layout::channels_first);
}

}  // namespace tricycle
