// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/quant_lstm.hpp"

#include "support/diagnostics.hpp"
#include "workloads/graph/shapes.hpp"

namespace tricycle {
namespace {

std::string input_name(std::size_t i) {
  static const std::vector<std::string> tensors = {"quant_input",
                                                   "quant_hidden_state",
                                                   "quant_cell_state",
                                                   "W_ii",
                                                   "W_if",
                                                   "W_ic",
                                                   "W_io",
                                                   "W_hi",
                                                   "W_hf",
                                                   "W_hc",
                                                   "W_ho",
                                                   "b_i",
                                                   "b_f",
                                                   "b_c",
                                                   "b_o"};
  static const std::vector<std::string> members = {"scale", "zero_point", "bit_width"};
  if (i < tensors.size()) return tensors[i];
  const std::size_t at = i - QuantLstm::quantizers;
  return quant_lstm_part_names()[at / members.size()] + "_" + members[at % members.size()];
}

class Reader {
 public:
  Reader(const Graph& graph, const Node& node, const std::vector<const Shape*>& inputs)
      : graph_(graph), node_(node), inputs_(inputs) {}

  QuantLstm read() {
    q_.items_first = node_.integer("batch_first", 0) != 0;
    q_.backwards = node_.integer("reverse_input", 0) != 0;
    q_.coupled = node_.integer("cifg", 0) != 0;
    const Shape& x = with_dimensions(0, 3);
    const Shape& state = with_dimensions(1, 2);
    q_.steps = x[q_.items_first ? 1 : 0];
    q_.items = x[q_.items_first ? 0 : 1];
    q_.inputs = x[2];
    q_.hidden = state[1];
    if (q_.hidden < 1)
      fail("quant_hidden_state has the shape " + shape_text(state) + ", which holds no hidden unit");
    check_shapes();
    for (std::size_t part = 0; part < QuantLstm::parts; ++part) q_.quantizer[part] = quantizer(part);
    check_work();
    return q_;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { fail_node(graph_, node_, message); }

  [[nodiscard]] const Shape& shape_of(std::size_t i) const {
    if (i >= inputs_.size() || inputs_[i] == nullptr) fail("the input " + input_name(i) + " is missing");
    return *inputs_[i];
  }
  [[nodiscard]] const Shape& with_dimensions(std::size_t i, std::size_t count) const {
    const Shape& shape = shape_of(i);
    if (shape.size() != count) {
      fail(input_name(i) + " is expected to have " + std::to_string(count) + " dimensions, not the shape " +
           shape_text(shape));
    }
    return shape;
  }

  void check_shape(std::size_t i, const Shape& expected) const {
    if (shape_of(i) == expected) return;
    fail(input_name(i) + " is expected to have the shape " + shape_text(expected) + ", not " +
         shape_text(shape_of(i)));
  }

  void check_shapes() const {
    for (const std::size_t state : {1U, 2U}) check_shape(state, {q_.items, q_.hidden});
    for (std::size_t gate = 0; gate < QuantLstm::gates; ++gate) {
      check_shape(QuantLstm::input_weights + gate, {q_.hidden, q_.inputs});
      check_shape(QuantLstm::state_weights + gate, {q_.hidden, q_.hidden});
      const std::size_t bias = QuantLstm::biases + gate;
      if (element_count(shape_of(bias)) != 1) check_shape(bias, {q_.hidden});
    }
    for (std::size_t i = QuantLstm::quantizers; i < QuantLstm::quantizers + 3 * QuantLstm::parts; ++i) {
      if (element_count(shape_of(i)) != 1)
        fail(input_name(i) + " of shape " + shape_text(shape_of(i)) + " is expected to be one number");
    }
  }

  [[nodiscard]] QuantLstm::Quantizer quantizer(std::size_t part) const {
    const std::string& name = quant_lstm_part_names()[part];
    QuantLstm::Quantizer result;
    result.is_signed = node_.integer(name + "_signed", 1) != 0;
    result.narrow = node_.integer(name + "_narrow", node_.integer(name + "_narrow_range", 0)) != 0;
    const std::string mode = node_.text(name + "_rounding_mode", "ROUND");
    if (!parse_rounding(mode, result.rounding))
      fail("the rounding mode '" + printable(mode) + "' of '" + name + "_rounding_mode' is not known");
    return result;
  }

  void check_work() const {
    for (const Shape& shape : q_.result_shapes()) check_size(graph_, node_, shape);
    const double products = static_cast<double>(q_.steps) * static_cast<double>(q_.items) *
                            static_cast<double>(QuantLstm::gates) * static_cast<double>(q_.hidden) *
                            static_cast<double>(q_.inputs + q_.hidden);
    if (products > static_cast<double>(graph_.limits.multiplications()))
      fail("more than 2^" + std::to_string(graph_.limits.log2_multiplications) + " multiplications");
  }

  const Graph& graph_;
  const Node& node_;
  const std::vector<const Shape*>& inputs_;
  QuantLstm q_;
};

}  // namespace

const std::vector<std::string>& quant_lstm_part_names() {
  static const std::vector<std::string> names = {
      "output",        "cell_state",     "input_acc", "forget_acc",     "cell_acc",         "output_acc",
      "input_sigmoid", "forget_sigmoid", "cell_tanh", "output_sigmoid", "hidden_state_tanh"};
  return names;
}

std::vector<Shape> QuantLstm::result_shapes() const {
  const Shape all = items_first ? Shape{items, steps, hidden} : Shape{steps, items, hidden};
  return {all, {items, hidden}, {items, hidden}};
}

std::size_t QuantLstm::row_at(std::size_t step, std::size_t item) const {
  return items_first ? item * static_cast<std::size_t>(steps) + step
                     : step * static_cast<std::size_t>(items) + item;
}

QuantLstm read_quant_lstm(const Graph& graph, const Node& node, const std::vector<const Shape*>& inputs) {
  return Reader(graph, node, inputs).read();
}

}  // namespace tricycle
