// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/input_quantizer.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {
namespace {

/// Sets the codes of an input of integers: all values of the model's input type. If all readers of the input
/// only give the codes a meaning, and the same one, the input gets it.
void take_integers(const Assembly& a, QuantizedTensor& input, std::vector<const Node*>& meanings) {
  const bool is_signed = a.graph.input_type == ElementType::int8;
  if (!is_signed && a.graph.input_type != ElementType::uint8) {
    fail_graph(
        a.graph,
        fmt::format("the input '{}' holds {}: the machine takes float32, float16, float64, uint8 or int8",
                    a.graph.input, name_of(a.graph.input_type)));
  }
  input.codes = is_signed ? Codes::integers(-128, 127) : Codes::integers(0, 255);
  std::optional<Uniform> meaning;
  for (const Node* node : a.wiring.readers_of(a.graph.input)) {
    std::optional<Uniform> one;
    const bool is_input_alone = !is_output(a.graph, a.graph.input);
    if (is_input_alone && node->op == Op::dequantize_linear) one = uniform_of(a.graph, *node);
    if (is_input_alone && node->op == Op::cast && node->integer("to", 1) == 1) one.emplace();
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

/// Refuses arithmetic in half precision. Only the input is rounded to it, so that a Cast to float32 or a
/// QuantizeLinear must read the input.
void check_half(const Assembly& a) {
  if (a.graph.input_type != ElementType::float16) return;
  for (const Node* node : a.wiring.readers_of(a.graph.input)) {
    const bool widens = node->op == Op::cast && node->integer("to", 1) == 1;
    if (!widens && node->op != Op::quantize_linear)
      fail_node(
          a.graph, *node,
          "computes in float16, which is not supported: expected a Cast to float32 or a QuantizeLinear");
  }
}

}  // namespace

void open_input(Assembly& a) {
  QuantizedTensor input;
  input.name = a.graph.input;
  input.shape = a.graph.input_shape;
  a.network.input_type = a.graph.input_type;
  InputReading& reading = a.network.reading;
  const Shape& shape = a.graph.input_shape;
  if (element_count(shape) < 1)
    fail_graph(a.graph, "the input has no elements: its shape is " + shape_text(shape));
  check_half(a);
  const Layout layout = input_layout(a.graph);
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
  std::vector<const Node*> host;  // nodes whose values are the codes of the input
  const char* reason = "the host rounds the input to these codes";
  const bool numbers = a.graph.input_encoding == Encoding::float32;
  if (a.options.floating) {
    input.codes = *a.options.floating;
    reading.rule = ReadingRule::real;
    reading.least = reading.most = 0;
  } else if (const std::optional<InputQuantizer> quantizer = input_quantizer(a.graph, a.wiring)) {
    reading = quantizer->reading;
    input.codes = quantizer->uniform.codes();
    input.scale = quantizer->uniform.scale;
    input.offset = -quantizer->uniform.origin;
    host = quantizer->nodes;
  } else if (numbers && !is_floating_type(a.graph.input_type)) {
    reading.rule = ReadingRule::integers;
    take_integers(a, input, host);
    reason = "says what the input's codes mean";
  } else if (numbers || a.graph.input_encoding == Encoding::uint8) {
    input.codes = Codes::integers(0, 255);
    input.scale = a.input_scale.num / a.input_scale.den;
  } else {
    input.codes = a.graph.input_encoding == Encoding::binary ? Codes::binary() : Codes::integers(-1, 1);
  }
  reading.byte = {a.input_scale.num, a.input_scale.den, a.options.means, a.options.deviations};
  const bool codes =
      reading.rule == ReadingRule::integers || (reading.rule == ReadingRule::grid && input.codes.least < 0);
  if (codes) reading.byte = {1, 1, {}, {}};
  if (!a.options.floating && !reading.quantizes()) {
    reading.least = static_cast<double>(input.codes.least);
    reading.most = static_cast<double>(input.codes.most);
    reading.step = reading.rule == ReadingRule::grid ? reading.byte.num / reading.byte.den : input.scale;
  }
  if (host.empty()) input.values = {a.graph.input};
  define_value(a, a.graph.input, source_on(a, add_tensor(a, std::move(input), grid), a.graph.input), layout,
               shape);
  for (const Node* node : host) {
    define_value(a, node->outputs[0], 0, layout, shape);
    const bool last = node == host.back() || node->op == Op::dequantize_linear;
    if (last) a.network.tensors[0].values.push_back(node->outputs[0]);
    note_verdict(a, *node, "folded", reason);
  }
}

}  // namespace tricycle
