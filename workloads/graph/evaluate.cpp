// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/evaluation.hpp"

namespace tricycle {

const Tensor& Operands::in(std::size_t i) const {
  if (!has(i)) fail("input " + std::to_string(i + 1) + " is missing");
  return *inputs[i];
}

std::vector<std::int64_t> Operands::integers_of(std::size_t i) const {
  if (in(i).is_float()) fail("input " + std::to_string(i + 1) + " is expected to hold integers");
  return in(i).integers();
}

Integers Operands::integers() const {
  return [this](std::size_t i) { return integers_of(i); };
}

float Operands::single(std::size_t i) const {
  if (in(i).size() != 1) {
    fail("input " + std::to_string(i + 1) + " of shape " + shape_text(in(i).shape) +
         " is expected to be one number");
  }
  return in(i).floats()[0];
}

std::vector<const Shape*> shapes_of(const Operands& on) {
  std::vector<const Shape*> shapes;
  for (const Tensor* input : on.inputs) shapes.push_back(input == nullptr ? nullptr : &input->shape);
  return shapes;
}

std::vector<std::int64_t> broadcast_steps(const Shape& from, const Shape& to) {
  std::vector<std::int64_t> result(to.size(), 0);
  std::int64_t step = 1;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t dimension = from[from.size() - 1 - i];
    if (dimension != 1) result[to.size() - 1 - i] = step;
    step *= dimension;
  }
  return result;
}

namespace {

std::vector<Tensor> all_of(Tensor one) {
  return {std::move(one)};
}
std::vector<Tensor> all_of(std::vector<Tensor> several) {
  return several;
}

}  // namespace

std::vector<Tensor> evaluate(const Graph& graph, const Node& node, const std::vector<const Tensor*>& inputs) {
  const Operands on = {graph, node, inputs};
  switch (node.op) {
#define OPERATOR(identifier, name, domain, inputs, outputs, family, ...) \
  case Op::identifier:                                                   \
    return all_of(evaluate_##family(on));
#include "workloads/graph/operators.def"
#undef OPERATOR
  }
  on.fail("cannot be evaluated");
}

}  // namespace tricycle
