// SPDX-License-Identifier: Apache-2.0
#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "workloads/network/network_import.hpp"

namespace {

using tricycle::Encoding;
using tricycle::Graph;
using tricycle::import_network;
using tricycle::parse_document;
using tricycle::test::message_of;
using tricycle::test::pixels;

Graph import(const std::string& layers, const std::string& input = "{features: 6}", std::int64_t seed = -1) {
  return import_network(
      parse_document("format: tricycle-network/1\nname: net\ninput: " + input + "\nlayers:\n" + layers,
                     "net.yaml"),
      seed);
}
std::string fault(const std::string& layers, const std::string& input = "{features: 6}") {
  return message_of([&] { (void)import(layers, input); });
}
std::vector<float> weights(const Graph& graph, const std::string& layer) {
  return graph.constants.at(layer + ".weights").floats();
}

}  // namespace

TEST_CASE("a network of the zoo is read with its shapes, encodings and weights") {
  for (const std::string& name : tricycle::preset_names("workloads/zoo")) {
    const Graph graph =
        import_network(tricycle::read_document(tricycle::find_preset("workloads/zoo", name, "MODEL")), -1);
    CHECK(graph.name == name);
    CHECK(graph.synthetic);
    CHECK(graph.weights_source == "synthetic, seed 1, independent codes, ternary with 0.6 nonzero");
    if (name == "mlp-mnist") {
      CHECK(graph.input_shape == tricycle::Shape{1, 784});
      CHECK(graph.input_encoding == Encoding::uint8);
      CHECK(quantize_graph(graph, pixels).layers.size() == 5);
    }
  }
}

TEST_CASE("a tiny cousin of mlp-mnist quantizes to this text") {
  const Graph graph = import(
      "  - {name: fc1, units: 4, weights: ternary, density: 0.6, output: ternary, threshold: 0.6}\n"
      "  - {name: fc2, units: 3, weights: binary, output: binary}\n"
      "  - {name: fc3, units: 2, density: 1, output: scaled}\n");
  CHECK(dump(quantize_graph(graph, pixels)) ==
        "network net\n"
        "input.quant (Sub+Div+Quant): 1x6 uint8 -> 1x6 ternary\n"
        "  all: + 85 170\n"
        "fc1 (MatMul+Div+Quant): 1x6 ternary * 6x4 ternary -> 1x4 ternary\n"
        "  all: + 0 1\n"
        "fc2 (MatMul+BipolarQuant): 1x4 ternary * 4x3 binary -> 1x3 binary\n"
        "  all: + 0\n"
        "fc3 (MatMul+Mul): 1x3 binary * 3x2 binary -> 1x2 float32\n"
        "  all: * 0.70660716 + 0\n");
}

TEST_CASE("the same seed gives the same weights, and another seed others") {
  const std::string layers = "  - {name: a, units: 40, output: ternary}\n  - {name: b, units: 40}\n";
  const Graph graph = import(layers, "{features: 40}");
  CHECK(weights(graph, "a") == weights(import(layers, "{features: 40}"), "a"));
  CHECK(weights(graph, "a") == weights(import(layers, "{features: 40}", 1), "a"));
  CHECK(weights(graph, "a") != weights(import(layers, "{features: 40}", 2), "a"));
  CHECK(weights(graph, "a") != weights(graph, "b"));  // each layer has a stream of its own
  CHECK(import(layers, "{features: 40}", 7).weights_source ==
        "synthetic, seed 7, independent codes, ternary with 0.6 nonzero");
  CHECK(graph.weights_source == "synthetic, seed 1, independent codes, ternary with 0.6 nonzero");
}

TEST_CASE("synthetic weights have the density that is asked for") {
  const auto count = [](const std::vector<float>& values, float value) {
    return std::count(values.begin(), values.end(), value);
  };
  std::vector<float> w = weights(import("  - {name: a, units: 100, density: 0.6}", "{features: 100}"), "a");
  CHECK(w.size() == 10000);
  CHECK(count(w, 0) == Approx(4000).margin(150));
  CHECK(count(w, 1) == Approx(3000).margin(150));
  CHECK(count(w, -1) == Approx(3000).margin(150));
  w = weights(import("  - {name: a, units: 100, weights: binary, density: 0}", "{features: 100}"), "a");
  CHECK(count(w, 0) == 0);
  CHECK(count(w, 1) == Approx(5000).margin(150));
  w = weights(import("  - {name: a, units: 10, density: 0}", "{features: 10}"), "a");
  CHECK(count(w, 0) == 100);
}

TEST_CASE("the quantizer of pixels cuts at a third and two thirds of the range") {
  const auto network = quantize_graph(import("  - {name: a, units: 1, output: sums}"), pixels);
  const auto& stage = std::get<tricycle::ThresholdStage>(network.layers[0].stage);
  CHECK(stage.codes == std::vector<int>{-1, 0, 1});
  // (x / 255 - 1/2) / (2/3) rounds away from zero beyond one half: below 1/6 and above 5/6.
  CHECK(stage.thresholds == std::vector<std::int64_t>{85, 170});
}

TEST_CASE("every fault of a network is named with its place") {
  const std::string ok = "  - {name: a, units: 4}\n";
  CHECK(fault(ok).empty());
  CHECK(fault("  - {name: a, units: 4, unit: 3}\n") ==
        "net.yaml:5:25: error: unknown key 'unit'; did you mean 'units'?");
  CHECK(fault("  - {units: 4}\n") == "net.yaml:5:5: error: entry 1 of 'layers' needs the key 'name'");
  CHECK(fault("  - {name: a}\n") == "net.yaml:5:5: error: entry 1 of 'layers' needs the key 'units'");
  CHECK(fault("  - {name: a, units: 0}\n") ==
        "net.yaml:5:22: error: 'units' expects an integer from 1 to 1048576, not '0'");
  CHECK(fault("  - {name: a, units: 4, density: 1.5}\n") ==
        "net.yaml:5:34: error: 'density' expects a number from 0 to 1, not '1.5'");
  CHECK(fault("  - {name: a, units: 4, threshold: -1}\n") ==
        "net.yaml:5:36: error: 'threshold' expects a number from 0 to 100, not '-1'");
  CHECK(fault("  - {name: a, units: 4, weights: ternery}\n") ==
        "net.yaml:5:34: error: 'weights' expects ternary or binary, not 'ternery'; did you mean 'ternary'?");
  CHECK(fault("  - {name: a, units: 4, output: int8}\n") ==
        "net.yaml:5:33: error: 'output' expects ternary, binary, sums or scaled, not 'int8'");
  CHECK(fault("  - {name: a, units: 4, output: sums}\n" + ok) ==
        "net.yaml:5:5: error: layer 'a' is not the last one, so its output is ternary or binary");
  CHECK(fault(ok + ok) == "net.yaml: node 'a': error: the value 'a.sums' is produced twice");
  CHECK(fault("  - {name: a, units: 1048576}\n", "{features: 129}") ==
        "net.yaml:5:5: error: layer 'a' has 129 x 1048576 weights; at most 134217728 are supported");
  CHECK(fault(ok, "{rows: 1048576, features: 65}") ==
        "net.yaml:3:8: error: 1048576 x 65 inputs; at most 67108864 are supported");
  CHECK(fault(ok, "{rows: 1}") == "net.yaml:3:8: error: 'input' needs the key 'features'");
  CHECK(fault(ok, "{features: 6, encoding: float}") ==
        "net.yaml:3:32: error: 'encoding' expects uint8 or ternary, not 'float'");
  CHECK(fault("  []\n") == "net.yaml:5:3: error: 'layers' expects a list with at least one entry");
  CHECK(message_of([] {
          (void)import_network(parse_document("format: tricycle-network/2\nname: n\n", "net.yaml"), -1);
        }) ==
        "net.yaml:1:9: error: 'format' expects tricycle-network/1, not 'tricycle-network/2'; did you mean "
        "'tricycle-network/1'?");
}
