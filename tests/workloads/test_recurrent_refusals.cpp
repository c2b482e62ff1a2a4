// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "support/diagnostics.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/recurrent_models.hpp"
#include "workloads/import/network/recurrent_network.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

std::string fault(const RecurrentModel& model, const std::string& spec) {
  try {
    (void)quantize_recurrent(model, make_spec(spec), {});
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

RecurrentModel model_of(const ModelShape& shape) {
  Random random(1);
  return make_model(random, shape);
}

constexpr const char* low = "weights: ttq, activations: btq";

}  // namespace

TEST_CASE("a choice that has no meaning for a model is refused: 3 of them") {
  const std::string each = std::string(low) + ", decode: each_step";
  const std::string message =
      "rnn.yaml: error: recurrent.decode=each_step needs a decoder behind one direction, of every step";
  CHECK(fault(model_of({.outputs = 2}), each).empty());
  CHECK(fault(model_of({}), each) == message);
  CHECK(fault(model_of({.reverse = true, .outputs = 2}), each) == message);
  CHECK(fault(model_of({.outputs = 2, .last_only = true}), each) == message);
  CHECK(fault(model_of({.vocabulary = 5}), std::string(low) + ", input: one_hot") ==
        "rnn.yaml: error: recurrent.input=one_hot does not go with an embedding, whose rows are vectors: use "
        "int8 "
        "or btq");
  CHECK(fault(model_of({.reverse = true}), std::string(low) + ", carry_state: true") ==
        "rnn.yaml: error: states are not carried from item to item where a layer runs from the last step to "
        "the "
        "first");
}

TEST_CASE("a scale of 2^18 does not fit the fixed point of a pre-activation, and one below does") {
  RecurrentModel model = model_of({});
  auto& gate = model.layers[0].directions[0].gates[0];
  const auto with = [&](float size) {
    for (float& weight : gate.wh) weight = size;
    return fault(model, low);
  };
  CHECK(with(262143.0F).empty());
  CHECK(with(262144.0F) ==
        "rnn.yaml: node 'l0.i.h': error: its scale or a bias is 262144; fixed point needs them below 2^18");
}

TEST_CASE("weights that are infinite or no number are refused with their place") {
  Graph graph = import_recurrent_network(
      parse_document("format: tricycle-network/1\nname: n\nsequence: 2\nvocabulary: 3\n"
                     "layers:\n  - {name: l, cell: gru, units: 2}\n",
                     "n.yaml"),
      1);
  CHECK(recurrent_model(graph).layers.size() == 1);
  std::get<std::vector<float>>(graph.constants.at("l.R").data)[5] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(recurrent_model(graph),
                    "n.yaml: node 'l': error: GRU: value 5 of its weights is inf: not finite");
  std::get<std::vector<float>>(graph.constants.at("l.R").data)[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(recurrent_model(graph),
                    "n.yaml: node 'l': error: GRU: value 5 of its weights is nan: not finite");
}
