// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/uniform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {

std::int64_t Uniform::code_of(double real) const {
  const auto x = static_cast<float>(real), scale_of_codes = static_cast<float>(step);
  const Rounding how = rounding.value_or(Rounding::round);
  if (!zero_behind) return quantize(x, scale_of_codes, static_cast<float>(zero), {least, most, how});
  return std::clamp(quantize(x, scale_of_codes, 0, {least - zero, most - zero, how}) + zero, least, most);
}

Uniform uniform_of(const Graph& graph, const Node& node) {
  Uniform uniform;
  const Tensor& scale = parameter(graph, node, 1);
  if (scale.size() != 1) fail_node(graph, node, "a scale for each channel of activations is not supported");
  const float step = scale.floats()[0];
  if (!(step > 0) || !std::isnormal(step)) fail_node(graph, node, fmt::format("a scale of {}", step));
  uniform.step = uniform.scale = static_cast<double>(step);
  if (node.op == Op::bipolar_quant) {
    uniform.binary = true;
    return uniform;
  }
  if (node.op == Op::quant) {
    const float zero = single(graph, node, 2), bits = single(graph, node, 3);
    Rounding rounding = Rounding::round;
    const std::string mode = node.text("rounding_mode", "ROUND");
    if (!parse_rounding(mode, rounding)) fail_node(graph, node, "unknown rounding mode '" + mode + "'");
    if (!(bits >= 1 && bits <= 32) || bits != std::floor(bits))
      fail_node(graph, node, fmt::format("a bit width of {}", bits));
    if (zero != std::floor(zero) || std::fabs(zero) > 65536)
      fail_node(graph, node, fmt::format("a zero point of {}", zero));
    const QuantRange range = quant_range(static_cast<std::int64_t>(bits), node.integer("signed", 1) != 0,
                                         node.integer("narrow", 0) != 0, rounding);
    if (range.least == range.most) fail_node(graph, node, "gives no code but 0");
    uniform.zero = uniform.origin = static_cast<std::int64_t>(zero);
    uniform.least = range.least;
    uniform.most = range.most;
    uniform.rounding = rounding;
    return uniform;
  }
  const bool has_zero = node.inputs.size() > 2 && !node.inputs[2].empty();
  if (has_zero) {
    const Tensor& zero = parameter(graph, node, 2);
    if (zero.size() != 1)
      fail_node(graph, node, "a zero point for each channel of activations is not supported");
    const bool byte = std::holds_alternative<std::vector<std::int8_t>>(zero.data) ||
                      std::holds_alternative<std::vector<std::uint8_t>>(zero.data);
    if (!byte && (zero.is_float() || node.op == Op::quantize_linear))
      fail_node(graph, node,
                fmt::format("a zero point of type {}; supported are uint8 and int8", zero.type_name()));
    uniform.zero = zero.integers()[0];
  }
  const bool is_signed =
      has_zero && std::holds_alternative<std::vector<std::int8_t>>(parameter(graph, node, 2).data);
  uniform.least = is_signed ? -128 : 0;
  uniform.most = is_signed ? 127 : 255;
  uniform.origin = uniform.zero;
  uniform.rounding = Rounding::round;
  uniform.zero_behind = true;
  if (node.op == Op::quantize_linear) {
    uniform.scale = 1;  // until a DequantizeLinear says what the codes mean
    uniform.origin = 0;
  }
  return uniform;
}

std::optional<Uniform> last_uniform(const Chain& chain) {
  const std::vector<Step>& steps = chain.value.steps;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const Node& node = *step->node;
    if (hands_on(node.op)) continue;
    if (is_quantizer(node.op)) return uniform_of(chain.graph, node);
    if (node.op != Op::dequantize_linear) return std::nullopt;
    // The QuantizeLinear before it gives the codes.
    const Uniform meaning = uniform_of(chain.graph, node);
    for (++step; step != steps.rend(); ++step) {
      if (step->node->op == Op::quantize_linear) {
        Uniform uniform = uniform_of(chain.graph, *step->node);
        uniform.scale = meaning.scale;
        uniform.origin = meaning.zero;
        return uniform;
      }
      if (!is_view(step->node->op) && step->node->op != Op::max_pool) return std::nullopt;
    }
    return std::nullopt;
  }
  // Without an operator: the codes of a finished tensor.
  const Source& source = chain.source;
  if (!source.codes || source.codes->is_float() || source.codes->kind == Codes::Kind::power_of_two)
    return std::nullopt;
  Uniform uniform;
  uniform.scale = uniform.step = source.scale[0];
  uniform.origin = uniform.zero = -source.shift[0];
  uniform.least = source.codes->least;
  uniform.most = source.codes->most;
  uniform.binary = source.codes->kind == Codes::Kind::binary;
  return uniform;
}

}  // namespace tricycle
