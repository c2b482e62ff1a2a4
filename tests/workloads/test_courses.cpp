// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/nodes.hpp"
#include "workloads/passes/courses.hpp"
#include "workloads/quantized.hpp"

namespace tricycle::test {
namespace {

constexpr Course rising = {Way::rises, -2, 3}, above = {Way::rises, 1, 3}, below = {Way::rises, -3, -1};
constexpr Course falling = {Way::falls, 3, -2}, two = {Way::flat, 2, 2}, minus = {Way::flat, -1, -1};

Way way(Op op, const std::vector<Course>& inputs, const Attributes& attributes = {}) {
  Node node = make_node("n", op, {}, "o");
  node.attributes = attributes;
  return way_of(node, inputs);
}

}  // namespace

TEST_CASE("Sums and differences keep a way that both operands share") {
  CHECK(way(Op::add, {rising, two}) == Way::rises);
  CHECK(way(Op::add, {rising, above}) == Way::rises);
  CHECK(way(Op::add, {rising, falling}) == Way::unknown);
  CHECK(way(Op::sub, {rising, falling}) == Way::rises);
  CHECK(way(Op::sub, {two, rising}) == Way::falls);
  CHECK(way(Op::greater, {two, rising}) == Way::falls);
  CHECK(way(Op::less, {two, rising}) == Way::rises);
}

TEST_CASE("Products turn with the sign of the other factor, where it has one") {
  CHECK(way(Op::mul, {rising, minus}) == Way::falls);
  CHECK(way(Op::mul, {above, above}) == Way::rises);
  CHECK(way(Op::mul, {below, below}) == Way::falls);
  CHECK(way(Op::mul, {above, below}) == Way::unknown);
  CHECK(way(Op::mul, {rising, rising}) == Way::unknown);
  CHECK(way(Op::mul, {rising, {Way::flat, 0, 0}}) == Way::flat);
  CHECK(way(Op::div, {rising, minus}) == Way::falls);
  CHECK(way(Op::div, {two, above}) == Way::unknown);
  CHECK(way(Op::batch_normalization, {rising, minus, two, two, two}) == Way::falls);
}

TEST_CASE("A magnitude has a way on either side of zero only") {
  CHECK(way(Op::abs, {above}) == Way::rises);
  CHECK(way(Op::abs, {below}) == Way::falls);
  CHECK(way(Op::abs, {rising}) == Way::unknown);
  CHECK(way(Op::leaky_relu, {rising}) == Way::rises);
  CHECK(way(Op::leaky_relu, {rising}, {{"alpha", number(-0.5F)}}) == Way::unknown);
  CHECK(way(Op::leaky_relu, {below}, {{"alpha", number(-0.5F)}}) == Way::falls);
  CHECK(way(Op::prelu, {below, minus}) == Way::falls);
}

TEST_CASE("A choice follows what it chooses while its condition stays") {
  CHECK(way(Op::where, {{Way::flat, 1, 1}, rising, falling}) == Way::rises);
  CHECK(way(Op::where, {{Way::flat, 0, 0}, rising, falling}) == Way::falls);
  CHECK(way(Op::where, {{Way::rises, 0, 1}, rising, rising}) == Way::unknown);
  CHECK(way(Op::pow, {above, two}) == Way::unknown);
  CHECK(way(Op::pow, {two, two}) == Way::flat);
  CHECK(way(Op::cast, {rising}, {{"to", integer(7)}}) == Way::unknown);
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
