// SPDX-License-Identifier: Apache-2.0
// Models that made earlier versions hang, crash or give numbers that only looked right. The models of other
// people are read from ../shared/cases, where that is there.
#include <cmath>

#include "tests/system/program.hpp"

using tricycle::test::Workspace;

namespace {

/// Runs a hostile model: its exit code and what it says, without the folder. No result stays where it fails.
std::pair<int, std::string> ended(const std::string& folder, const std::string& arguments) {
  const Workspace here;
  const auto run = here.tricycle("run '" + folder + "'/" + arguments + " -q -o out");
  CHECK(here.has("out") == (run.code <= 1));
  std::string err = run.err;
  while (err.ends_with('\n')) err.pop_back();
  return {run.code, err.starts_with(folder) ? err.substr(folder.size() + 1) : err};
}

}  // namespace

TEST_CASE("models that hang, crash or lie elsewhere are refused by node and reason, or computed") {
  const std::string folder = tricycle::test::shared_folder("cases/hostile");
  if (folder.empty()) return;
  const auto refused = [&](const std::string& arguments, const std::string& message) {
    for (const char* more : {"", " --allow-unsupported", " --verify off", " --timing-only"}) {
      INFO(arguments << more);
      CHECK(ended(folder, arguments + more) == std::pair(2, message));
    }
  };
  refused("bias_minus_inf_hang.onnx",
          "bias_minus_inf_hang.onnx: node 'Addy': error: Add: input 2 ('b2') holds -inf: expected finite "
          "numbers");
  refused("bias_inf.onnx",
          "bias_inf.onnx: node 'Gemmh': error: Gemm: input 3 ('b') holds inf: expected finite numbers");
  refused("bn_nan.onnx",
          "bn_nan.onnx: node 'BatchNormalizationbnx': error: BatchNormalization: input 2 ('b') holds nan: "
          "expected "
          "numbers");
  refused("var_nan.onnx",
          "var_nan.onnx: node 'BatchNormalizationbnx': error: BatchNormalization: input 5 ('v') holds nan: "
          "expected "
          "numbers");
  refused("var_neg.onnx",
          "var_neg.onnx: node 'BatchNormalizationbnx': error: BatchNormalization: the variance of channel 0 "
          "is -1: "
          "with the epsilon 1e-05 it has no root to divide by");
  refused("dupinit.onnx", "dupinit.onnx: error: has two initializers called 'w'");
  refused("onnx_fuzz_3.onnx",
          "onnx_fuzz_3.onnx: error: 1 nodes do not lie on the way from the input to the output");
  refused("test_gru_seq_length.onnx --arch recurrent-fp32",
          "test_gru_seq_length.onnx: node 'GRU_0': error: GRU: its weights are not constant: only constant "
          "ones run "
          "on the machine");
  for (const std::string name : {"onnx_map_at_1.onnx", "onnx_map_at_2.onnx"}) {
    const auto [code, message] = ended(folder, name + " --allow-unsupported");
    CHECK(code == 2);
    CHECK(message.starts_with(name + ": "));
    CHECK(message.find("map::at") == std::string::npos);
  }
}

TEST_CASE("models that gave wrong values elsewhere give those of ONNX") {
  const std::string folder = tricycle::test::shared_folder("cases/hostile");
  if (folder.empty()) return;
  const std::pair<int, std::string> right = {0, ""};
  CHECK(ended(folder, "maxpool_2d_dilations.onnx") == right);
  CHECK(ended(folder, "mk_lstm.onnx --arch recurrent-fp32") == right);
  // NaNs are the same whatever their sign: from an infinite input here.
  CHECK(ended(folder, "mk_gru.onnx --arch recurrent-fp32 --input '" + folder + "/f_inf_5x1x3.npy'") == right);
  const Workspace here;
  REQUIRE(here.tricycle("run '" + folder + "/zero_scale_last_layer.onnx' -q -o out").code == 0);
  const auto outputs = here.json("out/result.json")["outputs"];
  const auto real = outputs["first"].get<std::vector<double>>();
  REQUIRE(real.size() == 3);
  CHECK(real[0] == 0);
  CHECK(real[1] == 0);
  CHECK(std::fabs(real[2] + 0.7) < 1e-6);
}

TEST_CASE("names with escapes of a terminal are shown as numbers, wherever they come from") {
  const Workspace here;
  const std::string escape = "\x1b[31m", shown = "\\x1b[31m";
  const auto check_clean = [&](const Workspace::Ended& end) {
    CHECK(end.out.find('\x1b') == std::string::npos);
    CHECK(end.err.find('\x1b') == std::string::npos);
  };
  here.write("n.yaml",
             "format: tricycle-network/1\nname: \"net\\e[31m\"\ninput: {features: 8}\nlayers:\n"
             "  - {name: \"a\\e[31m\", units: 4, output: sums}\n");
  here.write("m.yaml", "name: \"m\\e[31m\"\n" + std::string(tricycle::test::small_machine).substr(12));
  check_clean(here.tricycle("run n.yaml --arch m.yaml -o out"));
  check_clean(here.tricycle("inspect n.yaml"));
  check_clean(here.tricycle("lower n.yaml -o t.trace"));
  check_clean(here.tricycle("trace show t.trace"));
  here.write("bad" + escape + ".yaml", "name: x\n");
  check_clean(here.tricycle("check 'bad" + escape + ".yaml'"));
  check_clean(here.tricycle("run 'bad" + escape + "'"));
  CHECK(
      here.tricycle("check 'bad" + escape + ".yaml'").err.starts_with("bad" + shown + ".yaml:1:1: error: "));
}
