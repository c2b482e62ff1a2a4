// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"

namespace tricycle::test {

using Attributes = std::map<std::string, Attribute>;

inline Attribute integer(std::int64_t value) {
  Attribute attribute;
  attribute.integer = value;
  return attribute;
}
inline Attribute number(float value) {
  Attribute attribute;
  attribute.number = value;
  return attribute;
}
inline Attribute list(std::vector<std::int64_t> values) {
  Attribute attribute;
  attribute.integers = std::move(values);
  return attribute;
}
inline Attribute numbers(std::vector<float> values) {
  Attribute attribute;
  attribute.numbers = std::move(values);
  return attribute;
}
inline Attribute words(std::vector<std::string> values) {
  Attribute attribute;
  attribute.texts = std::move(values);
  return attribute;
}
inline Attribute word(const std::string& value) {
  Attribute attribute;
  attribute.text = value;
  return attribute;
}

/// Evaluates the node 'n' of the file "f" to all its outputs, once for their values and once for their
/// shapes: both must agree. An input without any data is left out.
inline std::vector<Tensor> evaluate_outputs(Op op, const std::vector<Tensor>& inputs,
                                            const Attributes& attributes = {}, std::int64_t opset = 13) {
  Graph graph;
  graph.file = "f";
  graph.opset = opset;
  Node node = make_node("n", op, {}, "o");
  node.attributes = attributes;
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) {
    const bool given =
        std::visit([&](const auto& data) { return !data.empty(); }, input.data) || input.size() == 0;
    node.inputs.push_back(given ? "i" + std::to_string(pointers.size()) : "");
    if (given) graph.constants[node.inputs.back()] = input;
    pointers.push_back(given ? &input : nullptr);
  }
  std::vector<Tensor> results = evaluate(graph, node, pointers);
  std::vector<Shape> shapes;
  for (const Tensor& result : results) shapes.push_back(result.shape);
  CHECK(infer_node_shapes(graph, node, {}) == shapes);
  return results;
}

/// The first output alone.
inline Tensor evaluate_node(Op op, const std::vector<Tensor>& inputs, const Attributes& attributes = {},
                            std::int64_t opset = 13) {
  return evaluate_outputs(op, inputs, attributes, opset).at(0);
}

inline std::string fault_of_node(Op op, const std::vector<Tensor>& inputs,
                                 const Attributes& attributes = {}) {
  return message_of([&] { static_cast<void>(evaluate_node(op, inputs, attributes)); });
}

inline void check_tensor(const Tensor& result, const Shape& shape, const std::vector<float>& values) {
  CHECK(result.shape == shape);
  CHECK(std::get<std::vector<float>>(result.data) == values);
}
template <class T>
void check_tensor(const Tensor& result, const Shape& shape, const std::vector<T>& values) {
  CHECK(result.shape == shape);
  CHECK(std::get<std::vector<T>>(result.data) == values);
}

}  // namespace tricycle::test
