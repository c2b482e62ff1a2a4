// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>

#include "workloads/graph/graph.hpp"
#include "workloads/graph/quant.hpp"

namespace tricycle {

/// The parameters of a node `onnx.brevitas::QuantLSTMCell`: one direction of Brevitas' QuantLSTM with its
/// quantizers.
///
/// With T time steps, N items, I inputs and H hidden units:
///
///   input
///    0       quant_input                       [T, N, I]; [N, T, I] with batch_first
///    1, 2    quant_hidden_state, quant_cell_state           [N, H]
///    3 - 6   W_ii, W_if, W_ic, W_io                         [H, I]
///    7 - 10  W_hi, W_hf, W_hc, W_ho                         [H, H]
///   11 - 14  b_i, b_f, b_c, b_o                             [H] or one number
///   15 - 47  scale, zero point and bit width, one number each, of the quantizers in the order of Part
///
/// Results: the hidden state of every time step, [T, N, H] or [N, T, H], and the last hidden and cell states,
/// [N, H]. With reverse_input the steps run from the last to the first; each result stays at its own step.
struct QuantLstm {
  enum class Gate : std::uint8_t { input, forget, cell, output };
  enum class Part : std::uint8_t {
    output,
    cell_state,
    input_acc,
    forget_acc,
    cell_acc,
    output_acc,
    input_sigmoid,
    forget_sigmoid,
    cell_tanh,
    output_sigmoid,
    hidden_state_tanh
  };
  static constexpr std::size_t gates = 4, parts = 11;
  /// The index of the first input of each kind: weights of the input, weights of the state, biases,
  /// quantizers.
  static constexpr std::size_t input_weights = 3, state_weights = 7, biases = 11, quantizers = 15;

  /// The attributes of a quantizer. Brevitas calls one of them `output_sigmoid_narrow_range`; this name and
  /// `output_sigmoid_narrow` are both read.
  struct Quantizer {
    bool is_signed = true, narrow = false;
    Rounding rounding = Rounding::round;
  };

  std::int64_t steps = 0, items = 0, inputs = 0, hidden = 0;
  bool items_first = false;  ///< batch_first
  bool backwards = false;    ///< reverse_input
  bool coupled = false;      ///< cifg: forget = 1 - input
  std::array<Quantizer, parts> quantizer;

  /// The shapes of the three results.
  [[nodiscard]] std::vector<Shape> result_shapes() const;
  /// The row at which the values of an item at a time step begin: the offset in the input divided by I, and
  /// the offset in the result divided by H.
  [[nodiscard]] std::size_t row_at(std::size_t step, std::size_t item) const;
};

/// The names of the parts, which are the prefixes of Brevitas' attributes: `output`, `cell_state`, ...
[[nodiscard]] const std::vector<std::string>& quant_lstm_part_names();

/// Reads a node QuantLSTMCell, given the shapes of its inputs (null where left out). Throws InputError with
/// the node's name: a missing input, a shape that does not fit, an unknown rounding mode, results of more
/// than 2^27 elements, more than 2^38 multiplications.
[[nodiscard]] QuantLstm read_quant_lstm(const Graph& graph, const Node& node,
                                        const std::vector<const Shape*>& inputs);

}  // namespace tricycle
