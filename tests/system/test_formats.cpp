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
