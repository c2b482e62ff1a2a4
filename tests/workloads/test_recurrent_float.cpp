// SPDX-License-Identifier: Apache-2.0
// Recurrent networks in float32 against the float interpreter of the graph that they come from.
#include <bit>
#include <cmath>

#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/nodes.hpp"
#include "tests/workloads/recurrent_models.hpp"
#include "workloads/integer/golden.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"

namespace {

using namespace tricycle;
using namespace tricycle::test;

constexpr std::int64_t steps = 6, batch = 3, inputs = 4, hidden = 5, outputs = 2;

Tensor random_tensor(Random& random, Shape shape, double most = 1) {
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  for (float& value : values) value = static_cast<float>((2 * random.real() - 1) * most);
  return floats(std::move(shape), std::move(values));
}

struct Layer {
  Op op;
  std::int64_t gates;
  bool linear_before_reset = false;
};
const std::vector<Layer> kinds = {{Op::lstm, 4}, {Op::gru, 3, false}, {Op::gru, 3, true}, {Op::rnn, 1}};
const std::vector<std::string> directions = {"forward", "reverse", "bidirectional"};

/// One recurrent layer behind the last value, its outputs as [steps, batch, directions x hidden].
void add_layer(Random& random, GraphMaker& maker, const Layer& layer, const std::string& direction,
               std::int64_t from) {
  const std::int64_t count = direction == "bidirectional" ? 2 : 1;
  Node& node = maker.add(layer.op, {random_tensor(random, {count, layer.gates * hidden, from}),
                                    random_tensor(random, {count, layer.gates * hidden, hidden}),
                                    random_tensor(random, {count, 2 * layer.gates * hidden})});
  node.attributes["hidden_size"] = integer(hidden);
  node.attributes["direction"] = word(direction);
  if (layer.linear_before_reset) node.attributes["linear_before_reset"] = integer(1);
  maker.add(Op::transpose).attributes["perm"] = tricycle::test::list({0, 2, 1, 3});
  maker.add(Op::reshape, {integers({3}, {steps, batch, count * hidden})});
}

double largest_difference(const Graph& graph, const Tensor& x) {
  const RecurrentModel model = recurrent_model(graph);
  const QuantizedNetwork network =
      quantize_recurrent(model, make_spec("weights: float32, activations: float32, sloping_factor: 1"), {});
  const std::vector<float> expected = run_float(graph, x).floats();
  const auto golden = run_golden(network, input_codes(network, x.floats()));
  const std::vector<float> found = real_values(network.output(), golden.back());
  REQUIRE(network.output().shape == model.output_shape);
  REQUIRE(found.size() == expected.size());
  double most = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    most = std::max(most, std::abs(static_cast<double>(found[i] - expected[i])));
  return most;
}

}  // namespace

TEST_CASE("in float32 LSTM, GRU and RNN, forwards, backwards and both, are the graph's within 1e-5") {
  Random random(51);
  for (const Layer& layer : kinds) {
    for (const std::string& direction : directions) {
      for (int round = 0; round < 10; ++round) {
        CAPTURE(static_cast<int>(layer.op), layer.linear_before_reset, direction, round);
        GraphMaker maker({steps, batch, inputs}, Encoding::float32);
        add_layer(random, maker, layer, direction, inputs);
        REQUIRE(largest_difference(maker.finish(), random_tensor(random, {steps, batch, inputs})) <= 1e-5);
      }
    }
  }
}

TEST_CASE("two recurrent layers and a decoder of products and biases are the graph's within 1e-5") {
  Random random(52);
  for (const Layer& first : kinds) {
    for (const Layer& second : kinds) {
      const std::string& direction = directions[random.below(3)];
      const std::int64_t width = direction == "bidirectional" ? 2 * hidden : hidden;
      GraphMaker maker({steps, batch, inputs}, Encoding::float32);
      add_layer(random, maker, first, direction, inputs);
      add_layer(random, maker, second, direction, width);
      maker.add(Op::matmul, {random_tensor(random, {width, outputs})});
      maker.add(Op::add, {random_tensor(random, {outputs})});
      CAPTURE(static_cast<int>(first.op), static_cast<int>(second.op), direction);
      REQUIRE(largest_difference(maker.finish(), random_tensor(random, {steps, batch, inputs})) <= 1e-5);
    }
  }
}

TEST_CASE("a second layer that reads 18 steps of 1 item where the first has 6 of 3 is refused") {
  Random random(55);
  GraphMaker maker({steps, batch, inputs}, Encoding::float32);
  add_layer(random, maker, kinds[0], "forward", inputs);
  maker.add(Op::reshape, {integers({3}, {steps * batch, 1, hidden})});
  maker.add(Op::rnn, {random_tensor(random, {1, hidden, hidden}), random_tensor(random, {1, hidden, hidden})})
      .attributes["hidden_size"] = integer(hidden);
  maker.add(Op::squeeze, {integers({1}, {1})});
  CHECK(
      message_of([&] { (void)recurrent_model(maker.finish()); }) ==
      "f: node 'RNN_4': error: RNN: its input is not in the order [time steps, items, values]; expected the "
      "values of the layer before it in that order, with time as the first dimension of the model's input");
}

TEST_CASE("a sloping factor of 0.5 is the graph whose products and biases are twice as large, for an RNN") {
  Random random(53);
  ModelShape shape;
  shape.cells = {Cell::rnn};
  shape.steps = 5;
  shape.hidden = 3;
  RecurrentModel model = make_model(random, shape);
  const auto run = [&](const std::string& spec, const Values& input) {
    const QuantizedNetwork network = quantize_recurrent(model, make_spec(spec), {});
    return run_golden(network, input).back();
  };
  const std::string floating = "weights: float32, activations: float32";
  const Values input = random_item(random, quantize_recurrent(model, make_spec(floating), {}));
  const Values steep = run(floating + ", sloping_factor: 0.5", input);
  GateWeights& gate = model.layers[0].directions[0].gates[0];
  for (auto* values : {&gate.wx, &gate.wh, &gate.bx, &gate.bh}) {
    for (float& value : *values) value *= 2;
  }
  CHECK(run(floating, input) == steep);
}

TEST_CASE("with activations of float32, weights of ttq and int8 are their codes times their scale") {
  Random random(54);
  ModelShape shape;
  shape.outputs = 3;
  const RecurrentModel model = make_model(random, shape);
  for (const std::string as : {"ttq", "int8"}) {
    const QuantizedNetwork network =
        quantize_recurrent(model, make_spec("activations: float32, weights: " + as), {});
    const QuantizedNetwork codes =
        quantize_recurrent(model, make_spec("activations: int8, weights: " + as), {});
    for (const char* name : {"l0.i.x", "l0.g.h", "decoder"}) {
      CAPTURE(as, name);
      const QuantizedLayer& real = network.layers[layer_named(network, name)];
      const QuantizedLayer& coded = codes.layers[layer_named(codes, name)];
      REQUIRE(real.float_weights.size() == coded.weights.size());
      CHECK(real.weights.empty());
      CHECK(real.weight_codes == Codes::float32());
      double scale = 0;
      for (std::size_t i = 0; i < coded.weights.size(); ++i) {
        if (coded.weights[i] != 0) scale = static_cast<double>(real.float_weights[i]) / coded.weights[i];
      }
      CHECK(scale > 0);
      for (std::size_t i = 0; i < coded.weights.size(); ++i)
        CHECK(static_cast<double>(real.float_weights[i]) == Approx(coded.weights[i] * scale).epsilon(1e-6));
    }
  }
}
