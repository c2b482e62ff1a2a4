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

Tensor evaluate_one(const Operands& on) {
  switch (on.node.op) {
    case Op::abs:
    case Op::add:
    case Op::cast:
    case Op::ceil:
    case Op::clip:
    case Op::div:
    case Op::equal:
    case Op::floor:
    case Op::greater:
    case Op::greater_or_equal:
    case Op::leaky_relu:
    case Op::less:
    case Op::less_or_equal:
    case Op::max:
    case Op::min:
    case Op::mul:
    case Op::neg:
    case Op::pow:
    case Op::prelu:
    case Op::relu:
    case Op::round:
    case Op::sigmoid:
    case Op::sign:
    case Op::sqrt:
    case Op::sub:
    case Op::sum:
    case Op::tanh:
    case Op::where: return evaluate_elementwise(on);
    case Op::average_pool:
    case Op::conv:
    case Op::max_pool: return evaluate_window(on);
    case Op::batch_normalization:
    case Op::global_average_pool:
    case Op::global_max_pool:
    case Op::lrn:
    case Op::reduce_mean:
    case Op::softmax: return evaluate_reduction(on);
    case Op::bipolar_quant:
    case Op::dequantize_linear:
    case Op::quant:
    case Op::quantize_linear: return evaluate_quantizer(on);
    case Op::concat:
    case Op::constant:
    case Op::constant_of_shape:
    case Op::dropout:
    case Op::expand:
    case Op::flatten:
    case Op::gather:
    case Op::identity:
    case Op::pad:
    case Op::reshape:
    case Op::shape:
    case Op::slice:
    case Op::squeeze:
    case Op::transpose:
    case Op::unsqueeze: return evaluate_movement(on);
    case Op::gemm:
    case Op::matmul: return evaluate_product(on);
    case Op::gru:
    case Op::lstm:
    case Op::quant_lstm_cell:
    case Op::rnn: break;  // have several outputs
  }
  on.fail("cannot be evaluated");
}

}  // namespace

std::vector<Tensor> evaluate(const Graph& graph, const Node& node, const std::vector<const Tensor*>& inputs) {
  const Operands on = {graph, node, inputs};
  switch (node.op) {
    case Op::gru:
    case Op::lstm:
    case Op::rnn: return evaluate_recurrence(on);
    case Op::quant_lstm_cell: return evaluate_quant_lstm(on);
    default: return {evaluate_one(on)};
  }
}

}  // namespace tricycle
