// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/golden.hpp"

#include <bit>
#include <cmath>

#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"

namespace {

using tricycle::Encoding;
using tricycle::Graph;
using tricycle::QuantizedNetwork;
using tricycle::Random;
using tricycle::test::pixels;

/// The real value of code 1 of the last quantizer of a graph.
float output_scale(const Graph& graph) {
  return graph.constants.at(graph.nodes.back().inputs[1]).floats()[0];
}

}  // namespace

TEST_CASE("the golden interpreter gives the codes and sums of the float interpreter on random networks") {
  Random random(51);
  int codes = 0, sums = 0, scaled = 0;
  for (int round = 0; round < 600; ++round) {
    const Graph graph = tricycle::test::random_graph(random, 5, 40);
    const QuantizedNetwork network = quantize_graph(graph, pixels);
    for (int item = 0; item < 3; ++item) {
      const std::vector<std::int32_t> input = tricycle::test::random_input(random, network);
      const std::vector<std::int32_t> found = run_golden(network, input).back();
      const std::vector<float> expected =
          run_float(graph, tricycle::test::float_input(graph, pixels, input)).floats();
      REQUIRE(found.size() == expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        switch (network.output().encoding) {
          case Encoding::binary:
          case Encoding::ternary:
            ++codes;
            REQUIRE(static_cast<float>(found[i]) * output_scale(graph) == expected[i]);
            break;
          case Encoding::int32:
            ++sums;
            REQUIRE(static_cast<float>(found[i]) == expected[i]);
            break;
          default:
            ++scaled;
            REQUIRE(std::bit_cast<float>(found[i]) == Approx(expected[i]).epsilon(1e-5).margin(1e-3));
        }
      }
    }
  }
  CHECK(codes > 5000);
  CHECK(sums > 500);
  CHECK(scaled > 5000);
}

TEST_CASE("the golden interpreter returns every tensor, the input first") {
  tricycle::test::GraphMaker maker({2, 2}, Encoding::ternary);
  maker.add(tricycle::Op::matmul, {tricycle::test::floats({2, 2}, {1, -1, 1, 0})});
  maker.add_ternary_quant();
  maker.add(tricycle::Op::matmul, {tricycle::test::floats({2, 1}, {1, 1})});
  maker.add(tricycle::Op::mul, {tricycle::test::scalar(0.5F)});
  const QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
  const auto values = run_golden(network, std::vector<std::int32_t>{1, 1, -1, 0});
  REQUIRE(values.size() == 3);
  CHECK(values[0] == std::vector<std::int32_t>{1, 1, -1, 0});
  CHECK(values[1] == std::vector<std::int32_t>{1, -1, -1, 1});
  CHECK(values[2] == std::vector<std::int32_t>{0, 0});
}
