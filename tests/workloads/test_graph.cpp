// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "workloads/graph/wiring.hpp"

namespace {

using tricycle::Encoding;
using tricycle::fold_constants;
using tricycle::Graph;
using tricycle::Op;
using tricycle::run_float;
using tricycle::Shape;
using tricycle::sort_nodes;
using tricycle::Tensor;
using tricycle::Verdict;
using tricycle::test::floats;
using tricycle::test::GraphMaker;
using tricycle::test::integers;
using tricycle::test::make_node;
using tricycle::test::message_of;
using tricycle::test::scalar;

Graph graph_of(std::vector<tricycle::Node> nodes) {
  Graph graph;
  graph.file = "f";
  graph.input = "x";
  graph.input_shape = {2, 3, 4};
  graph.constants["c"] = scalar(2);
  graph.nodes = std::move(nodes);
  return graph;
}

std::string sort_fault(std::vector<tricycle::Node> nodes) {
  Graph graph = graph_of(std::move(nodes));
  return message_of([&] { sort_nodes(graph); });
}

}  // namespace

TEST_CASE("a graph's wiring has the producer of each value and its readers, each once and in order") {
  const Graph graph =
      graph_of({make_node("a", Op::add, {"x", "x"}, "a"), make_node("b", Op::mul, {"a", "c"}, "b"),
                make_node("y", Op::add, {"b", "a"}, "y")});
  const tricycle::Wiring wiring(graph);
  CHECK(wiring.producer_of("x") == nullptr);
  CHECK(wiring.producer_of("b") == &graph.nodes[1]);
  CHECK(wiring.readers_of("x") == std::vector{&graph.nodes[0]});
  CHECK(wiring.readers_of("a") == std::vector{&graph.nodes[1], &graph.nodes[2]});
  CHECK(wiring.readers_of("y").empty());
}

TEST_CASE("nodes are put behind what they read") {
  Graph graph = graph_of({make_node("c", Op::relu, {"b"}, "y"), make_node("b", Op::relu, {"a"}, "b"),
                          make_node("a", Op::relu, {"x"}, "a")});
  sort_nodes(graph);
  CHECK(graph.nodes[0].name == "a");
  CHECK(graph.nodes[1].name == "b");
  CHECK(graph.nodes[2].name == "c");
}

TEST_CASE("a cycle, a value produced twice and one that nothing produces are refused") {
  CHECK(sort_fault({make_node("a", Op::add, {"x", "q"}, "p"), make_node("b", Op::relu, {"p"}, "q")}) ==
        "f: error: the graph has a cycle");
  CHECK(sort_fault({make_node("a", Op::relu, {"a"}, "a")}) == "f: error: the graph has a cycle");
  CHECK(sort_fault({make_node("a", Op::relu, {"x"}, "p"), make_node("b", Op::relu, {"x"}, "p")}) ==
        "f: node 'b': error: the value 'p' is produced twice");
  CHECK(sort_fault({make_node("a", Op::relu, {"x"}, "x")}) ==
        "f: node 'a': error: the value 'x' is produced twice");
  CHECK(sort_fault({make_node("a", Op::relu, {"x"}, "c")}) ==
        "f: node 'a': error: the value 'c' is produced twice");
  CHECK(sort_fault({make_node("a", Op::add, {"x", "z"}, "p")}) ==
        "f: node 'a': error: reads 'z', which nothing produces");
}

TEST_CASE("the shape arithmetic of an exporter folds into one constant") {
  // Reshape(x, Concat(Unsqueeze(Gather(Shape(x), 0)), [-1])), as exporters write x.view(x.size(0), -1).
  Graph graph =
      graph_of({make_node("shape", Op::shape, {"x"}, "s"), make_node("batch", Op::gather, {"s", "zero"}, "n"),
                make_node("up", Op::unsqueeze, {"n", "axis"}, "n1"),
                make_node("join", Op::concat, {"n1", "rest"}, "to"),
                make_node("view", Op::reshape, {"x", "to"}, "y")});
  graph.constants["zero"] = integers({}, {0});
  graph.constants["axis"] = integers({1}, {0});
  graph.constants["rest"] = integers({1}, {-1});
  graph.output = "y";
  const std::vector<Verdict> folded = fold_constants(graph);
  REQUIRE(folded.size() == 4);
  CHECK(folded[0].node == "shape");
  CHECK(folded[0].reason == "shapes are static");
  CHECK(folded[3].node == "join");
  CHECK(folded[3].op == "Concat");
  CHECK(folded[3].verdict == "folded");
  CHECK(folded[3].reason == "all inputs are constant");
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.constants.at("to").integers() == std::vector<std::int64_t>{2, -1});
  CHECK(infer_shapes(graph).at("y") == Shape{2, 12});
}

TEST_CASE("shapes that depend on values are refused with the node") {
  const auto infer_fault = [](const tricycle::Node& node, const Tensor& constant) {
    Graph graph = graph_of({node});
    graph.constants["c"] = constant;
    return message_of([&] { (void)infer_shapes(graph); });
  };
  CHECK(infer_fault(make_node("n", Op::reshape, {"x", "x"}, "y"), scalar(1)) ==
        "f: node 'n': error: Reshape: the new shape is not constant");
  CHECK(infer_fault(make_node("n", Op::reshape, {"x", "c"}, "y"), floats({2}, {6, 4})) ==
        "f: node 'n': error: Reshape: input 2 is expected to hold integers");
  CHECK(infer_fault(make_node("n", Op::squeeze, {"x", "x"}, "y"), scalar(1)) ==
        "f: node 'n': error: Squeeze: the axes are not constant");
  CHECK(infer_fault(make_node("n", Op::unsqueeze, {"x", "c"}, "y"), scalar(0)) ==
        "f: node 'n': error: Unsqueeze: input 2 is expected to hold integers");
  CHECK(infer_fault(make_node("n", Op::slice, {"x", "x", "c"}, "y"), integers({1}, {0})) ==
        "f: node 'n': error: Slice: the bounds are not constant");
  CHECK(infer_fault(make_node("n", Op::pad, {"x", "x"}, "y"), scalar(0)) ==
        "f: node 'n': error: Pad: the pads are not constant");
  CHECK(infer_fault(make_node("n", Op::expand, {"x", "x"}, "y"), scalar(0)) ==
        "f: node 'n': error: Expand: the new shape is not constant");
  CHECK(infer_fault(make_node("n", Op::constant_of_shape, {"x"}, "y"), scalar(0)) ==
        "f: node 'n': error: ConstantOfShape: the shape is not constant");
  CHECK(infer_fault(make_node("n", Op::add, {"x", ""}, "y"), scalar(0)) ==
        "f: node 'n': error: Add: input 2 is missing");
}

TEST_CASE("the float interpreter runs node by node") {
  GraphMaker maker({1, 2}, Encoding::uint8);
  maker.add(Op::matmul, {floats({2, 2}, {1, -1, 2, -2})});
  maker.add(Op::add, {floats({2}, {0.5F, 0.5F})});
  maker.add(Op::relu);
  const Graph graph = maker.finish();
  CHECK(run_float(graph, floats({1, 2}, {1, 2})).floats() == std::vector<float>{5.5F, 0});
}

TEST_CASE("inferred shapes are those of the computed tensors on random graphs") {
  tricycle::Random random(5);
  for (int i = 0; i < 100; ++i) {
    const Graph graph = tricycle::test::random_graph(random, 4, 12);
    const auto shapes = infer_shapes(graph);
    const std::vector<float> zeros(static_cast<std::size_t>(tricycle::element_count(graph.input_shape)),
                                   0.0F);
    CHECK(run_float(graph, floats(graph.input_shape, zeros)).shape == shapes.at(graph.output));
  }
}
