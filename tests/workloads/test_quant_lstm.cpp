// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/nodes.hpp"
#include "workloads/graph/quant_lstm.hpp"

namespace {

using tricycle::Op;
using tricycle::quant_lstm_part_names;
using tricycle::QuantLstm;
using tricycle::Shape;
using tricycle::Tensor;
using tricycle::test::Attributes;
using tricycle::test::check_tensor;
using tricycle::test::evaluate_outputs;
using tricycle::test::fault_of_node;
using tricycle::test::floats;
using tricycle::test::integer;
using tricycle::test::scalar;
using tricycle::test::word;

using Floats = std::vector<float>;

/// The place of a quantizer's scale; behind it lie its zero point and its bit width.
std::size_t scale_of(QuantLstm::Part part) {
  return QuantLstm::quantizers + 3 * static_cast<std::size_t>(part);
}

/// One hidden unit of one input: sums in steps of 1/2, sigmoids in 1/256, tangents in 1/128, cells in 1/16
/// and outputs in 1/64, each of 8 bits.
std::vector<Tensor> one_unit(const Floats& x = {1}) {
  std::vector<Tensor> inputs = {floats({static_cast<std::int64_t>(x.size()), 1, 1}, x),
                                floats({1, 1}, {0.5F}), floats({1, 1}, {1})};
  for (const float weight : {1.0F, 0.0F, 0.5F, -1.0F, 2.0F, 0.0F, 1.0F, 0.0F})
    inputs.push_back(floats({1, 1}, {weight}));
  for (const float bias : {0.1F, 0.0F, 0.0F, 1.3F}) inputs.push_back(floats({1}, {bias}));
  for (const std::string& part : quant_lstm_part_names()) {
    const float steps = part == "output"         ? 64
                        : part == "cell_state"   ? 16
                        : part.ends_with("acc")  ? 2
                        : part.ends_with("tanh") ? 128
                                                 : 256;
    for (const float value : {1 / steps, 0.0F, 8.0F}) inputs.push_back(scalar(value));
  }
  return inputs;
}

Attributes unsigned_sigmoids(Attributes more = {}) {
  for (const char* gate : {"input", "forget", "output"})
    more[std::string(gate) + "_sigmoid_signed"] = integer(0);
  return more;
}

Floats values(const std::vector<Tensor>& inputs, const Attributes& attributes, std::size_t output) {
  return evaluate_outputs(Op::quant_lstm_cell, inputs, attributes)[output].floats();
}

}  // namespace

TEST_CASE("one step of a quantized cell comes out at 19/16 and 33/64, as by hand") {
  // i: 1 + 1 + 0.1 is 2 in halves, and its sigmoid 0.8808 is 225/256. f: 0 and 128/256. Candidate: 0.5 + 0.5
  // and 97/128. o: -1 + 1.3 is 0.5, and 159/256. Kept: 0.5 is 8/16; added: 0.6660 is 11/16. The tangent of
  // 19/16 is 106/128; 0.62109375 * 0.828125 * 64 = 32.9.
  const auto results = evaluate_outputs(Op::quant_lstm_cell, one_unit(), unsigned_sigmoids());
  REQUIRE(results.size() == 3);
  check_tensor(results[0], {1, 1, 1}, Floats{33 / 64.0F});
  check_tensor(results[1], {1, 1}, Floats{33 / 64.0F});
  check_tensor(results[2], {1, 1}, Floats{19 / 16.0F});
}

TEST_CASE("a coupled forget gate is the largest input gate less the input gate: 255/256 - 225/256") {
  // Kept: 30/256 is 2/16; the tangent of 13/16 is 86/128; 0.62109375 * 0.671875 * 64 = 26.7.
  const auto results =
      evaluate_outputs(Op::quant_lstm_cell, one_unit(), unsigned_sigmoids({{"cifg", integer(1)}}));
  CHECK(results[1].floats() == Floats{27 / 64.0F});
  CHECK(results[2].floats() == Floats{13 / 16.0F});
}

TEST_CASE("each quantizer has its own range and rounding, and one of them another name for its range") {
  CHECK(values(one_unit(), unsigned_sigmoids({{"output_rounding_mode", word("floor")}}), 1) ==
        Floats{32 / 64.0F});
  CHECK(values(one_unit(), unsigned_sigmoids({{"output_signed", integer(0)}}), 1) == Floats{33 / 64.0F});
  // An open output gate of two bits: 3/4, or narrow 2/4; 0.828125 * 48 = 39.75, * 32 = 26.5.
  std::vector<Tensor> open = one_unit();
  open[QuantLstm::biases + 3] = scalar(20);
  open[scale_of(QuantLstm::Part::output_sigmoid)] = scalar(0.25F);
  open[scale_of(QuantLstm::Part::output_sigmoid) + 2] = scalar(2);
  CHECK(values(open, unsigned_sigmoids(), 1) == Floats{40 / 64.0F});
  for (const char* name : {"output_sigmoid_narrow", "output_sigmoid_narrow_range"})
    CHECK(values(open, unsigned_sigmoids({{name, integer(1)}}), 1) == Floats{26 / 64.0F});
  // A zero point of 8 moves a cell of 4 bits from -8 .. 7 to -16 .. -1 sixteenths: 8/16 and 11/16 become
  // -1/16 each, and their sum is -2/16.
  std::vector<Tensor> moved = one_unit();
  moved[scale_of(QuantLstm::Part::cell_state) + 1] = scalar(8);
  moved[scale_of(QuantLstm::Part::cell_state) + 2] = scalar(4);
  CHECK(values(moved, unsigned_sigmoids(), 2) == Floats{-2 / 16.0F});
}

TEST_CASE("three steps carry the state, backwards from the last, and with the items in front") {
  const Floats x = {1, -2, 0.5F};
  std::vector<Tensor> inputs = one_unit(x);
  const auto forwards = evaluate_outputs(Op::quant_lstm_cell, inputs, unsigned_sigmoids());
  CHECK(forwards[0].shape == Shape{3, 1, 1});
  // Step by step.
  std::vector<Tensor> single = one_unit();
  for (std::size_t t = 0; t < 3; ++t) {
    single[0] = floats({1, 1, 1}, {x[t]});
    const auto step = evaluate_outputs(Op::quant_lstm_cell, single, unsigned_sigmoids());
    CHECK(step[0].floats()[0] == forwards[0].floats()[t]);
    single[1] = step[1];
    single[2] = step[2];
  }
  CHECK(single[1].floats() == forwards[1].floats());
  CHECK(single[2].floats() == forwards[2].floats());
  const Floats y = forwards[0].floats();
  inputs[0] = floats({3, 1, 1}, {x[2], x[1], x[0]});
  const auto backwards =
      evaluate_outputs(Op::quant_lstm_cell, inputs, unsigned_sigmoids({{"reverse_input", integer(1)}}));
  CHECK(backwards[0].floats() == Floats{y[2], y[1], y[0]});
  CHECK(backwards[2].floats() == forwards[2].floats());
  // Two items of three steps, the second one backwards in time.
  inputs[0] = floats({2, 3, 1}, {x[0], x[1], x[2], x[2], x[1], x[0]});
  inputs[1] = floats({2, 1}, {0.5F, 0.5F});
  inputs[2] = floats({2, 1}, {1, 1});
  const auto items =
      evaluate_outputs(Op::quant_lstm_cell, inputs, unsigned_sigmoids({{"batch_first", integer(1)}}));
  CHECK(items[0].shape == Shape{2, 3, 1});
  const Floats both = items[0].floats();
  CHECK(Floats(both.begin(), both.begin() + 3) == y);
  CHECK(items[2].floats()[0] == forwards[2].floats()[0]);
}

TEST_CASE("what a quantized cell may not be given is refused by the name of the input") {
  const auto fault = [](std::size_t i, const Tensor& bad, const Attributes& attributes = {}) {
    std::vector<Tensor> inputs = one_unit();
    inputs[i] = bad;
    return fault_of_node(Op::quant_lstm_cell, inputs, attributes);
  };
  const std::string start = "f: node 'n': error: QuantLSTMCell: ";
  CHECK(fault(0, floats({1, 1}, {1})) ==
        start + "quant_input is expected to have 3 dimensions, not the shape [1, 1]");
  CHECK(fault(1, floats({1, 1, 1}, {1})) ==
        start + "quant_hidden_state is expected to have 2 dimensions, not the shape [1, 1, 1]");
  CHECK(fault(1, floats({1, 0}, {})) ==
        start + "quant_hidden_state has the shape [1, 0], which holds no hidden unit");
  CHECK(fault(1, floats({2, 1}, {1, 1})) ==
        start + "quant_hidden_state is expected to have the shape [1, 1], not [2, 1]");
  CHECK(fault(2, floats({1, 2}, {1, 1})) ==
        start + "quant_cell_state is expected to have the shape [1, 1], not [1, 2]");
  CHECK(fault(4, floats({2, 1}, {1, 1})) == start + "W_if is expected to have the shape [1, 1], not [2, 1]");
  CHECK(fault(10, floats({1, 2}, {1, 1})) == start + "W_ho is expected to have the shape [1, 1], not [1, 2]");
  CHECK(fault(13, floats({2}, {1, 1})) == start + "b_c is expected to have the shape [1], not [2]");
  CHECK(fault(14, {}) == start + "the input b_o is missing");
  CHECK(fault(15, floats({2}, {1, 1})) == start + "output_scale of shape [2] is expected to be one number");
  CHECK(fault(47, {}) == start + "the input hidden_state_tanh_bit_width is missing");
  CHECK(fault(18, scalar(0)) == start + "cell_state: a scale of 0.000000");
  CHECK(fault(20, scalar(33)) == start + "cell_state: a bit width of 33.000000");
  CHECK(fault(20, scalar(1), {{"cell_state_narrow", integer(1)}}) ==
        start + "cell_state: one signed narrow bit holds only zero");
  CHECK(fault(0, one_unit()[0], {{"cell_tanh_rounding_mode", word("NEAREST")}}) ==
        start + "the rounding mode 'NEAREST' of 'cell_tanh_rounding_mode' is not known");
  CHECK(fault(0, floats({0, 1, 1}, {})).empty());
}
