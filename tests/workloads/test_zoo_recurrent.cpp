// SPDX-License-Identifier: Apache-2.0
#include "support/files.hpp"
#include "tests/catch.hpp"
#include "workloads/import/network/figures.hpp"
#include "workloads/import/network/recurrent_network.hpp"

namespace {

using tricycle::Document;
using tricycle::figures_of;
using tricycle::Graph;
using tricycle::NetworkFigures;
using tricycle::Shape;

Document zoo_document(const std::string& name) {
  return tricycle::read_document(
      tricycle::find_preset("workloads/zoo", name, tricycle::Place::of_file("MODEL")));
}

/// A network of the zoo for each step and item of its sequence, and what its decoder gives.
struct Known {
  const char* name;
  const char* cell;
  std::int64_t steps, batch, cell_macs, macs, parameters;
  Shape cell_output, output;
};
const Known known[] = {
    {"hitnet-lstm-ptb", "lstm", 35, 1, 720000, 3720000, 6732400, {35, 1, 1, 300}, {35, 1, 10000}},
    {"hitnet-gru-ptb", "gru", 35, 1, 540000, 3540000, 6551800, {35, 1, 1, 300}, {35, 1, 10000}},
    {"hitnet-lstm-wikitext2", "lstm", 35, 1, 2097152, 19135488, 36211198, {35, 1, 1, 512}, {35, 1, 33278}},
    {"hitnet-gru-wikitext2", "gru", 35, 1, 1572864, 18611200, 35685886, {35, 1, 1, 512}, {35, 1, 33278}},
    {"hitnet-lstm-text8", "lstm", 35, 1, 8388608, 53444608, 98552800, {35, 1, 1, 1024}, {35, 1, 44000}},
    {"hitnet-gru-text8", "gru", 35, 1, 6291456, 51347456, 96453600, {35, 1, 1, 1024}, {35, 1, 44000}},
    {"hitnet-lstm300-char", "lstm", 67, 32, 438000, 457500, 459965, {67, 1, 32, 300}, {67, 32, 65}},
    {"hitnet-gru300-char", "gru", 67, 32, 328500, 348000, 349865, {67, 1, 32, 300}, {67, 32, 65}},
};

void check_figures(const Known& network, const std::string& name) {
  CAPTURE(name);
  const NetworkFigures figures = figures_of(import_recurrent_network(zoo_document(name), -1));
  const std::int64_t rows = network.steps * network.batch;
  CHECK(figures.macs == rows * network.macs);
  CHECK(figures.parameters == network.parameters);
  REQUIRE(figures.products.size() == 2);
  CHECK(figures.products[0].name == network.cell);
  CHECK(figures.products[0].macs == rows * network.cell_macs);
  CHECK(figures.products[0].weights == network.cell_macs);  // each is used once in a step
  CHECK(figures.products[0].output == network.cell_output);
  CHECK(figures.products[1].name == "decoder");
  CHECK(figures.products[1].weights == network.macs - network.cell_macs);
  CHECK(figures.products[1].output == network.output);
}

}  // namespace

TEST_CASE("the shapes, multiplications and parameters of HitNet's six networks are the published ones") {
  for (const Known& network : known) {
    if (network.batch == 1) check_figures(network, network.name);
  }
}

TEST_CASE("the six twins in full precision have the shapes of the ternary networks") {
  for (const Known& network : known) {
    if (network.batch > 1) continue;
    const std::string twin = std::string(network.name) + "-fp32";
    check_figures(network, twin);
    CHECK(zoo_document(twin).find("arch")->scalar == "recurrent-fp32");
  }
}

TEST_CASE("the two trained networks of 65 characters have 459,965 and 349,865 parameters") {
  for (const Known& network : known) {
    if (network.batch == 1) continue;
    check_figures(network, network.name);
    const Graph graph = import_recurrent_network(zoo_document(network.name), -1);
    CHECK(graph.vocabulary.size() == 65);
    CHECK_FALSE(graph.synthetic);
    CHECK(recurrent_choices(zoo_document(network.name)).carry_state);
  }
}

TEST_CASE("one row of the tables of 44,000 tokens is drawn where only the shape of a network is asked for") {
  using tricycle::TableRows;
  const Graph graph = import_recurrent_network(zoo_document("hitnet-lstm-text8"), -1, TableRows::one);
  CHECK(graph.constants.at("embedding.table").shape == tricycle::Shape{1, 1024});
  CHECK(graph.constants.at("decoder.weights").shape == tricycle::Shape{1024, 1});
  CHECK(graph.constants.at("lstm.W").shape == tricycle::Shape{1, 4096, 1024});
  // Trained ones are read whole.
  const Graph trained = import_recurrent_network(zoo_document("hitnet-lstm300-char"), -1, TableRows::one);
  CHECK(trained.constants.at("decoder.weights").shape == tricycle::Shape{300, 65});
}

TEST_CASE("with HitNet's rounded vocabulary of 33,000 WikiText-2 takes 18,993,152 multiplications a step") {
  const auto figures = [](const char* name) {
    Document document = zoo_document(name);
    for (const char* key : {"vocabulary", "decoder.units"})
      set_value(document, key, "33000", tricycle::Place::of_file("--set"));
    return figures_of(import_recurrent_network(document, -1));
  };
  const NetworkFigures lstm = figures("hitnet-lstm-wikitext2"), gru = figures("hitnet-gru-wikitext2");
  CHECK(lstm.macs == std::int64_t{35} * 18993152);
  CHECK(lstm.parameters == 35926248);
  CHECK(gru.macs == std::int64_t{35} * 18468864);
  CHECK(gru.parameters == 35400936);
}

TEST_CASE("a bidirectional layer of 5 units on 3 tokens counts both directions: 2 x 4 x 5 x (4 + 5) a step") {
  Document document = tricycle::parse_document(
      "format: tricycle-network/1\n"
      "name: two\n"
      "sequence: 3\n"
      "batch: 2\n"
      "vocabulary: 7\n"
      "embedding: 4\n"
      "layers:\n"
      "  - {name: a, cell: lstm, units: 5, direction: bidirectional}\n"
      "  - {name: b, cell: rnn, units: 6, direction: reverse}\n",
      "two.yaml");
  const NetworkFigures figures = figures_of(import_recurrent_network(document, -1));
  REQUIRE(figures.products.size() == 2);
  CHECK(figures.products[0].macs == 3 * 2 * 2 * 4 * 5 * (4 + 5));
  CHECK(figures.products[0].output == Shape{3, 2, 2, 5});
  CHECK(figures.products[1].macs == 3 * 2 * 6 * (10 + 6));
  CHECK(figures.parameters == 7 * 4 + 2 * (4 * 5 * (4 + 5) + 8 * 5) + 6 * (10 + 6) + 2 * 6);
}
