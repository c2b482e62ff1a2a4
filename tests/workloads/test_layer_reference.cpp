// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/quantize_models.hpp"
#include "tests/workloads/random_network.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/integer/golden.hpp"
#include "workloads/integer/layer_comparison.hpp"

namespace {

using tricycle::Codes;
using tricycle::Encoding;
using tricycle::evaluate_values;
using tricycle::Graph;
using tricycle::LayerComparison;
using tricycle::LayerDifference;
using tricycle::Op;
using tricycle::quantize_graph;
using tricycle::QuantizedNetwork;
using tricycle::run_float;
using tricycle::run_golden;
using tricycle::step_at;
using tricycle::Tensor;
using tricycle::test::floats;
using tricycle::test::GraphMaker;

using Golden = std::vector<std::vector<std::int32_t>>;

/// Two products with a quantizer between them.
Graph two_layers() {
  GraphMaker maker({1, 4}, Encoding::float32);
  maker.add_ternary_quant(0.5F);
  maker.add(Op::matmul, {floats({4, 3}, {1, 0, -1, 1, 1, 0, 0, 1, 1, -1, 0, 1})});
  maker.add_ternary_quant(1);
  maker.add(Op::matmul, {floats({3, 2}, {1, -1, 0, 1, 1, 1})});
  return maker.finish();
}

QuantizedNetwork network_of(const Graph& graph) {
  tricycle::QuantizeOptions options;
  options.keep_graph = true;
  return quantize_graph(graph, tricycle::test::pixels, options);
}

std::vector<LayerDifference> differences(const QuantizedNetwork& network, const Golden& golden) {
  return LayerComparison(network).differences(golden, {});
}

}  // namespace

TEST_CASE("layers that are right differ nowhere, each held at its own inputs") {
  const Graph graph = two_layers();
  const QuantizedNetwork network = network_of(graph);
  const Golden golden = run_golden(network, input_codes(network, std::vector<float>{0.5F, -0.5F, 0, 0.6F}));
  const auto rows = differences(network, golden);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].values == 3);
  CHECK(rows[1].values == 2);
  for (const LayerDifference& row : rows) {
    CHECK(row.differ == 0);
    CHECK(row.most_steps == 0);
  }
}

TEST_CASE("codes in front of an operator that only passes them on are held by their own step") {
  GraphMaker maker({1, 40}, Encoding::float32);
  maker.add_ternary_quant(0.5F);
  std::vector<float> weights;
  for (int i = 0; i < 40 * 3; ++i) weights.push_back(static_cast<float>(i % 3 - 1));
  maker.add(Op::matmul, {floats({40, 3}, weights)});
  maker.add(Op::quant, {floats({}, {0.02F}), floats({}, {0}), floats({}, {8})});
  maker.add(Op::neg, {});
  const Graph graph = maker.finish();
  const QuantizedNetwork network = network_of(graph);
  Golden golden = run_golden(network, input_codes(network, std::vector<float>(40, 0.5F)));
  REQUIRE(network.layers.size() == 2);
  REQUIRE(differences(network, golden).size() == 2);
  golden[static_cast<std::size_t>(network.layers[0].output)][0] += 1;
  const auto rows = differences(network, golden);
  CHECK(std::fabs(rows[0].most_steps - 1) < 1e-4);  // a code more
}

TEST_CASE("a layer whose values are two steps off is found, and the one behind it, fed with them, is right") {
  const QuantizedNetwork network = network_of(two_layers());
  Golden golden = run_golden(network, input_codes(network, std::vector<float>{0.5F, -0.5F, 0, 0.6F}));
  const auto hidden = static_cast<std::size_t>(network.layers[0].output);
  golden[hidden][1] = golden[hidden][1] > 0 ? -1 : 1;
  const auto tampered = static_cast<std::int32_t>(golden[hidden][1]);
  // The second layer follows the first's wrong value, as a machine's would.
  const std::vector<std::int32_t> x = golden[hidden];
  golden.back() = {x[0] + x[2], -x[0] + x[1] + x[2]};  // whole sums, each its own code
  const auto rows = differences(network, golden);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].differ == 1);
  CHECK(rows[0].most_steps >= 1);
  CHECK(rows[0].place == 1);
  CHECK(rows[0].machine == static_cast<float>(tampered));
  INFO("value " << rows[1].place << " is " << rows[1].machine << " beside " << rows[1].model);
  CHECK(rows[1].differ == 0);
}

TEST_CASE(
    "a step is a code's worth, of binary two, of powers of two the value, of float32 2^-10 of the largest") {
  tricycle::QuantizedTensor tensor;
  tensor.scale = 0.25;
  tensor.codes = Codes::integers(-8, 7);
  CHECK(step_at(tensor, 0.25, 1, 100) == 0.25);
  tensor.codes = Codes::binary();
  CHECK(step_at(tensor, 0.25, 1, 100) == 0.5);
  tensor.codes = Codes::powers_of_two(8);
  CHECK(step_at(tensor, 0.25, 2, 100) == 2);
  CHECK(step_at(tensor, 0.25, 0, 100) == 0.25);
  tensor.codes = Codes::float32();
  CHECK(step_at(tensor, 1, 1, 1024) == 1);
  tensor.codes = Codes::float16();
  CHECK(step_at(tensor, 1, 1, 128) == 1);
}

TEST_CASE("a value of a graph comes from what is known of it, not from further ahead") {
  const Graph graph = two_layers();
  const Tensor x = floats({1, 4}, {0.5F, -0.5F, 0, 0.6F});
  CHECK(evaluate_values(graph, {{"x", x}}, {graph.output})[0].floats() == run_float(graph, x).floats());
  const std::string hidden = graph.nodes[2].outputs[0];
  CHECK(evaluate_values(graph, {{hidden, floats({1, 3}, {1, 0, 0})}}, {graph.output})[0].floats() ==
        std::vector<float>{1, -1});
}

TEST_CASE(
    "300 random networks: every layer gives the float interpreter's values of its own inputs within a step") {
  tricycle::Random random(5);
  std::uint64_t held = 0;
  for (int i = 0; i < 300; ++i) {
    const Graph graph = tricycle::test::random_graph(random, 4, 24);
    const QuantizedNetwork network = network_of(graph);
    const auto rows =
        differences(network, run_golden(network, tricycle::test::random_input(random, network)));
    for (const LayerDifference& row : rows) {
      INFO("network " << i << ", layer " << network.layers[row.layer].name);
      REQUIRE(row.most_steps <= 1.001);
      held += row.values;
    }
    REQUIRE(rows.size() == network.layers.size());
  }
  CHECK(held > 1000);
}
