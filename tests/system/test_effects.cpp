// SPDX-License-Identifier: Apache-2.0
#include "tests/system/program.hpp"

using tricycle::test::check_refused;
using tricycle::test::small_machine;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

void prepare(const Workspace& here) {
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
}

const std::string run = "run tiny.yaml --arch ./m.yaml -q -o out ";

}  // namespace

TEST_CASE("a density is refused where the array looks at no zeros of these operands") {
  const Workspace here;
  prepare(here);
  const std::string none =
      ": error: changes nothing: the machine 'small' looks at no zeros ('array.zero_skip' is none)";
  check_refused(here, run + "--weight-density 0.5", "--weight-density" + none);
  check_refused(here, run + "--activation-density 0.5 --timing-only", "--activation-density" + none);
  here.write("e.yaml", "workload: ./tiny.yaml\narch: ./m.yaml\nweight_density: 0.5\n");
  check_refused(here, "run e.yaml -q -o out", "--weight-density" + none);
  const std::string skip = run + "--set arch.array.zero_skip=word --set arch.array.zero_skip_operands=";
  check_refused(here, skip + "activations --weight-density 0.5",
                "--weight-density: error: changes nothing: the machine 'small' looks at no zeros of weights "
                "('array.zero_skip_operands')");
  check_refused(
      here, skip + "weights --activation-density 0.5",
      "--activation-density: error: changes nothing: the machine 'small' looks at no zeros of activations "
      "('array.zero_skip_operands')");
  CHECK(here.tricycle(skip + "both --weight-density 0.5 --activation-density 0.5").code == 0);
}

TEST_CASE("verification asked of a timing-only run is refused") {
  const Workspace here;
  prepare(here);
  for (const std::string mode : {"all", "sample"}) {
    check_refused(here, run + "--timing-only --verify " + mode,
                  "--verify: error: a timing-only run computes no values to verify");
  }
  CHECK(here.tricycle(run + "--timing-only --verify off").code == 0);
  CHECK(here.json("out/result.json")["verify"]["mode"] == "off");
}

TEST_CASE("settings of a workload are refused of a replay, which has it lowered") {
  const Workspace here;
  prepare(here);
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml -o net.trace").code == 0);
  for (const std::string setting :
       {"workload.seed=2", "recurrent.weights=ttq", "formats.weights.dram=trit5"}) {
    check_refused(here, "replay net.trace --arch ./m.yaml -q -o out --set " + setting,
                  "--set " + setting +
                      ": error: a trace is lowered already; only keys that start with 'arch.' can be set");
  }
  CHECK(here.tricycle("replay net.trace --arch ./m.yaml -q -o out --set arch.vector.lanes=4").code == 0);
}

TEST_CASE("inspect refuses keys and options that change nothing it prints") {
  const Workspace here;
  prepare(here);
  for (const std::string setting : {"arch.array.rows=4", "formats.weights.dram=trit5", "nothing=1"}) {
    check_refused(here, "inspect tiny.yaml --set " + setting,
                  "--set " + setting + ": error: a key of a model starts with 'workload.' or 'recurrent.'");
  }
  check_refused(here, "inspect tiny.yaml --vocabulary v.txt",
                "--vocabulary: error: changes nothing that 'inspect' prints of this model");
  check_refused(here, "inspect hitnet-lstm-ptb --calibrate c.npy",
                "--calibrate: error: changes nothing that 'inspect' prints of this model");
  CHECK(here.tricycle("inspect tiny.yaml --set workload.seed=2").code == 0);
}
