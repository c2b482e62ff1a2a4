// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "workloads/graph/evaluation.hpp"
#include "workloads/graph/recurrence.hpp"
#include "workloads/graph/row_product.hpp"

namespace tricycle {
namespace {

/// One direction: its weights, and the state of the item that runs through it. A gate's sum is
/// (x W' + W's bias) + (h R' + R's bias), then the peephole's product; the additions of a product are in the
/// order of its inputs.
class Direction {
 public:
  Direction(const Operands& on, const RecurrentNode& r, std::size_t d)
      : r_(r),
        hidden_(static_cast<std::size_t>(r.hidden)),
        rows_(r.gates() * hidden_),
        input_weights_(part(on.in(1), d, r), rows_),
        state_weights_(part(on.in(2), d, r), rows_),
        input_bias_(rows_),
        state_bias_(rows_),
        from_input_(rows_),
        from_state_(rows_),
        reset_(hidden_),
        h(hidden_),
        c(hidden_) {
    if (on.has(3)) {
      const std::vector<float> bias = part(on.in(3), d, r);
      std::copy_n(bias.begin(), rows_, input_bias_.begin());
      std::copy_n(bias.begin() + static_cast<std::ptrdiff_t>(rows_), rows_, state_bias_.begin());
    }
    if (r.op == Op::lstm && on.has(7)) peepholes_ = part(on.in(7), d, r);
    const auto first = r.activations.begin() + static_cast<std::ptrdiff_t>(d * r.functions());
    std::copy_n(first, r.functions(), functions_);
  }

  void step(const float* x) {
    input_weights_.multiply(x, 0, rows_, from_input_.data());
    for (std::size_t i = 0; i < rows_; ++i) from_input_[i] += input_bias_[i];
    if (r_.op == Op::lstm) {
      lstm();
    } else if (r_.op == Op::gru) {
      gru();
    } else {
      multiply_state(h, 0, 1);
      for (std::size_t j = 0; j < hidden_; ++j) h[j] = apply(0, gate(0, j));
    }
  }

 private:
  static std::vector<float> part(const Tensor& tensor, std::size_t d, const RecurrentNode& r) {
    const std::vector<float> all = tensor.floats();
    const std::size_t size = all.size() / r.directions();
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(d * size);
    return {first, first + static_cast<std::ptrdiff_t>(size)};
  }

  /// The products of the gates from `first` to `last` with a state.
  void multiply_state(const std::vector<float>& state, std::size_t first, std::size_t last) {
    state_weights_.multiply(state.data(), first * hidden_, last * hidden_, from_state_.data());
    for (std::size_t i = first * hidden_; i < last * hidden_; ++i) from_state_[i] += state_bias_[i];
  }

  [[nodiscard]] float gate(std::size_t g, std::size_t j) const {
    return from_input_[g * hidden_ + j] + from_state_[g * hidden_ + j];
  }
  [[nodiscard]] float peephole(float sum, std::size_t g, std::size_t j, float cell) const {
    return peepholes_.empty() ? sum : sum + peepholes_[g * hidden_ + j] * cell;
  }
  [[nodiscard]] float apply(std::size_t function, float x) const {
    return functions_[function](x > r_.clip ? r_.clip : x < -r_.clip ? -r_.clip : x);
  }

  /// Gates i o f c, functions f g h.
  void lstm() {
    multiply_state(h, 0, 4);
    for (std::size_t j = 0; j < hidden_; ++j) {
      const float i = apply(0, peephole(gate(0, j), 0, j, c[j]));
      const float f = r_.coupled ? 1 - i : apply(0, peephole(gate(2, j), 2, j, c[j]));
      c[j] = f * c[j] + i * apply(1, gate(3, j));
      const float o = apply(0, peephole(gate(1, j), 1, j, c[j]));
      h[j] = o * apply(2, c[j]);
    }
  }

  /// Gates z r h, functions f g.
  void gru() {
    const bool linear = r_.linear_before_reset;
    multiply_state(h, 0, linear ? 3 : 2);
    for (std::size_t j = 0; j < hidden_; ++j)
      reset_[j] = apply(0, gate(1, j)) * (linear ? from_state_[2 * hidden_ + j] : h[j]);
    if (linear) {
      std::copy(reset_.begin(), reset_.end(), from_state_.begin() + static_cast<std::ptrdiff_t>(2 * hidden_));
    } else {
      multiply_state(reset_, 2, 3);
    }
    for (std::size_t j = 0; j < hidden_; ++j) {
      const float z = apply(0, gate(0, j));
      h[j] = (1 - z) * apply(1, gate(2, j)) + z * h[j];
    }
  }

  const RecurrentNode& r_;
  std::size_t hidden_, rows_;
  RowProduct input_weights_, state_weights_;
  std::vector<float> input_bias_, state_bias_, peepholes_;
  Activation functions_[3];
  std::vector<float> from_input_, from_state_, reset_;

 public:
  std::vector<float> h, c;  ///< the state; only an LSTM has c
};

/// The number of steps of each item.
std::vector<std::size_t> lengths(const Operands& on, const RecurrentNode& r) {
  std::vector<std::size_t> result(static_cast<std::size_t>(r.items), static_cast<std::size_t>(r.steps));
  if (!on.has(4)) return result;
  const std::vector<std::int64_t> given = on.integers_of(4);
  for (std::size_t n = 0; n < result.size(); ++n) {
    if (given[n] < 0 || given[n] > r.steps) {
      on.fail("a sequence of " + std::to_string(given[n]) + " steps; expected 0 to " +
              std::to_string(r.steps));
    }
    result[n] = static_cast<std::size_t>(given[n]);
  }
  return result;
}

}  // namespace

std::vector<Tensor> evaluate_recurrence(const Operands& on) {
  const RecurrentNode r = read_recurrence(on.graph, on.node, shapes_of(on));
  const std::vector<std::size_t> steps_of = lengths(on, r);
  const std::vector<float> x = on.in(0).floats();
  std::vector<std::vector<float>> results;
  for (const Shape& shape : r.result_shapes())
    results.emplace_back(static_cast<std::size_t>(element_count(shape)));
  const bool lstm = r.op == Op::lstm;
  std::vector<float> start_h = on.has(5) ? on.in(5).floats() : results[1];
  std::vector<float> start_c = lstm && on.has(6) ? on.in(6).floats() : results[1];
  const auto hidden = static_cast<std::size_t>(r.hidden);
  for (std::size_t d = 0; d < r.directions(); ++d) {
    Direction direction(on, r, d);
    for (std::size_t n = 0; n < steps_of.size(); ++n) {
      const std::size_t state = r.state_at(d, n);
      std::copy_n(start_h.data() + state, hidden, direction.h.data());
      std::copy_n(start_c.data() + state, hidden, direction.c.data());
      for (std::size_t s = 0; s < steps_of[n]; ++s) {
        const std::size_t step = r.backwards[d] ? steps_of[n] - 1 - s : s;
        direction.step(x.data() + r.input_at(step, n));
        std::copy_n(direction.h.data(), hidden, results[0].data() + r.output_at(step, d, n));
      }
      std::copy_n(direction.h.data(), hidden, results[1].data() + state);
      if (lstm) std::copy_n(direction.c.data(), hidden, results[2].data() + state);
    }
  }
  std::vector<Tensor> tensors;
  const std::vector<Shape> shapes = r.result_shapes();
  for (std::size_t i = 0; i < shapes.size(); ++i) tensors.push_back({shapes[i], std::move(results[i])});
  return tensors;
}

}  // namespace tricycle
