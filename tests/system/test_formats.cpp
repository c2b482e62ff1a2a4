// SPDX-License-Identifier: Apache-2.0
#include "tests/system/program.hpp"

using tricycle::test::Workspace;

namespace {

const char* const network =
    "format: tricycle-network/1\nname: net\n"
    "input: {channels: 40, height: 6, width: 6, encoding: ternary}\nlayers:\n"
    "  - {name: conv1, conv: {filters: 24, kernel: 3, pad: 1}, weights: ternary, output: ternary}\n"
    "  - {name: conv2, conv: {filters: 40, kernel: 1}, weights: ternary, output: ternary}\n";

nlohmann::json packing(const nlohmann::json& result, const std::string& layer) {
  for (const auto& row : result["layers"]) {
    if (row["name"] == layer) return row["packing"];
  }
  return {};
}

}  // namespace

TEST_CASE("formats of an experiment and of the command line give the same outputs and other bytes") {
  const Workspace here;
  here.write("net.yaml", network);
  here.write("experiment.yaml",
             "workload: ./net.yaml\nformats:\n  weights: {dram: trit5, on_chip: planes}\n"
             "  layers: {conv2: {dram: bitmap, on_chip: trit2}}\n");
  REQUIRE(here.tricycle("run ./net.yaml -q -o plain").code == 0);
  REQUIRE(here.tricycle("run experiment.yaml -q -o packed").code == 0);
  REQUIRE(here.tricycle("run experiment.yaml -q -o other --set formats.layers.conv2.dram=planes").code == 0);
  const auto plain = here.json("plain/result.json"), packed = here.json("packed/result.json");
  CHECK(plain["outputs"] == packed["outputs"]);
  CHECK(packed["verify"]["mismatches"] == 0);
  CHECK(packing(plain, "conv1")["dram_format"] == "planes");
  CHECK(packing(plain, "conv1")["dram_bytes"] == 24 * 9 * 16);  // 40 trits in 2 words of 8 bytes
  CHECK(packing(packed, "conv1")["dram_format"] == "trit5");
  CHECK(packing(packed, "conv1")["dram_bytes"] == 24 * 72);
  CHECK(packing(packed, "conv2")["dram_format"] == "bitmap");
  CHECK(packing(packed, "conv2")["on_chip_format"] == "trit2");
  CHECK(packing(here.json("other/result.json"), "conv2")["dram_format"] == "planes");
  const auto& all = packed["memory"]["packing"];
  const auto sum =
      all["values_bytes"].get<int>() + all["metadata_bytes"].get<int>() + all["padding_bytes"].get<int>();
  CHECK(sum == all["dram_bytes"]);
  CHECK(all["entropy_bytes"].get<int>() <= all["dram_bytes"].get<int>());
  CHECK(packed["memory"]["theoretical_saving"]["two_bits"] == 16);
  CHECK(plain["counters"]["load.decoded_elements"] == 0);
  CHECK(packed["counters"]["load.decoded_elements"].get<int>() >= 24 * 360 + 40 * 24);
  CHECK(packed["counters"]["array.decoded_elements"].get<int>() > 0);
}

TEST_CASE("a trace with packed weights replays with the result of its run") {
  const Workspace here;
  here.write("net.yaml", network);
  const std::string formats =
      " --set formats.weights.dram=bitmap --set formats.weights.on_chip=trit5 --set "
      "arch.array.decoder_elements_per_cycle=64 ";
  REQUIRE(here.tricycle("run ./net.yaml -q -o run" + formats).code == 0);
  REQUIRE(here.tricycle("lower ./net.yaml -o net.trace" + formats).code == 0);
  REQUIRE(here.tricycle("replay net.trace -q -o replayed").code == 0);
  const auto run = here.json("run/result.json"), replayed = here.json("replayed/result.json");
  for (const char* key : {"cycles", "energy_pJ", "layers", "memory", "outputs"}) {
    INFO(key);
    CHECK(run[key] == replayed[key]);
  }
}

TEST_CASE("a format, a memory, a layer or a key that does not exist is refused with the nearest one") {
  const Workspace here;
  here.write("net.yaml", network);
  const auto refused = [&](const std::string& setting, const std::string& message) {
    const auto ended = here.tricycle("run ./net.yaml -q -o out --set " + setting);
    CHECK(ended.code == 2);
    CHECK(ended.err == message + "\n");
  };
  refused("formats.weights.dram=trit55",
          "--set formats.weights.dram=trit55: error: 'dram' expects trit2, planes, trit5 or bitmap, not "
          "'trit55'; did you mean 'trit5'?");
  refused("formats.weights.onchip=trit5",
          "--set formats.weights.onchip=trit5: error: a choice of formats expects dram or on_chip, not "
          "'onchip'; did you mean 'on_chip'?");
  refused(
      "formats.weight.dram=trit5",
      "--set formats.weight.dram=trit5: error: 'formats' expects weights or layers, not 'weight'; did you "
      "mean 'weights'?");
  refused(
      "formats.layers.conv3.dram=trit5",
      "./net.yaml: error: no layer with weights is called 'conv3', whose formats are chosen; did you mean "
      "'conv1'?");
  here.write("e.yaml", "workload: ./net.yaml\nformats:\n  weights: {dram: int8}\n");
  CHECK(here.tricycle("run e.yaml").err ==
        "e.yaml:3:19: error: 'dram' expects trit2, planes, trit5 or bitmap, not 'int8'\n");
}

namespace {

/// Seven layers: the first five of int8 weights, the others of ternary ones.
const char* const mixed =
    "format: tricycle-network/1\nname: net\ninput: {features: 64, encoding: ternary}\nlayers:\n"
    "  - {name: a, units: 32, weights: int8, output: uint8}\n"
    "  - {name: b, units: 32, weights: int8, output: uint8}\n"
    "  - {name: c, units: 32, weights: int8, output: uint8}\n"
    "  - {name: d, units: 32, weights: int8, output: uint8}\n"
    "  - {name: e, units: 32, weights: int8, output: uint8}\n"
    "  - {name: f, units: 32, weights: ternary, output: ternary}\n"
    "  - {name: g, units: 8, weights: ternary, output: scaled}\n";

/// A run that must not be: its message, exit code 2 and nothing written.
std::string refusal(const Workspace& here, const std::string& arguments) {
  const auto ended = here.tricycle("run " + arguments + " -q -o out");
  CHECK(ended.code == 2);
  CHECK_FALSE(here.has("out"));
  return ended.err;
}

}  // namespace

TEST_CASE("a format that changes no layer is an error that names the layers and, of each kind, why") {
  const Workspace here;
  here.write("net.yaml", mixed);
  for (const std::string memory : {"dram", "on_chip"}) {
    CHECK(refusal(here, "./net.yaml --set arch.array.datapaths=[bitserial] --set formats.weights." + memory +
                            "=trit5") ==
          "./net.yaml: error: 'formats.weights." + memory +
              "=trit5' changes no layer: 'a', 'b', 'c' and 2 more have int8 weights; 'f' and 'g' run on "
              "bitserial, which has no packings\n");
  }
  here.write("e.yaml",
             "workload: ./net.yaml\nformats:\n  weights: {dram: trit5}\n  layers: {g: {dram: bitmap}}\n");
  CHECK(
      refusal(here, "e.yaml") ==
      "./net.yaml: error: 'formats.weights.dram=trit5' changes no layer: 'a', 'b', 'c' and 2 more have int8 "
      "weights; 'f' runs on bitserial, which has no packings; 'g' has a format of its own\n");
  CHECK(here.tricycle("run e.yaml -q -o out --set formats.weights.dram=planes").code == 2);
}

TEST_CASE("a format asked of one layer that does not take it is an error with its datapath") {
  const Workspace here;
  here.write("net.yaml", mixed);
  for (const std::string memory : {"dram", "on_chip"}) {
    CHECK(refusal(here, "./net.yaml --set formats.layers.a." + memory + "=trit5") ==
          "./net.yaml: node 'a': error: its weights are s8 on the datapath bitserial; formats are chosen of "
          "ternary weights, on ternary_planes or ternary_fatnn\n");
  }
}

TEST_CASE("a format that layers have already is taken, and one that some layers take goes for these") {
  const Workspace here;
  here.write("net.yaml", network);
  CHECK(here.tricycle("run ./net.yaml -q -o same --set formats.weights.dram=planes").code == 0);
  here.write("mixed.yaml", mixed);
  REQUIRE(here.tricycle("run ./mixed.yaml -q -o some --set formats.weights.dram=trit5").code == 0);
  const auto result = here.json("some/result.json");
  CHECK(packing(result, "a")["dram_format"] == "s8");
  CHECK(packing(result, "g")["dram_format"] == "trit5");
}

TEST_CASE("a datapath that no layer takes is an error that names the layers and their operands") {
  const Workspace here;
  here.write("net.yaml", mixed);
  CHECK(
      refusal(here, "./net.yaml --datapath binary") ==
      "./net.yaml: error: no layer takes the datapath binary: 'a' has ternary activations and int8 weights; "
      "'b', 'c', 'd' and 1 more have uint8 activations and int8 weights; 'f' has uint8 activations and "
      "ternary weights; 'g' has ternary activations and ternary weights\n");
  here.write("e.yaml", "workload: ./net.yaml\ndatapath: mac\n");
  CHECK(refusal(here, "e.yaml") ==
        "./net.yaml: error: no layer takes the datapath mac: the machine 'edge' has none\n");
  CHECK(here.tricycle("run ./net.yaml -q -o some --datapath ternary_fatnn").code == 0);  // g does
  here.write("pool.yaml",
             "format: tricycle-network/1\nname: pool\n"
             "input: {channels: 32, height: 4, width: 4, encoding: ternary}\nlayers:\n"
             "  - {name: p, pool: {kind: max, kernel: 2}}\n");
  CHECK(refusal(here, "./pool.yaml --datapath bitserial") ==
        "./pool.yaml: error: no layer takes the datapath bitserial: no layer has weights\n");
}

TEST_CASE("in a sweep, the points whose format changes no layer fail with the reason, and the others run") {
  const Workspace here;
  here.write("net.yaml", network);
  here.write("s.yaml",
             "workload: ./net.yaml\narch: edge\naxes:\n"
             "  arch.array.datapaths: ['[bitserial]', '[ternary_planes]']\n"
             "  formats.weights.dram: [trit5]\n");
  CHECK(here.tricycle("sweep s.yaml -o out -j 1").code == 1);
  const std::string csv = here.read("out/sweep.csv");
  CHECK(csv.find("\n[bitserial],trit5,failed,,") != std::string::npos);
  CHECK(csv.find("'formats.weights.dram=trit5' changes no layer: 'conv1' and 'conv2' run on bitserial, which "
                 "has no packings") != std::string::npos);
  CHECK(csv.find("\n[ternary_planes],trit5,finished,") != std::string::npos);
}
