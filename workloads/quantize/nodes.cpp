// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/nodes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "support/diagnostics.hpp"
#include "workloads/graph/shapes.hpp"

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

bool is_max_pool(Op op) {
  return op == Op::max_pool || op == Op::global_max_pool;
}

bool hands_on(Op op) {
  return is_view(op) || is_max_pool(op);
}

bool is_quantizer(Op op) {
  return op == Op::quant || op == Op::bipolar_quant || op == Op::quantize_linear;
}

bool is_product(Op op) {
  return op == Op::conv || op == Op::gemm || op == Op::matmul;
}

std::vector<std::string> variables_of(const Graph& graph, const Node& node) {
  std::vector<std::string> names;
  for (const std::string& input : node.inputs) {
    if (input.empty() || graph.is_constant(input)) continue;
    if (std::find(names.begin(), names.end(), input) == names.end()) names.push_back(input);
  }
  return names;
}

const Tensor& parameter(const Graph& graph, const Node& node, std::size_t i) {
  if (i >= node.inputs.size() || !graph.is_constant(node.inputs[i]))
    fail_node(graph, node, fmt::format("input {} is expected to be constant", i + 1));
  const Tensor& tensor = graph.constants.at(node.inputs[i]);
  if (tensor.size() < 1) fail_node(graph, node, fmt::format("input {} is empty", i + 1));
  return tensor;
}

float single(const Graph& graph, const Node& node, std::size_t i) {
  const Tensor& tensor = parameter(graph, node, i);
  if (tensor.size() != 1) {
    fail_node(
        graph, node,
        fmt::format("input {} of shape {} is expected to be one number", i + 1, shape_text(tensor.shape)));
  }
  return tensor.floats()[0];
}

const Node* lone_reader(const Graph& graph, const Wiring& wiring, const std::string& value) {
  const std::vector<const Node*>& readers = wiring.readers_of(value);
  return readers.size() == 1 && !is_output(graph, value) ? readers[0] : nullptr;
}

bool has_quantizers(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const Node& node) { return is_quantizer(node.op); });
}

}  // namespace tricycle
