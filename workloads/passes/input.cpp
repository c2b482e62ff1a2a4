// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "support/diagnostics.hpp"
#include "workloads/passes/input.hpp"
#include "workloads/passes/quantizer.hpp"

namespace tricycle {
namespace {

constexpr std::int64_t most_levels = std::int64_t{1} << 16U;

bool moves_channels_in_front(const Node& node) {
  const auto perm = node.attributes.find("perm");
  return node.op == Op::transpose && perm != node.attributes.end() &&
         perm->second.integers == std::vector<std::int64_t>{0, 3, 1, 2};
}

}  // namespace

bool channels_come_last(const Graph& graph) {
  if (graph.input_shape.size() != 4) return false;
  std::set<std::string> values = {graph.input};
  bool moved = false;
  for (const Node& node : graph.nodes) {
    std::size_t variables = 0, ours = 0;
    for (const std::string& name : node.inputs) {
      if (name.empty() || graph.is_constant(name)) continue;
      ++variables;
      ours += values.count(name);
    }
    if (ours == 0) continue;
    if (moves_channels_in_front(node)) {
      moved = true;
    } else if ((is_pointwise(node.op) || node.op == Op::identity) && ours == variables) {
      values.insert(node.outputs[0]);
    } else {
      return false;
    }
  }
  return moved && values.count(graph.output) == 0;
}

/// Images come with their channels in front, but where all that reads them moves them there.
Layout Quantizer::input_layout() const {
  if (graph_.input_shape.size() != 4) return Layout::rows;
  return channels_come_last(graph_) ? Layout::channels_last : Layout::channels_first;
}

/// The model takes integers, or the description codes of few bits.
bool Quantizer::is_integer_input() const {
  const bool numbers = graph_.input_encoding == Encoding::float32;
  return numbers ? !is_floating_type(graph_.input_type) : graph_.input_encoding != Encoding::uint8;
}

/// The node that alone reads a value, which is not the output.
const Node* Quantizer::lone_reader(const std::string& value) const {
  const std::vector<const Node*>& readers = wiring_.readers_of(value);
  return readers.size() == 1 && value != graph_.output ? readers[0] : nullptr;
}

/// A quantizer that alone reads the input is the host's: the input comes as its codes. Of pixels it is so
/// from 3 bits on: fewer are thresholds of pixels, on the machine.
std::optional<InputQuantizer> Quantizer::input_quantizer() const {
  const bool pixels = graph_.input_encoding == Encoding::uint8;
  const bool numbers = graph_.input_encoding == Encoding::float32 && is_floating_type(graph_.input_type);
  if ((!pixels && !numbers) || options_.floating) return std::nullopt;
  InputQuantizer result;
  const Node* reader = lone_reader(graph_.input);
  const auto hands_on_reals = [](const Node& node) {
    return node.op == Op::identity || (node.op == Op::cast && node.integer("to", 1) == 1);
  };
  while (reader != nullptr && hands_on_reals(*reader)) {
    result.nodes.push_back(reader);
    reader = lone_reader(reader->outputs[0]);
  }
  if (reader == nullptr) return std::nullopt;
  const Node& node = *reader;
  if (node.op != Op::quant && node.op != Op::bipolar_quant && node.op != Op::quantize_linear)
    return std::nullopt;
  result.uniform = *uniform_of(node);
  Uniform& uniform = result.uniform;
  const std::int64_t levels = uniform.levels();
  if (pixels ? levels < 7 || levels > 256 : levels > most_levels) return std::nullopt;
  if (node.outputs[0] == graph_.output) return std::nullopt;  // nothing would be left for the machine
  result.nodes.push_back(&node);
  InputReading& reading = result.reading;
  reading.step = uniform.step;
  reading.zero_point = static_cast<double>(uniform.zero);
  reading.least = static_cast<double>(uniform.least);
  reading.most = static_cast<double>(uniform.most);
  reading.rule = ReadingRule::quant;
  if (node.op == Op::quant) reading.rounding = node.text("rounding_mode", "ROUND");
  if (node.op == Op::bipolar_quant) reading.rule = ReadingRule::bipolar_quant;
  if (node.op != Op::quantize_linear) return result;
  // What its codes mean is said behind it.
  reading.rule = ReadingRule::quantize_linear;
  const std::vector<const Node*>& behind = wiring_.readers_of(node.outputs[0]);
  if (behind.empty()) return std::nullopt;
  for (const Node* back : behind) {
    if (back->op != Op::dequantize_linear || back->outputs[0] == graph_.output) return std::nullopt;
    const Uniform meaning = *uniform_of(*back);
    if (back != behind[0] && (meaning.scale != uniform.scale || meaning.origin != uniform.origin))
      return std::nullopt;
    uniform.scale = meaning.scale;
    uniform.origin = meaning.origin;
    result.nodes.push_back(back);
  }
  return result;
}

/// Pixels behind a mean and a deviation: steps in front of the model's own.
void Quantizer::normalize_pixels() {
  const Layout layout = input_layout();
  const Shape& shape = graph_.input_shape;
  const std::int64_t channels = shape.empty()                      ? 1
                                : layout == Layout::channels_first ? shape[1]
                                                                   : shape.back();
  std::string value = graph_.input;
  std::vector<Node> steps;
  const auto add = [&](const char* name, Op op, const std::vector<double>& values) {
    if (values.empty()) return;
    const auto count = static_cast<std::int64_t>(values.size());
    if (count != 1 && count != channels) {
      fail_file(fmt::format("its input has {} channels; {} numbers were given for the {} of bytes", channels,
                            count, op == Op::sub ? "mean" : "deviation"));
    }
    Tensor constant{{}, std::vector<float>(values.begin(), values.end())};
    if (count > 1) constant.shape = layout == Layout::channels_first ? Shape{count, 1, 1} : Shape{count};
    graph_.constants[name] = std::move(constant);
    Node node;
    node.name = name;
    node.op = op;
    node.inputs = {value, name};
    node.outputs = {std::string(name) + ".values"};
    value = node.outputs[0];
    steps.push_back(std::move(node));
  };
  add("input.mean", Op::sub, options_.means);
  add("input.deviation", Op::div, options_.deviations);
  for (Node& node : graph_.nodes) std::replace(node.inputs.begin(), node.inputs.end(), graph_.input, value);
  graph_.nodes.insert(graph_.nodes.begin(), steps.begin(), steps.end());
  wiring_ = Wiring(graph_);
}

/// The codes of an input of integers: those that the model takes, with the meaning that it gives them if that
/// is all that it does with them.
void Quantizer::take_integers(QuantizedTensor& input, std::vector<const Node*>& meanings) const {
  const bool is_signed = graph_.input_type == ElementType::int8;
  if (!is_signed && graph_.input_type != ElementType::uint8) {
    fail_file(
        fmt::format("the input '{}' holds {}: the machine takes float32, float16, float64, uint8 or int8",
                    graph_.input, name_of(graph_.input_type)));
  }
  input.codes = is_signed ? Codes::integers(-128, 127) : Codes::integers(0, 255);
  std::optional<Uniform> meaning;
  for (const Node* node : wiring_.readers_of(graph_.input)) {
    std::optional<Uniform> one;
    if (graph_.output != graph_.input && node->op == Op::dequantize_linear) one = uniform_of(*node);
    if (graph_.output != graph_.input && node->op == Op::cast && node->integer("to", 1) == 1) one.emplace();
    if (!one || (meaning && (meaning->scale != one->scale || meaning->origin != one->origin))) {
      meanings.clear();
      return;
    }
    meaning = one;
    meanings.push_back(node);
  }
  if (!meaning) return;
  input.scale = meaning->scale;
  input.offset = -meaning->origin;
}

/// Half precision is computed nowhere but where a number is rounded to it as it comes.
void Quantizer::check_half() const {
  if (graph_.input_type != ElementType::float16) return;
  for (const Node* node : wiring_.readers_of(graph_.input)) {
    const bool widens = node->op == Op::cast && node->integer("to", 1) == 1;
    if (!widens && node->op != Op::quantize_linear)
      fail(*node,
           "computes in float16, which is not supported: expected a Cast to float32 or a QuantizeLinear");
  }
}

void Quantizer::open_input() {
  QuantizedTensor input;
  input.name = graph_.input;
  input.shape = graph_.input_shape;
  network_.input_type = graph_.input_type;
  InputReading& reading = network_.reading;
  const Shape& shape = graph_.input_shape;
  if (element_count(shape) < 1) fail_file("the input has no elements: its shape is " + shape_text(shape));
  check_half();
  const Layout layout = input_layout();
  Grid2d grid;
  if (layout != Layout::rows) {
    const bool last = layout == Layout::channels_last;
    grid = last ? Grid2d{shape[0], shape[1], shape[2], shape[3]}
                : Grid2d{shape[0], shape[2], shape[3], shape[1]};
    input.channels_first = !last;
  } else {
    grid.channels = shape.empty() ? 1 : shape.back();
    grid.height = grid.channels == 0 ? 0 : element_count(shape) / grid.channels;
  }
  std::vector<const Node*> host;  // nodes whose values are the input's codes
  const char* reason = "the host rounds the input to these codes";
  const bool numbers = graph_.input_encoding == Encoding::float32;
  if (options_.floating) {
    input.codes = *options_.floating;
    reading.rule = ReadingRule::real;
    reading.least = reading.most = 0;
  } else if (const std::optional<InputQuantizer> quantizer = input_quantizer()) {
    reading = quantizer->reading;
    input.codes = quantizer->uniform.codes();
    input.scale = quantizer->uniform.scale;
    input.offset = -quantizer->uniform.origin;
    host = quantizer->nodes;
  } else if (numbers && !is_floating_type(graph_.input_type)) {
    reading.rule = ReadingRule::integers;
    take_integers(input, host);
    reason = "says what the input's codes mean";
  } else if (numbers || graph_.input_encoding == Encoding::uint8) {
    input.codes = Codes::integers(0, 255);
    input.scale = input_scale_.num / input_scale_.den;
  } else {
    input.codes = graph_.input_encoding == Encoding::binary ? Codes::binary() : Codes::integers(-1, 1);
  }
  reading.byte = {input_scale_.num, input_scale_.den, options_.means, options_.deviations};
  const bool codes =
      reading.rule == ReadingRule::integers || (reading.rule == ReadingRule::grid && input.codes.least < 0);
  if (codes) reading.byte = {1, 1, {}, {}};
  if (!options_.floating && !reading.quantizes()) {
    reading.least = static_cast<double>(input.codes.least);
    reading.most = static_cast<double>(input.codes.most);
    reading.step = reading.rule == ReadingRule::grid ? reading.byte.num / reading.byte.den : input.scale;
  }
  if (host.empty()) input.values = {graph_.input};
  add_tensor(std::move(input), grid);
  sources_.push_back(source_of(0));
  sources_.back().value = graph_.input;
  define(graph_.input, 0, layout, shape);
  for (const Node* node : host) {
    define(node->outputs[0], 0, layout, shape);
    const bool last = node == host.back() || node->op == Op::dequantize_linear;
    if (last) network_.tensors[0].values.push_back(node->outputs[0]);
    verdict(*node, "folded", reason);
  }
}

}  // namespace tricycle
