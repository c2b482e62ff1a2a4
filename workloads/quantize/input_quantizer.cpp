// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/input_quantizer.hpp"

#include "workloads/quantize/nodes.hpp"

namespace tricycle {
std::optional<InputQuantizer> input_quantizer(const Graph& graph, const Wiring& wiring) {
  const bool pixels = graph.input_encoding == Encoding::uint8;
  const bool numbers = graph.input_encoding == Encoding::float32 && is_floating_type(graph.input_type);
  if (!pixels && !numbers) return std::nullopt;
  InputQuantizer result;
  const Node* reader = lone_reader(graph, wiring, graph.input);
  const auto hands_on_reals = [](const Node& node) {
    return node.op == Op::identity || (node.op == Op::cast && node.integer("to", 1) == 1);
  };
  while (reader != nullptr && hands_on_reals(*reader)) {
    result.nodes.push_back(reader);
    reader = lone_reader(graph, wiring, reader->outputs[0]);
  }
  if (reader == nullptr) return std::nullopt;
  const Node& node = *reader;
  if (!is_quantizer(node.op)) return std::nullopt;
  result.uniform = uniform_of(graph, node);
  Uniform& uniform = result.uniform;
  const std::int64_t levels = uniform.levels();
  if (pixels ? levels < 7 || levels > 256 : levels > most_uniform_levels) return std::nullopt;
  if (is_output(graph, node.outputs[0])) return std::nullopt;  // the machine would have nothing to compute
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
  // The DequantizeLinear after it says what its codes mean.
  reading.rule = ReadingRule::quantize_linear;
  const std::vector<const Node*>& behind = wiring.readers_of(node.outputs[0]);
  if (behind.empty()) return std::nullopt;
  for (const Node* back : behind) {
    if (back->op != Op::dequantize_linear || is_output(graph, back->outputs[0])) return std::nullopt;
    const Uniform meaning = uniform_of(graph, *back);
    if (back != behind[0] && (meaning.scale != uniform.scale || meaning.origin != uniform.origin))
      return std::nullopt;
    uniform.scale = meaning.scale;
    uniform.origin = meaning.origin;
    result.nodes.push_back(back);
  }
  return result;
}

bool takes_integers(const Graph& graph) {
  const bool numbers = graph.input_encoding == Encoding::float32;
  return numbers ? !is_floating_type(graph.input_type) : graph.input_encoding != Encoding::uint8;
}

}  // namespace tricycle
