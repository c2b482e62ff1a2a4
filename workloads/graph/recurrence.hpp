// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"

namespace tricycle {

/// The activation functions of ONNX's recurrent operators, by their ONNX names.
enum class Activate : std::uint8_t {
  affine,            ///< alpha * x + beta
  elu,               ///< x; below 0: alpha * (e^x - 1)
  hard_sigmoid,      ///< alpha * x + beta, clamped to [0, 1]
  leaky_relu,        ///< x; below 0: alpha * x
  relu,              ///< x; below 0: 0
  scaled_tanh,       ///< alpha * tanh(beta * x)
  sigmoid,           ///< 1 / (1 + e^-x)
  softplus,          ///< log(1 + e^x)
  softsign,          ///< x / (1 + |x|)
  tanh,              ///< the hyperbolic tangent
  thresholded_relu,  ///< x; below alpha: 0
};

struct Activation {
  Activate function = Activate::tanh;
  float alpha = 0, beta = 0;
  float slope = 1;  ///< sigmoid and tanh apply to x * slope (the attribute `slope`, not in ONNX)
  [[nodiscard]] float operator()(float x) const;
};

/// The parameters of a node LSTM, GRU or RNN. They are read from its attributes and checked against the
/// shapes of its inputs.
///
/// With T time steps, N items, I inputs, H hidden units and D directions:
///
///   input              LSTM         GRU          RNN
///   0  X               [T, N, I]; [N, T, I] in layout 1
///   1  W               [D, 4H, I]   [D, 3H, I]   [D, H, I]
///   2  R               [D, 4H, H]   [D, 3H, H]   [D, H, H]
///   3  B               [D, 8H]      [D, 6H]      [D, 2H]     W's biases, then R's
///   4  sequence_lens   [N], integers
///   5  initial_h       [D, N, H]; [N, D, H] in layout 1
///   6  initial_c       as initial_h
///   7  P               [D, 3H]: the gates i, o, f
///      gates           i o f c      z r h        h
///      functions       f g h        f g          f           for each direction
///
/// Results: Y [T, D, N, H] ([N, T, D, H] in layout 1), then Y_h and, of an LSTM, Y_c, both as initial_h. A
/// direction that runs backwards leaves its results at the steps that they belong to.
struct RecurrentNode {
  Op op = Op::lstm;
  std::int64_t steps = 0, items = 0, inputs = 0, hidden = 0;
  std::vector<bool> backwards;          ///< for each direction
  std::vector<Activation> activations;  ///< the functions of the first direction, then of the second
  float clip = std::numeric_limits<float>::infinity();  ///< bounds the arguments of the functions
  bool coupled = false;                                 ///< LSTM's input_forget: f = 1 - i
  bool linear_before_reset = false;  ///< GRU: r scales the product with R_h, else the state before it
  bool items_first = false;          ///< layout 1

  [[nodiscard]] std::size_t directions() const { return backwards.size(); }
  [[nodiscard]] std::size_t gates() const { return op == Op::lstm ? 4 : op == Op::gru ? 3 : 1; }
  /// How many functions each direction has.
  [[nodiscard]] std::size_t functions() const { return op == Op::lstm ? 3 : op == Op::gru ? 2 : 1; }

  [[nodiscard]] Shape state_shape() const;
  /// The shapes of Y, Y_h and, of an LSTM, Y_c.
  [[nodiscard]] std::vector<Shape> result_shapes() const;

  /// The offset at which the values of an item at a time step begin: in X, for a direction in Y, and in the
  /// states.
  [[nodiscard]] std::size_t input_at(std::size_t step, std::size_t item) const;
  [[nodiscard]] std::size_t output_at(std::size_t step, std::size_t direction, std::size_t item) const;
  [[nodiscard]] std::size_t state_at(std::size_t direction, std::size_t item) const;
};

/// Reads a node LSTM, GRU or RNN, given the shapes of its inputs (null where left out). Throws InputError
/// with the node's name: an input that is missing or has the wrong shape, an unknown direction or activation,
/// a wrong number of activations or of their parameters, a layout other than 0 and 1, a clip that is not
/// positive, results of more than 2^27 elements, more than 2^38 multiplications.
[[nodiscard]] RecurrentNode read_recurrence(const Graph& graph, const Node& node,
                                            const std::vector<const Shape*>& inputs);

}  // namespace tricycle
