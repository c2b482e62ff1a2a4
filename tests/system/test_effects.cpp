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
  check_refused(here, "run e.yaml -q -o out", "e.yaml:3:17" + none);
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

TEST_CASE("an option that says nothing, or something twice, is refused") {
  const Workspace here;
  prepare(here);
  check_refused(here, "run tiny.yaml --input ''", "--input: error: expects FILE, not nothing");
  check_refused(here, "run tiny.yaml -o ''", "--output: error: expects DIR, not nothing");
  check_refused(here, "run ''", "WORKLOAD: error: expects a value, not nothing");
  check_refused(
      here, "run tiny.yaml --set arch.array.rows=2 --set arch.array.rows=4",
      "--set arch.array.rows=4: error: 'arch.array.rows' is given already, by --set arch.array.rows=2");
  check_refused(here, "run tiny.yaml --dram DDR4_8Gb_x8_2400 --set arch.dram.kind=ideal",
                "--dram: error: 'arch.dram.kind' is given already, by --set arch.dram.kind=ideal");
  check_refused(
      here, "run tiny.yaml --set arch.dram.device.timing.CL=3",
      "--set arch.dram.device.timing.CL=3: error: 'device' changes a DRAM device, and this machine's DRAM is "
      "ideal");
}

TEST_CASE("the notes of what a run read take the place of nothing else") {
  const Workspace here;
  prepare(here);
  check_refused(here, "run tiny.yaml --arch m.yaml --note-reads m.yaml",
                "m.yaml: error: is a file that this command reads; give another for its output");
  check_refused(
      here, "run tiny.yaml --note-reads out/result.json -o out",
      "--note-reads out/result.json: error: lies in the result folder, which is replaced whole; give another "
      "path");
  check_refused(here, "run tiny.yaml --note-reads z --dram-trace z",
                "--note-reads z: error: is where --dram-trace goes; give another path");
  check_refused(here, "run tiny.yaml --cycle-limit 1 --note-reads nowhere/f",
                "nowhere/f: error: cannot be written: No such file or directory");
  CHECK(here.read("m.yaml") == small_machine);
}

TEST_CASE("values of an experiment and of a sweep have the place of their file") {
  const Workspace here;
  prepare(here);
  const auto check = [&](const std::string& line, const std::string& message) {
    here.write("e.yaml", "workload: ./tiny.yaml\n" + line + "\n");
    check_refused(here, "run e.yaml", "e.yaml:2:" + message);
  };
  check("arch: mobil", "7: error: no preset 'mobil' in configs/arch; did you mean 'mobile'?");
  check("tech: 44nm", "7: error: no preset '44nm' in configs/tech; did you mean '45nm'?");
  check("input_scale: abc",
        "14: error: expected a number greater than zero or a fraction such as 1/255, not 'abc'");
  check("input_mean: 1,x",
        "13: error: expected a number, or one for each channel with commas between them, not '1,x'");
  check("labels: l.npy", "9: error: labels need the inputs that they belong to: give --input");
  here.write("s.yaml", "workload: ./tiny.yaml\nverify: sampel\naxes:\n  workload.seed: [1, 2]\n");
  check_refused(
      here, "sweep s.yaml -o out",
      "s.yaml:2:9: error: 'verify' expects all, sample or off, not 'sampel'; did you mean 'sample'?");
}

TEST_CASE("a DRAM that a file names lies beside that file") {
  const Workspace here;
  prepare(here);
  std::filesystem::create_directory(here / "sub");
  std::filesystem::copy(TRICYCLE_TEST_SOURCE "/configs/dram/DDR4_8Gb_x8_2400.yaml", here / "sub/d.yaml");
  here.write("sub/m.yaml", std::string(small_machine) + "dram: {kind: d.yaml}\n");
  CHECK(here.tricycle("run tiny.yaml --arch sub/m.yaml -q -o out").code == 0);
  here.write("sub/s.yaml",
             "workload: ../tiny.yaml\narch: ../m.yaml\naxes:\n  arch.dram.kind: [ideal, d.yaml]\n");
  CHECK(here.tricycle("check sub/s.yaml").out == "sub/s.yaml: ok, a sweep of 2 points\n");
  CHECK(here.tricycle("sweep sub/s.yaml -o points").code == 0);
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

TEST_CASE(
    "a run says what it takes to be ideal: a DRAM that is a pipe, and columns that choose activations") {
  const Workspace here;
  prepare(here);
  const auto keys_of = [&](const std::string& more) {
    const auto done = here.tricycle("run tiny.yaml --arch ./m.yaml -o out " + more);
    REQUIRE(done.code == 0);
    std::string keys;
    const auto result = here.json("out/result.json");
    for (const auto& ideal : result["ideal"]) keys += ideal["key"].get<std::string>() + ' ';
    const bool says = done.out.find("  IDEAL        array.zero_skip: element: ") != std::string::npos;
    CHECK(says == (keys.find("array.zero_skip") != std::string::npos));
    return keys;
  };
  const std::string one_lane = "--set arch.array.lanes.ternary_planes=1 ";
  CHECK(keys_of(one_lane) == "dram.kind ");
  CHECK(keys_of(one_lane + "--set arch.array.zero_skip=element") == "array.zero_skip dram.kind ");
  CHECK(keys_of(one_lane + "--dram DDR4_8Gb_x8_3200").empty());
}
