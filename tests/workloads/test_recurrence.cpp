// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "support/exact.hpp"
#include "support/random.hpp"
#include "tests/workloads/nodes.hpp"
#include "workloads/graph/recurrence.hpp"

namespace {

using tricycle::Graph;
using tricycle::Op;
using tricycle::Random;
using tricycle::Shape;
using tricycle::Tensor;
using tricycle::test::Attributes;
using tricycle::test::check_tensor;
using tricycle::test::evaluate_node;
using tricycle::test::evaluate_outputs;
using tricycle::test::fault_of_node;
using tricycle::test::floats;
using tricycle::test::integer;
using tricycle::test::integers;
using tricycle::test::make_node;
using tricycle::test::number;
using tricycle::test::numbers;
using tricycle::test::word;
using tricycle::test::words;

using Floats = std::vector<float>;
const Tensor none = {};

/// `count` functions that give back what they get, so that small integers can be followed by hand.
Attributes plain(std::size_t count, Attributes more = {}) {
  more["activations"] = words(std::vector<std::string>(count, "Affine"));
  return more;
}

Tensor random_tensor(Random& random, Shape shape) {
  Floats values(static_cast<std::size_t>(tricycle::element_count(shape)));
  for (float& value : values) value = static_cast<float>(random.real() * 2 - 1);
  return floats(std::move(shape), std::move(values));
}

/// Inputs of a node with 3 items of 5 steps, 4 inputs and 2 hidden units, in layout 0.
struct Case {
  Op op = Op::lstm;
  std::int64_t gates = 4;
  std::vector<Tensor> inputs(Random& random, std::int64_t directions) const {
    std::vector<Tensor> all = {random_tensor(random, {5, 3, 4}),
                               random_tensor(random, {directions, 2 * gates, 4}),
                               random_tensor(random, {directions, 2 * gates, 2}),
                               random_tensor(random, {directions, 4 * gates}),
                               none,
                               random_tensor(random, {directions, 3, 2})};
    if (op == Op::lstm) {
      all.push_back(random_tensor(random, {directions, 3, 2}));
      all.push_back(random_tensor(random, {directions, 6}));
    }
    return all;
  }
};
const std::vector<Case> cases = {{Op::lstm, 4}, {Op::gru, 3}, {Op::rnn, 1}};

/// The tensor with the first two dimensions exchanged, or the second and third.
Tensor exchanged(const Tensor& tensor, std::int64_t first) {
  std::vector<std::int64_t> perm(tensor.shape.size());
  for (std::size_t i = 0; i < perm.size(); ++i) perm[i] = static_cast<std::int64_t>(i);
  std::swap(perm[static_cast<std::size_t>(first)], perm[static_cast<std::size_t>(first) + 1]);
  return evaluate_node(Op::transpose, {tensor}, {{"perm", tricycle::test::list(perm)}});
}

/// `count` indices of an axis from `from` on; backwards with a step of -1.
Tensor cut(const Tensor& tensor, std::int64_t axis, std::int64_t from, std::int64_t to,
           std::int64_t step = 1) {
  const auto one = [](std::int64_t value) { return integers({1}, {value}); };
  return evaluate_node(Op::slice, {tensor, one(from), one(to), one(axis), one(step)});
}
Tensor reversed(const Tensor& tensor) {
  return cut(tensor, 0, -1, INT64_MIN, -1);
}

}  // namespace

TEST_CASE("one step of an LSTM has gates in the order i o f c: 3, 1, 6 and 5 make a cell of 27") {
  const Tensor x = floats({1, 1, 1}, {1}), w = floats({1, 4, 1}, {1, 2, 3, 4}),
               r = floats({1, 4, 1}, {1, -1, 2, 1});
  const Tensor b = floats({1, 8}, {1, 0, 0, 0, 0, 0, 1, 0});
  const Tensor h = floats({1, 1, 1}, {1}), c = floats({1, 1, 1}, {2});
  // i = 1 + 1 + 1, o = 2 - 1, f = 3 + 2 + 1, g = 4 + 1: c = 6 * 2 + 3 * 5 and h = 1 * 27.
  const auto plainly = evaluate_outputs(Op::lstm, {x, w, r, b, none, h, c}, plain(3));
  REQUIRE(plainly.size() == 3);
  check_tensor(plainly[0], {1, 1, 1, 1}, Floats{27});
  check_tensor(plainly[1], {1, 1, 1}, Floats{27});
  check_tensor(plainly[2], {1, 1, 1}, Floats{27});
  // Peepholes 1 of i, -1 of o and 2 of f: i = 3 + 2, f = 6 + 4, c = 10 * 2 + 5 * 5 = 45, o = 1 - 45.
  const Tensor p = floats({1, 3}, {1, -1, 2});
  const auto peeping = evaluate_outputs(Op::lstm, {x, w, r, b, none, h, c, p}, plain(3));
  CHECK(peeping[1].floats() == Floats{-44 * 45});
  CHECK(peeping[2].floats() == Floats{45});
  // f = 1 - 3: c = -2 * 2 + 3 * 5.
  const auto coupled =
      evaluate_outputs(Op::lstm, {x, w, r, b, none, h, c}, plain(3, {{"input_forget", integer(1)}}));
  CHECK(coupled[2].floats() == Floats{11});
  // Clipped at 2: i = 2, o = 1, f = 2, g = 2, c = 2 * 2 + 2 * 2, and its function gets 2 of the 8.
  const auto clipped = evaluate_outputs(Op::lstm, {x, w, r, b, none, h, c}, plain(3, {{"clip", number(2)}}));
  CHECK(clipped[1].floats() == Floats{2});
  CHECK(clipped[2].floats() == Floats{8});
  // Without biases and states: i = 1, o = 2, g = 4.
  CHECK(evaluate_node(Op::lstm, {x, w, r}, plain(3)).floats() == Floats{8});
}

TEST_CASE("one step of a GRU resets before its product to -61, or behind it to -88") {
  const Tensor x = floats({1, 1, 1}, {1}), w = floats({1, 3, 1}, {1, 2, 3}), r = floats({1, 3, 1}, {1, 1, 2});
  const Tensor b = floats({1, 6}, {0, 0, 1, 1, 0, 3}), h = floats({1, 1, 1}, {2});
  // z = 1 + 2 + 1 = 4, r = 2 + 2 = 4; 3 + 1 + (8 * 2 + 3) = 23: (1 - 4) * 23 + 4 * 2.
  const auto before = evaluate_outputs(Op::gru, {x, w, r, b, none, h}, plain(2));
  REQUIRE(before.size() == 2);
  check_tensor(before[0], {1, 1, 1, 1}, Floats{-61});
  check_tensor(before[1], {1, 1, 1}, Floats{-61});
  // 3 + 1 + 4 * (2 * 2 + 3) = 32: (1 - 4) * 32 + 4 * 2.
  const Attributes linear = plain(2, {{"linear_before_reset", integer(1)}});
  CHECK(evaluate_node(Op::gru, {x, w, r, b, none, h}, linear).floats() == Floats{-88});
}

TEST_CASE("an RNN adds its four products and biases: 2, 1, 6 and 1 are 10") {
  const auto y = evaluate_outputs(Op::rnn,
                                  {floats({1, 1, 1}, {1}), floats({1, 1, 1}, {2}), floats({1, 1, 1}, {3}),
                                   floats({1, 2}, {1, 1}), none, floats({1, 1, 1}, {2})},
                                  plain(1));
  REQUIRE(y.size() == 2);
  CHECK(y[0].floats() == Floats{10});
  CHECK(y[1].floats() == Floats{10});
}

TEST_CASE("a sloping factor of 0.5 makes an RNN's tanh(0.25) the tanh of 0.5") {
  const auto run = [](const Attributes& further) {
    const Tensor x = floats({1, 1, 1}, {0.25F}), w = floats({1, 1, 1}, {1}), r = floats({1, 1, 1}, {0});
    Attributes attributes = further;
    attributes["hidden_size"] = integer(1);
    return evaluate_node(Op::rnn, {x, w, r}, attributes).floats()[0];
  };
  CHECK(run({}) == tricycle::exact_tanh(0.25F));
  CHECK(run({{"slope", number(2)}}) == tricycle::exact_tanh(0.5F));
}

TEST_CASE("each of ONNX's 11 activations is known, in any case, with its parameters or their defaults") {
  const auto apply = [](const std::string& name, const Floats& x, Attributes attributes = {}) {
    attributes["activations"] = words({name});
    const Tensor input = floats({static_cast<std::int64_t>(x.size()), 1, 1}, x);
    return evaluate_node(Op::rnn, {input, floats({1, 1, 1}, {1}), floats({1, 1, 1}, {0})}, attributes)
        .floats();
  };
  const Attributes half = {{"activation_alpha", numbers({0.5F})}};
  const Attributes both = {{"activation_alpha", numbers({0.5F})}, {"activation_beta", numbers({2})}};
  CHECK(apply("Affine", {-1, 3}) == Floats{-1, 3});
  CHECK(apply("affine", {-1, 3}, both) == Floats{1.5F, 3.5F});
  CHECK(apply("Elu", {-1, 3}, half) == Floats{-0.31606027F, 3});
  CHECK(apply("HARDSIGMOID", {-3, 0, 1, 9}) == Floats{0, 0.5F, 0.7F, 1});
  CHECK(apply("LeakyRelu", {-100, 3}) == Floats{-1, 3});
  CHECK(apply("relu", {-100, 3}) == Floats{0, 3});
  CHECK(apply("ScaledTanh", {0.25F}, both) == Floats{0.5F * 0.46211717F});
  CHECK(apply("Sigmoid", {0}) == Floats{0.5F});
  CHECK(apply("Softplus", {-200, 0, 40}) == Floats{0, 0.6931472F, 40});
  CHECK(apply("Softsign", {-1, 3}) == Floats{-0.5F, 0.75F});
  CHECK(apply("Tanh", {0.5F}) == Floats{0.46211717F});
  CHECK(apply("ThresholdedRelu", {0.5F, 1, 3}) == Floats{0, 1, 3});
  CHECK(apply("ThresholdedRelu", {0.25F, 0.5F}, half) == Floats{0, 0.5F});
}

TEST_CASE("parameters of activations go to those that take one, in their order") {
  // f = 0.5 x, g = 1 x; LeakyRelu has no beta. i = o = f = 0.5 * 2, g = -0.25 * -4 behind the second alpha.
  const Attributes attributes = {{"activations", words({"HardSigmoid", "LeakyRelu", "Relu"})},
                                 {"activation_alpha", numbers({0.5F, -0.25F})},
                                 {"activation_beta", numbers({-0.25F})}};
  const Tensor w = floats({1, 4, 1}, {1, 2, 1, -4});
  const auto y =
      evaluate_outputs(Op::lstm, {floats({1, 1, 1}, {1}), w, floats({1, 4, 1}, {0, 0, 0, 0})}, attributes);
  // i = 0.5 - 0.25, o = 1 - 0.25, g = 1: c = 0.25, h = 0.1875.
  CHECK(y[2].floats() == Floats{0.25F});
  CHECK(y[1].floats() == Floats{0.1875F});
}

TEST_CASE("a reverse recurrence is a forward one on the reversed sequence, for 3 operators") {
  Random random(1);
  for (const Case& one : cases) {
    std::vector<Tensor> inputs = one.inputs(random, 1);
    const auto backwards = evaluate_outputs(one.op, inputs, {{"direction", word("reverse")}});
    inputs[0] = reversed(inputs[0]);
    const auto forwards = evaluate_outputs(one.op, inputs);
    CHECK(backwards[0].floats() == reversed(forwards[0]).floats());
    CHECK(backwards[1].floats() == forwards[1].floats());
  }
}

TEST_CASE("a bidirectional recurrence is a forward one beside a reverse one, for 3 operators") {
  Random random(2);
  for (const Case& one : cases) {
    const std::vector<Tensor> inputs = one.inputs(random, 2);
    const auto both = evaluate_outputs(one.op, inputs, {{"direction", word("bidirectional")}});
    for (std::int64_t d = 0; d < 2; ++d) {
      std::vector<Tensor> half = inputs;
      for (std::size_t i = 1; i < half.size(); ++i) {
        if (i != 4) half[i] = cut(inputs[i], 0, d, d + 1);
      }
      const auto alone =
          evaluate_outputs(one.op, half, {{"direction", word(d == 0 ? "forward" : "reverse")}});
      CHECK(cut(both[0], 1, d, d + 1).floats() == alone[0].floats());
      for (std::size_t i = 1; i < both.size(); ++i)
        CHECK(cut(both[i], 0, d, d + 1).floats() == alone[i].floats());
    }
  }
}

TEST_CASE("layout 1 has the items first and the same numbers, for 3 operators") {
  Random random(3);
  for (const Case& one : cases) {
    std::vector<Tensor> inputs = one.inputs(random, 2);
    Attributes attributes = {{"direction", word("bidirectional")}};
    const auto steps_first = evaluate_outputs(one.op, inputs, attributes);
    for (const std::size_t i : {0U, 5U, 6U}) {
      if (i < inputs.size()) inputs[i] = exchanged(inputs[i], 0);
    }
    attributes["layout"] = integer(1);
    const auto items_first = evaluate_outputs(one.op, inputs, attributes);
    CHECK(items_first[0].shape == Shape{3, 5, 2, 2});
    // [T, D, N, H] to [N, T, D, H].
    CHECK(exchanged(exchanged(steps_first[0], 1), 0).floats() == items_first[0].floats());
    for (std::size_t i = 1; i < items_first.size(); ++i)
      CHECK(exchanged(steps_first[i], 0).floats() == items_first[i].floats());
  }
}

TEST_CASE("sequences of 2, 5 and 0 steps end where they end, and zeros follow") {
  Random random(4);
  for (const Case& one : cases) {
    for (const char* direction : {"forward", "reverse"}) {
      std::vector<Tensor> inputs = one.inputs(random, 1);
      inputs[4] = integers({3}, {2, 5, 0});
      const Attributes attributes = {{"direction", word(direction)}};
      const auto all = evaluate_outputs(one.op, inputs, attributes);
      // The first item alone, over two steps.
      std::vector<Tensor> first = inputs;
      first[0] = cut(cut(inputs[0], 1, 0, 1), 0, 0, 2);
      first[4] = none;
      for (const std::size_t i : {5U, 6U}) {
        if (i < first.size()) first[i] = cut(inputs[i], 1, 0, 1);
      }
      const auto alone = evaluate_outputs(one.op, first, attributes);
      const Tensor mine = cut(all[0], 2, 0, 1);
      CHECK(cut(mine, 0, 0, 2).floats() == alone[0].floats());
      CHECK(cut(mine, 0, 2, 5).floats() == Floats(6, 0));
      for (std::size_t i = 1; i < all.size(); ++i) CHECK(cut(all[i], 1, 0, 1).floats() == alone[i].floats());
      // The third item keeps its state.
      CHECK(cut(all[1], 1, 2, 3).floats() == cut(inputs[5], 1, 2, 3).floats());
    }
  }
}

TEST_CASE("an LSTM cell written out in 18 nodes gives the same bits") {
  Random random(5);
  constexpr std::int64_t in = 7, h = 6;
  Graph graph;
  graph.file = "f";
  graph.opset = 13;
  graph.input = "x";
  graph.input_shape = {1, in};
  graph.further_inputs = {{"h", {1, h}}, {"c", {1, h}}};
  graph.constants["w"] = random_tensor(random, {1, 4 * h, in});
  graph.constants["r"] = random_tensor(random, {1, 4 * h, h});
  graph.constants["b"] = random_tensor(random, {1, 8 * h});
  graph.constants["zero"] = integers({1}, {0});
  graph.constants["one"] = integers({1}, {1});
  const auto turned = [&](const Tensor& weights) {
    return exchanged(evaluate_node(Op::squeeze, {weights, integers({1}, {0})}), 0);
  };
  graph.constants["wt"] = turned(graph.constants["w"]);
  graph.constants["rt"] = turned(graph.constants["r"]);
  graph.constants["wb"] = cut(graph.constants["b"], 1, 0, 4 * h);
  graph.constants["rb"] = cut(graph.constants["b"], 1, 4 * h, 8 * h);
  const auto add = [&](Op op, const std::vector<std::string>& inputs, const std::string& output) {
    graph.nodes.push_back(make_node(output, op, inputs, output));
  };
  add(Op::matmul, {"x", "wt"}, "xw");
  add(Op::add, {"xw", "wb"}, "from_x");
  add(Op::matmul, {"h", "rt"}, "hr");
  add(Op::add, {"hr", "rb"}, "from_h");
  add(Op::add, {"from_x", "from_h"}, "gates");
  const std::string names[] = {"i", "o", "f", "g"};
  for (std::int64_t g = 0; g < 4; ++g) {
    const std::string gate = names[g];
    graph.constants[gate + ".from"] = integers({1}, {g * h});
    graph.constants[gate + ".to"] = integers({1}, {(g + 1) * h});
    add(Op::slice, {"gates", gate + ".from", gate + ".to", "one"}, gate + ".sum");
    add(gate == "g" ? Op::tanh : Op::sigmoid, {gate + ".sum"}, gate);
  }
  add(Op::mul, {"f", "c"}, "kept");
  add(Op::mul, {"i", "g"}, "added");
  add(Op::add, {"kept", "added"}, "c2");
  add(Op::tanh, {"c2"}, "bounded");
  add(Op::mul, {"o", "bounded"}, "h2");
  graph.output = "h2";
  graph.further_outputs = {{"c2"}};
  sort_nodes(graph);
  for (int i = 0; i < 50; ++i) {
    const Tensor x = random_tensor(random, {1, 1, in}), state = random_tensor(random, {1, 1, h}),
                 cell = random_tensor(random, {1, 1, h});
    const auto whole = evaluate_outputs(
        Op::lstm, {x, graph.constants["w"], graph.constants["r"], graph.constants["b"], none, state, cell});
    const auto row = [](const Tensor& t) { return floats({1, t.shape[2]}, t.floats()); };
    const auto written = run_float(graph, {row(x), row(state), row(cell)});
    CHECK(written[0].floats() == whole[1].floats());
    CHECK(written[1].floats() == whole[2].floats());
  }
}

TEST_CASE("every input of a recurrence has one shape") {
  Random random(6);
  const Case lstm = cases[0];
  const std::vector<Tensor> good = lstm.inputs(random, 1);
  const auto fault = [&](std::size_t i, const Tensor& bad, Op op = Op::lstm) {
    std::vector<Tensor> inputs = good;
    inputs[i] = bad;
    return fault_of_node(op, inputs);
  };
  const auto zeros = [](const Shape& shape) {
    return floats(shape, Floats(static_cast<std::size_t>(tricycle::element_count(shape)), 0));
  };
  const std::string start = "f: node 'n': error: LSTM: ";
  CHECK(fault(0, zeros({5, 4})) == start + "X is expected to have three dimensions, not the shape [5, 4]");
  CHECK(fault(0, none) == start + "the input X is missing");
  CHECK(fault(1, zeros({1, 8, 5})) == start + "W is expected to have the shape [1, 8, 4], not [1, 8, 5]");
  CHECK(fault(1, none) == start + "the input W is missing");
  CHECK(fault(2, zeros({1, 8, 3})) == start + "W is expected to have the shape [1, 12, 4], not [1, 8, 4]");
  CHECK(fault(2, zeros({2, 8, 2})) == start + "R is expected to have the shape [1, 8, 2], not [2, 8, 2]");
  CHECK(fault(2, none) == start + "the input R is missing");
  CHECK(fault(3, zeros({1, 8})) == start + "B is expected to have the shape [1, 16], not [1, 8]");
  CHECK(fault(4, integers({2}, {1, 1})) ==
        start + "sequence_lens is expected to have the shape [3], not [2]");
  CHECK(fault(4, zeros({3})) == start + "input 5 is expected to hold integers");
  CHECK(fault(4, integers({3}, {1, 6, 1})) == start + "a sequence of 6 steps; expected 0 to 5");
  CHECK(fault(4, integers({3}, {1, -1, 1})) == start + "a sequence of -1 steps; expected 0 to 5");
  CHECK(fault(5, zeros({3, 1, 2})) ==
        start + "initial_h is expected to have the shape [1, 3, 2], not [3, 1, 2]");
  CHECK(fault(6, zeros({1, 3, 1})) ==
        start + "initial_c is expected to have the shape [1, 3, 2], not [1, 3, 1]");
  CHECK(fault(7, zeros({1, 8})) == start + "P is expected to have the shape [1, 6], not [1, 8]");
  CHECK(fault(7, none).empty());
  CHECK(fault(0, good[0], Op::gru) ==
        "f: node 'n': error: GRU: W is expected to have the shape [1, 6, 4], not [1, 8, 4]");
}

TEST_CASE("what the attributes of a recurrence may not say is refused with the reason") {
  Random random(7);
  const std::vector<Tensor> inputs = cases[0].inputs(random, 1);
  const auto fault = [&](const Attributes& attributes) {
    return fault_of_node(Op::lstm, inputs, attributes);
  };
  const std::string start = "f: node 'n': error: LSTM: ";
  CHECK(fault({{"hidden_size", integer(3)}}) ==
        start + "W is expected to have the shape [1, 12, 4], not [1, 8, 4]");
  CHECK(fault({{"hidden_size", integer(2)}}).empty());
  CHECK(fault({{"hidden_size", integer(0)}}) ==
        start + "hidden_size is expected to be from 1 to 2^27, not 0");
  CHECK(fault({{"direction", word("revers")}}) ==
        start +
            "the direction is expected to be forward, reverse or bidirectional, not 'revers'; did you mean "
            "'reverse'?");
  CHECK(fault({{"activations", words({"Sigmoid", "Tanh", "Sofplus"})}}) ==
        start + "the activation 'Sofplus' is not known; did you mean 'Softplus'?");
  CHECK(fault({{"activations", words({"Sigmoid", "Tanh"})}}) ==
        start + "has 2 activations; expected 3, 3 for each direction");
  CHECK(fault({{"activations", words({"Sigmoid", "Tanh", "ScaledTanh"})}}) ==
        start + "ScaledTanh needs a value in 'activation_alpha'");
  CHECK(fault({{"activation_beta", numbers({1, 2})}}) ==
        start + "'activation_beta' has 2 values; the activations take 0");
  CHECK(fault({{"layout", integer(2)}}) == start + "the layout is expected to be 0 or 1, not 2");
  CHECK(fault({{"clip", number(0)}}) == start + "the clip is expected to be greater than 0, not 0.000000");
  CHECK(fault({{"clip", number(std::nanf(""))}}) ==
        start + "the clip is expected to be greater than 0, not nan");
}

TEST_CASE("a recurrence of more than 2^27 results or 2^38 multiplications is refused by its shapes alone") {
  Graph graph;
  graph.file = "f";
  tricycle::Node node = make_node("n", Op::gru, {"x", "w", "r"}, "y");
  const auto fault = [&](std::int64_t steps, std::int64_t items, std::int64_t hidden) {
    return tricycle::test::message_of([&] {
      (void)infer_node_shapes(
          graph, node, {{"x", {steps, items, 1}}, {"w", {1, 3 * hidden, 1}}, {"r", {1, 3 * hidden, hidden}}});
    });
  };
  CHECK(fault(1 << 17, 1, 1 << 10) == "f: node 'n': error: GRU: more than 2^38 multiplications");
  CHECK(fault(1 << 20, 1 << 10, 1) ==
        "f: node 'n': error: GRU: a tensor of shape [1048576, 1, 1024, 1] is too large");
  CHECK(fault(0, std::int64_t{1} << 40U, 1) ==
        "f: node 'n': error: GRU: a tensor of shape [1, 1099511627776, 1] is too large");
  CHECK(fault(1 << 10, 1, 1 << 10).empty());
}
