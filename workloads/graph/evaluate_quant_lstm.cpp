// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "support/exact.hpp"
#include "workloads/graph/evaluation.hpp"
#include "workloads/graph/quant_lstm.hpp"
#include "workloads/graph/row_product.hpp"

namespace tricycle {
namespace {

using Part = QuantLstm::Part;
using Gate = QuantLstm::Gate;

/// The cell of one item, as Brevitas computes it: a gate's sum is (x W' + h W') + b, and each part of the
/// cell goes through its quantizer.
class Cell {
 public:
  Cell(const Operands& on, const QuantLstm& q) : q_(q), hidden_(static_cast<std::size_t>(q.hidden)) {
    for (std::size_t part = 0; part < QuantLstm::parts; ++part) quantizers_.push_back(read(on, part));
    for (std::size_t gate = 0; gate < QuantLstm::gates; ++gate) {
      input_weights_.emplace_back(on.in(QuantLstm::input_weights + gate).floats(), hidden_);
      state_weights_.emplace_back(on.in(QuantLstm::state_weights + gate).floats(), hidden_);
      std::vector<float> bias = on.in(QuantLstm::biases + gate).floats();
      bias.resize(hidden_, bias[0]);
      biases_.push_back(std::move(bias));
      sums_.emplace_back(hidden_);
    }
    from_state_.resize(hidden_);
    h.resize(hidden_);
    c.resize(hidden_);
  }

  void step(const float* x) {
    for (std::size_t gate = 0; gate < QuantLstm::gates; ++gate) {
      std::vector<float>& sums = sums_[gate];
      input_weights_[gate].multiply(x, 0, hidden_, sums.data());
      state_weights_[gate].multiply(h.data(), 0, hidden_, from_state_.data());
      for (std::size_t j = 0; j < hidden_; ++j) sums[j] = (sums[j] + from_state_[j]) + biases_[gate][j];
    }
    for (std::size_t j = 0; j < hidden_; ++j) {
      const float input = sigmoid(Part::input_acc, Part::input_sigmoid, Gate::input, j);
      const float forget = q_.coupled ? quantized(Part::input_sigmoid, 1) - input
                                      : sigmoid(Part::forget_acc, Part::forget_sigmoid, Gate::forget, j);
      const float candidate =
          quantized(Part::cell_tanh, exact_tanh(quantized(Part::cell_acc, sum(Gate::cell, j))));
      const float output = sigmoid(Part::output_acc, Part::output_sigmoid, Gate::output, j);
      const float kept = quantized(Part::cell_state, forget * c[j]);
      const float added = quantized(Part::cell_state, input * candidate);
      c[j] = quantized(Part::cell_state, kept + added);
      h[j] = quantized(Part::output, output * quantized(Part::hidden_state_tanh, exact_tanh(c[j])));
    }
  }

 private:
  struct Quantizer {
    float scale = 1, zero = 0;
    QuantRange range;
  };

  [[nodiscard]] Quantizer read(const Operands& on, std::size_t part) const {
    const std::string& name = quant_lstm_part_names()[part];
    const std::size_t first = QuantLstm::quantizers + 3 * part;
    Quantizer quantizer;
    quantizer.scale = on.single(first);
    quantizer.zero = on.single(first + 1);
    const QuantLstm::Quantizer& said = q_.quantizer[part];
    check_scale(on, quantizer.scale, name + ": ");
    quantizer.range =
        checked_range(on, on.single(first + 2), said.is_signed, said.narrow, said.rounding, name + ": ");
    return quantizer;
  }

  [[nodiscard]] float quantized(Part part, float x) const {
    const Quantizer& by = quantizers_[static_cast<std::size_t>(part)];
    return (static_cast<float>(quantize(x, by.scale, by.zero, by.range)) - by.zero) * by.scale;
  }
  [[nodiscard]] float sum(Gate gate, std::size_t j) const { return sums_[static_cast<std::size_t>(gate)][j]; }
  [[nodiscard]] float sigmoid(Part acc, Part result, Gate gate, std::size_t j) const {
    return quantized(result, exact_sigmoid(quantized(acc, sum(gate, j))));
  }

  const QuantLstm& q_;
  std::size_t hidden_;
  std::vector<Quantizer> quantizers_;
  std::vector<RowProduct> input_weights_, state_weights_;
  std::vector<std::vector<float>> biases_, sums_;
  std::vector<float> from_state_;

 public:
  std::vector<float> h, c;  ///< the state
};

}  // namespace

std::vector<Tensor> evaluate_quant_lstm(const Operands& on) {
  const QuantLstm q = read_quant_lstm(on.graph, on.node, shapes_of(on));
  const std::vector<float> x = on.in(0).floats();
  const auto steps = static_cast<std::size_t>(q.steps), items = static_cast<std::size_t>(q.items);
  const auto inputs = static_cast<std::size_t>(q.inputs), hidden = static_cast<std::size_t>(q.hidden);
  std::vector<float> outputs(steps * items * hidden), h = on.in(1).floats(), c = on.in(2).floats();
  Cell cell(on, q);
  for (std::size_t n = 0; n < items; ++n) {
    std::copy_n(h.data() + n * hidden, hidden, cell.h.data());
    std::copy_n(c.data() + n * hidden, hidden, cell.c.data());
    for (std::size_t s = 0; s < steps; ++s) {
      const std::size_t row = q.row_at(q.backwards ? steps - 1 - s : s, n);
      cell.step(x.data() + row * inputs);
      std::copy_n(cell.h.data(), hidden, outputs.data() + row * hidden);
    }
    std::copy_n(cell.h.data(), hidden, h.data() + n * hidden);
    std::copy_n(cell.c.data(), hidden, c.data() + n * hidden);
  }
  const std::vector<Shape> shapes = q.result_shapes();
  return {{shapes[0], std::move(outputs)}, {shapes[1], std::move(h)}, {shapes[2], std::move(c)}};
}

}  // namespace tricycle
