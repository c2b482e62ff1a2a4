// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/nodes.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/quantize/monotone.hpp"

namespace tricycle::test {
namespace {

constexpr ValueRange rising = {Trend::rises, -2, 3}, above = {Trend::rises, 1, 3},
                     below = {Trend::rises, -3, -1};
constexpr ValueRange falling = {Trend::falls, 3, -2}, two = {Trend::flat, 2, 2},
                     minus = {Trend::flat, -1, -1};

Trend trend(Op op, const std::vector<ValueRange>& inputs, const Attributes& attributes = {}) {
  Node node = make_node("n", op, {}, "o");
  node.attributes = attributes;
  return trend_of(node, inputs);
}

}  // namespace

TEST_CASE("Sums and differences keep a trend that both operands share") {
  CHECK(trend(Op::add, {rising, two}) == Trend::rises);
  CHECK(trend(Op::add, {rising, above}) == Trend::rises);
  CHECK(trend(Op::add, {rising, falling}) == Trend::unknown);
  CHECK(trend(Op::sub, {rising, falling}) == Trend::rises);
  CHECK(trend(Op::sub, {two, rising}) == Trend::falls);
  CHECK(trend(Op::greater, {two, rising}) == Trend::falls);
  CHECK(trend(Op::less, {two, rising}) == Trend::rises);
}

TEST_CASE("Products turn with the sign of the other factor, where it has one") {
  CHECK(trend(Op::mul, {rising, minus}) == Trend::falls);
  CHECK(trend(Op::mul, {above, above}) == Trend::rises);
  CHECK(trend(Op::mul, {below, below}) == Trend::falls);
  CHECK(trend(Op::mul, {above, below}) == Trend::unknown);
  CHECK(trend(Op::mul, {rising, rising}) == Trend::unknown);
  CHECK(trend(Op::mul, {rising, {Trend::flat, 0, 0}}) == Trend::flat);
  CHECK(trend(Op::div, {rising, minus}) == Trend::falls);
  CHECK(trend(Op::div, {two, above}) == Trend::unknown);
  CHECK(trend(Op::batch_normalization, {rising, minus, two, two, two}) == Trend::falls);
}

TEST_CASE("A magnitude has a trend on either side of zero only") {
  CHECK(trend(Op::abs, {above}) == Trend::rises);
  CHECK(trend(Op::abs, {below}) == Trend::falls);
  CHECK(trend(Op::abs, {rising}) == Trend::unknown);
  CHECK(trend(Op::leaky_relu, {rising}) == Trend::rises);
  CHECK(trend(Op::leaky_relu, {rising}, {{"alpha", number(-0.5F)}}) == Trend::unknown);
  CHECK(trend(Op::leaky_relu, {below}, {{"alpha", number(-0.5F)}}) == Trend::falls);
  CHECK(trend(Op::prelu, {below, minus}) == Trend::falls);
}

TEST_CASE("A choice follows what it chooses while its condition stays") {
  CHECK(trend(Op::where, {{Trend::flat, 1, 1}, rising, falling}) == Trend::rises);
  CHECK(trend(Op::where, {{Trend::flat, 0, 0}, rising, falling}) == Trend::falls);
  CHECK(trend(Op::where, {{Trend::rises, 0, 1}, rising, rising}) == Trend::unknown);
  CHECK(trend(Op::pow, {above, two}) == Trend::unknown);
  CHECK(trend(Op::pow, {two, two}) == Trend::flat);
  CHECK(trend(Op::cast, {rising}, {{"to", integer(7)}}) == Trend::unknown);
}

TEST_CASE("A level behind a magnitude is found among three million sums") {
  Graph graph;
  graph.file = "f";
  graph.input = "x";
  graph.input_shape = {1, 100};
  std::vector<float> weights(100, 127);
  weights[0] = 126;  // eight bits, not one
  graph.constants["w"] = {{100, 1}, weights};
  graph.constants["scale"] = {{}, std::vector<float>{0x1p-7F}};
  graph.constants["limit"] = {{}, std::vector<float>{999}};
  graph.nodes = {make_node("mm", Op::matmul, {"x", "w"}, "sums"),
                 make_node("scaling", Op::mul, {"sums", "scale"}, "scaled"),
                 make_node("magnitude", Op::abs, {"scaled"}, "size"),
                 make_node("compare", Op::greater, {"size", "limit"}, "passed"),
                 make_node("number", Op::cast, {"passed"}, "y")};
  graph.nodes.back().attributes["to"].integer = 1;
  graph.output = "y";
  const QuantizedNetwork network = quantize_graph(graph, {1, 1});
  const auto& stage = std::get<ThresholdStage>(network.layers.back().stage);
  CHECK(stage.codes == std::vector<int>{0, 1});
  // Sums of pixels are not negative: 127,873 * 2^-7 is the first above 999.
  CHECK(stage.thresholds == std::vector<std::int64_t>{127873});
}

}  // namespace tricycle::test
