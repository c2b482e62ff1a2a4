// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "tests/system/program.hpp"

using nlohmann::json;
using tricycle::test::Workspace;

namespace {

/// Runs quietly into the folder `out`: the result.
json result_of(const Workspace& here, const std::string& arguments, const std::string& out = "out") {
  const auto ended = here.tricycle("run " + arguments + " -q -o " + out);
  INFO(arguments << ": " << ended.err);
  REQUIRE(ended.code == 0);
  return here.json(out + "/result.json");
}

/// One of the named members of a list.
json named(const json& list, const std::string& name) {
  for (const json& item : list) {
    if (item["name"] == name) return item;
  }
  FAIL("no " << name);
  return {};
}

double ratio(const json& a, const json& b) {
  return a.get<double>() / b.get<double>();
}

struct Network {
  const char* name;
  int macs, values;
};
constexpr Network networks[] = {{"hitnet-lstm-ptb", 130200000, 899500},
                                {"hitnet-gru-ptb", 123900000, 868000}};

}  // namespace

TEST_CASE(
    "HitNet's LSTM and GRU for Penn Tree Bank run on theirs with none of 899,500 and 868,000 values wrong") {
  const Workspace here;
  for (const Network& network : networks) {
    INFO(network.name);
    const json result = result_of(here, network.name);
    CHECK(result["machine"] == "recurrent");
    CHECK(result["macs"] == network.macs);
    CHECK(result["verify"]["checked"] == network.values);
    CHECK(result["verify"]["mismatches"] == 0);
    CHECK(result["verify"]["overflows"] == 0);
    CHECK(result["outputs"]["shape"] == "[35, 1, 10000]");
    CHECK(result["recurrence"]["steps"] == 35);
    CHECK(result["recurrence"]["per_step"].size() == 35);
  }
}

TEST_CASE("a recurrent network gives the same bytes in lockstep, and replayed from its trace") {
  const Workspace here;
  for (const Network& network : networks) {
    const std::string name = network.name;
    INFO(name);
    static_cast<void>(result_of(here, name, "a"));
    static_cast<void>(result_of(here, name + " --lockstep", "b"));
    REQUIRE(here.tricycle("lower " + name + " -o " + name + ".trace").code == 0);
    REQUIRE(here.tricycle("replay " + name + ".trace -q -o c").code == 0);
    for (const char* file : {"/result.json", "/layers.csv", "/steps.csv"}) {
      CHECK(here.read(std::string("a") + file) == here.read(std::string("b") + file));
      CHECK(here.read(std::string("a") + file) == here.read(std::string("c") + file));
    }
  }
}

TEST_CASE("a seed gives the same outputs on 5 machines of other shapes, and another seed gives others") {
  const Workspace here;
  const std::string shapes[] = {
      "--set arch.array.rows=4 --set arch.array.cols=32",
      "--set arch.array.rows=2 --set arch.array.cols=4 --set arch.vector.lanes=64",
      "--set arch.vector.lanes=1 --set recurrent.projection=in_loop",
      "--set arch.array.word_bits=256 --set recurrent.projection=ahead",
      "--set arch.array.dataflow=weight_stationary --set arch.output_stage.lanes=0"};
  for (const Network& network : networks) {
    const std::string name = std::string(network.name) + " --set workload.sequence=9 ";
    INFO(name);
    const json outputs = result_of(here, name)["outputs"];
    for (const std::string& shape : shapes) {
      INFO(shape);
      const json result = result_of(here, name + shape);
      CHECK(result["outputs"] == outputs);
      CHECK(result["verify"]["mismatches"] == 0);
    }
    CHECK(result_of(here, name + "--seed 1")["outputs"] == outputs);
    CHECK(result_of(here, name + "--seed 2")["outputs"] != outputs);
    CHECK(result_of(here, name + "--set workload.seed=2")["outputs"] != outputs);
  }
}

TEST_CASE("20 sequences go through together with 20 times the MACs and less than 10 times the cycles") {
  const Workspace here;
  for (const Network& network : networks) {
    const std::string name = std::string(network.name) + " --set workload.sequence=5";
    INFO(name);
    const json one = result_of(here, name);
    const json twenty = result_of(here, name + " --set workload.batch=20");
    CHECK(twenty["macs"] == one["macs"].get<int>() * 20);
    CHECK(twenty["verify"]["mismatches"] == 0);
    CHECK(twenty["verify"]["checked"] == one["verify"]["checked"].get<int>() * 20);
    CHECK(ratio(twenty["cycles"], one["cycles"]) < 10);
    for (const char* key : {"weights_bytes", "fp32_weights_bytes", "saving"})
      CHECK(twenty["memory"][key] == one["memory"][key]);
    CHECK(twenty["outputs"]["shape"] == "[5, 20, 10000]");
  }
}

TEST_CASE("the gates' weights are read once, for 35 steps and for 70") {
  const Workspace here;
  for (const Network& network : networks) {
    const std::string name = std::string(network.name) + " --set recurrent.projection=in_loop";
    INFO(name);
    const json once = result_of(here, name), twice = result_of(here, name + " --set workload.sequence=70");
    REQUIRE(twice["recurrence"]["steps"] == 70);
    int gates = 0;
    for (const json& layer : once["layers"]) {
      if (layer["weight_bytes"] == 0 || layer["op"] == "Gather" || layer["name"] == "decoder") continue;
      INFO(layer["name"]);
      CHECK(layer["dram_read_bytes"] == layer["weight_bytes"]);
      CHECK(named(twice["layers"], layer["name"])["dram_read_bytes"] == layer["weight_bytes"]);
      ++gates;
    }
    CHECK(gates == (network.name == std::string("hitnet-lstm-ptb") ? 13 : 10));
    for (const json& gate : twice["recurrence"]["per_gate"]) {
      CHECK(gate["weights_loaded_bytes"]["later_steps"] == 0);
      CHECK(gate["weights"] != "streamed");
    }
  }
}

TEST_CASE("a decoder behind the loop reads its 920,000 bytes once, one in every step 35 times") {
  const Workspace here;
  const std::string name = "hitnet-lstm-ptb --set recurrent.decode=";
  const json once = result_of(here, name + "once"), each = result_of(here, name + "each_step");
  const json behind = named(once["layers"], "decoder"), within = named(each["layers"], "decoder");
  const auto bytes = behind["weight_bytes"].get<int>();
  CHECK(bytes == 920000);
  CHECK(within["weight_bytes"] == bytes);
  CHECK(within["dram_read_bytes"] == 35 * bytes);
  CHECK(behind["dram_read_bytes"].get<int>() < bytes + 35 * 300 * 2);  // and what it multiplies
  CHECK(each["verify"]["mismatches"] == 0);
  CHECK(each["outputs"] == once["outputs"]);
}

TEST_CASE(
    "a twin in float32 runs on recurrent-fp32 and reads 8 to 20 times the bytes of the ternary network") {
  const Workspace here;
  for (const Network& network : networks) {
    const json ternary = result_of(here, network.name),
               real = result_of(here, std::string(network.name) + "-fp32");
    INFO(network.name);
    CHECK(real["machine"] == "recurrent-fp32");
    CHECK(real["macs"] == ternary["macs"]);
    CHECK(real["verify"]["mismatches"] == 0);
    const double read = ratio(real["dram"]["read_bytes"], ternary["dram"]["read_bytes"]);
    const double cycles = ratio(real["cycles"], ternary["cycles"]);
    const double energy = ratio(real["energy_pJ"]["total"], ternary["energy_pJ"]["total"]);
    std::cout << network.name << "-fp32: " << read << " times the bytes read, " << cycles
              << " times the cycles, " << energy << " times the energy\n";
    CHECK(read > 8);
    CHECK(cycles > 2);
    CHECK(energy > 4);
  }
}

namespace {

const char* const char_model = "/rnn/charlstm_128_shakespeare/";

/// The last 5 % of the text that the models of characters were trained on.
std::string last_part(const std::string& models) {
  return " --input '" + models + "/data/tinyshakespeare.txt' --input-part 0.95:1 --verify sample ";
}

/// The network of 128 units in steps of 67, whose characters stand beside it.
std::string char_run(const std::string& models, const std::string& vocabulary) {
  return "'" + models + char_model + "model.onnx' --set workload.T=67 --vocabulary '" + vocabulary + "'" +
         last_part(models);
}
std::string char_run(const std::string& models) {
  return char_run(models, models + char_model + "vocab_and_score.json");
}

}  // namespace

TEST_CASE(
    "the trained ternary LSTM and GRU of 300 units need 2.01 and 2.10 nats for each of 21,440 characters") {
  const std::string models = tricycle::test::shared_models();
  if (models.empty()) return;
  const Workspace here;
  const auto check = [&](const std::string& name, double nats) {
    INFO(name);
    const json result = result_of(here, name + last_part(models) + "--limit 10");
    CHECK(result["language"]["tokens"] == 21440);
    CHECK(result["language"]["not_finite"] == 0);
    CHECK(result["language"]["nats_per_token"].get<double>() == Approx(nats).margin(0.02));
    CHECK(result["verify"]["mismatches"] == 0);
    CHECK(result["memory"]["saving"].get<double>() > 10);
  };
  check("hitnet-lstm300-char", 2.011);
  check("hitnet-gru300-char", 2.10);
}

TEST_CASE(
    "an LSTM of 128 units in float32 needs 1.539 nats for each of 3,350 characters, in 8 bits as many") {
  const std::string models = tricycle::test::shared_models();
  if (models.empty()) return;
  const Workspace here;
  const json real = result_of(here, char_run(models) + "--arch recurrent-fp32 --limit 50");
  CHECK(real["language"]["tokens"] == 3350);
  CHECK(real["language"]["nats_per_token"].get<double>() == Approx(1.539).margin(0.0005));
  CHECK(real["verify"]["mismatches"] == 0);
  const json bytes = result_of(here, char_run(models) +
                                         "--arch recurrent --limit 50 --set recurrent.weights=int8 "
                                         "--set recurrent.activations=int8 --set recurrent.input=one_hot");
  CHECK(bytes["language"]["nats_per_token"].get<double>() == Approx(1.539).margin(0.01));
  CHECK(bytes["verify"]["mismatches"] == 0);
  CHECK(ratio(bytes["cycles"], real["cycles"]) < 1);
  CHECK(bytes["memory"]["saving"].get<double>() > 2.8);
}

TEST_CASE("a vocabulary is a list in JSON or the characters of a text") {
  const std::string models = tricycle::test::shared_models();
  if (models.empty()) return;
  const Workspace here;
  const std::string options = "--arch recurrent-fp32 --limit 1";
  const json list = result_of(here, char_run(models) + options);
  const json tokens =
      json::parse(tricycle::test::slurp(models + char_model + "vocab_and_score.json"))["vocab"];
  std::string characters;
  for (const json& token : tokens) characters += token.get<std::string>();
  here.write("tokens.txt", characters);
  CHECK(result_of(here, char_run(models, "tokens.txt") + options) == list);
  here.write("e.yaml", "workload: " + models + char_model + "model.onnx\narch: recurrent-fp32\nlimit: 1\n" +
                           "vocabulary: tokens.txt\ninput: " + models + "/data/tinyshakespeare.txt\n" +
                           "input_part: 0.95:1\n");
  CHECK(result_of(here, "e.yaml --set workload.T=67")["language"] == list["language"]);
}
