// SPDX-License-Identifier: Apache-2.0
#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/random_network.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/import/network/network_import.hpp"

namespace tricycle::test {
namespace {

QuantizedNetwork small(const std::string& name, const char* size) {
  Document document = read_document(find_preset("workloads/zoo", name, tricycle::Place::of_file("MODEL")));
  for (const char* key : {"input.height", "input.width"})
    set_value(document, key, size, tricycle::Place::of_file("--set"));
  return quantize_graph(import_network(document, -1), {});
}

const QuantizedLayer& layer_of(const QuantizedNetwork& network, const std::string& name) {
  for (const QuantizedLayer& layer : network.layers) {
    if (layer.name == name) return layer;
  }
  throw std::logic_error("no layer '" + name + "'");
}

void check_on_edge(const QuantizedNetwork& network) {
  Random random(96);
  static_cast<void>(
      lower_and_run(network, read_machine(std::string("edge")), random_codes(random, network.input())));
}

}  // namespace

TEST_CASE("NIN's average pool counts its padding, so that all windows have the divisor 9") {
  const QuantizedNetwork network = small("fatnn-nin", "16");
  const QuantizedLayer& pool = layer_of(network, "pool2");
  CHECK(pool.kind == LayerKind::sum_pool);
  CHECK(pool.window.taps() == 9);
  CHECK(pool.window.pad_top == 1);
  CHECK(pool.window.lines == 4);
  check_on_edge(network);
}

TEST_CASE("The shortcut of option A is its stream between zeros made of its first channels") {
  const QuantizedNetwork network = small("fatnn-resnet20", "8");
  const QuantizedLayer& pad = layer_of(network, "layer2.0.shortcut.pad");
  CHECK(pad.kind == LayerKind::concat);
  REQUIRE(pad.inputs.size() == 3);
  CHECK(pad.inputs[0] == pad.inputs[2]);
  CHECK(network.tensor(pad.inputs[0]).channels == 8);
  CHECK(network.tensor(pad.inputs[1]).channels == 16);
  CHECK(network.tensor(pad.output).channels == 32);
  const auto& zeros = std::get<ScaleStage>(layer_of(network, "layer2.0.shortcut.pad.zeros8").stage);
  CHECK(zeros.multiplier == std::vector<std::int32_t>{0});
  check_on_edge(network);
}

TEST_CASE("More channels of zeros than an image has are several copies") {
  Graph graph = import_network(
      read_document(find_preset("workloads/zoo", "fatnn-resnet20", tricycle::Place::of_file("MODEL"))), -1);
  graph.constants.at("layer2.0.shortcut.pads").data = std::vector<std::int64_t>{0, 0, 0, 0, 0, 16, 0, 0};
  const QuantizedNetwork network = quantize_graph(graph, {});
  const QuantizedLayer& pad = layer_of(network, "layer2.0.shortcut.pad");
  REQUIRE(pad.inputs.size() == 2);
  CHECK(network.tensor(pad.inputs[1]).channels == 16);
}

}  // namespace tricycle::test
