// SPDX-License-Identifier: Apache-2.0
// Every key of a run is one and the same thing on the command line, in an experiment and in a sweep.
#include <algorithm>
#include <map>
#include <set>

#include "sim/cli/explain.hpp"
#include "sim/experiment/request.hpp"
#include "support/document.hpp"
#include "tests/system/program.hpp"

using tricycle::Document;
using tricycle::test::check_refused;
using tricycle::test::small_machine;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

/// For each key of a run, a value that is not its default.
const std::map<std::string, std::string>& values() {
  static const std::map<std::string, std::string> values = {
      {"name", "other"},
      {"workload", "./tiny.yaml"},
      {"arch", "./m.yaml"},
      {"dram", "DDR4_8Gb_x8_2400"},
      {"tech", "./t.yaml"},
      {"input", "./in.npy"},
      {"input_part", "0:0.5"},
      {"limit", "1"},
      {"input_scale", "1/128"},
      {"input_mean", "0.5"},
      {"input_std", "0.25"},
      {"labels", "./labels.npy"},
      {"calibrate", "./in.npy"},
      {"vocabulary", "./v.txt"},
      {"allow_unsupported", "true"},
      {"datapath", "ternary_planes"},
      {"seed", "3"},
      {"reference", "all"},
      {"verify", "sample"},
      {"weight_density", "0.5"},
      {"activation_density", "0.75"},
      {"timing_only", "true"},
      {"lockstep", "true"},
      {"cycle_limit", "1000000"},
      {"timeline", "true"},
      {"ledger", "true"},
      {"dram_trace", "./t.stl"},
      {"dram_trace_format", "dramsys"},
  };
  return values;
}

Document parse(const std::string& text) {
  return tricycle::parse_document(text, "x.yaml");
}

/// The words of an experiment that says one key beside its workload.
std::string experiment(const std::string& key) {
  const std::string workload = key == "workload" ? "" : "workload: ./tiny.yaml\n";
  const std::string trace = key == "dram_trace_format" ? "dram_trace: ./t.stl\n" : "";
  return workload + trace + key + ": " + values().at(key) + "\n";
}

std::vector<std::string> arguments(const std::string& text) {
  return tricycle::arguments_of(tricycle::read_request(parse(text), "an experiment"));
}

/// An option or two that a run takes, as a shell has them.
std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void prepare(const Workspace& here) {
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
}

}  // namespace

TEST_CASE("each of the 28 keys of a run has a value in these tests") {
  const std::vector<std::string> keys = tricycle::request_keys();
  CHECK(keys.size() == 28);
  for (const std::string& key : keys) {
    INFO(key);
    CHECK(values().count(key) == 1);
  }
}

TEST_CASE("each key of a run that an experiment says becomes a word of the command line") {
  for (const std::string& key : tricycle::request_keys()) {
    INFO(key);
    const std::string line = joined(arguments(experiment(key)));
    if (key == "workload") {
      CHECK(line.starts_with("./tiny.yaml "));
    } else if (key == "dram") {
      CHECK(line.ends_with(" --set arch.dram.kind=DDR4_8Gb_x8_2400"));
    } else {
      const bool flag = values().at(key) == "true";
      const std::string option = tricycle::option_of(key) + (flag ? "" : " " + values().at(key));
      CHECK((line + " ").find(" " + option + " ") != std::string::npos);
    }
  }
}

TEST_CASE("run --help has an option for each key of a run but the workload, which has none") {
  const Workspace here;
  const std::string help = here.tricycle("run --help").out;
  for (const std::string& key : tricycle::request_keys()) {
    INFO(key);
    CHECK((help.find("\n  " + tricycle::option_of(key) + " ") != std::string::npos) == (key != "workload"));
  }
}

TEST_CASE("a run gives the same result whether an experiment or the command line says how") {
  const Workspace here;
  prepare(here);
  here.write("e.yaml",
             "workload: ./tiny.yaml\narch: ./m.yaml\nname: x\nseed: 3\nverify: sample\ntimeline: true\n"
             "datapath: ternary_planes\nlockstep: true\ncycle_limit: 1000000\narch.array.rows: 4\n"
             "dram: DDR4_8Gb_x8_2400\nreference: all\n");
  REQUIRE(here.tricycle("run e.yaml -q -o one").code == 0);
  REQUIRE(here.tricycle("run ./tiny.yaml --arch ./m.yaml --name x --seed 3 --verify sample --timeline "
                        "--datapath ternary_planes --lockstep --cycle-limit 1000000 --set arch.array.rows=4 "
                        "--dram DDR4_8Gb_x8_2400 --reference all -q -o two")
              .code == 0);
  for (const char* file : {"result.json", "layers.csv", "timeline.json"}) {
    INFO(file);
    CHECK(here.read(std::string("one/") + file) == here.read(std::string("two/") + file));
  }
  // The order of settings is that of the file, and of options with --dram last.
  const std::string one = here.read("one/effective.yaml");
  CHECK(one.find("  lockstep: true\n") != std::string::npos);
  CHECK(one.find("  datapath: ternary_planes\n") != std::string::npos);
  CHECK(one.find("  - \"arch.array.rows=4\"\n") != std::string::npos);
  CHECK(one.find("  dram: \"DDR4_8Gb_x8_2400\"\n") != std::string::npos);
}

TEST_CASE("the command line wins over an experiment, key by key") {
  const Workspace here;
  prepare(here);
  here.write("e.yaml",
             "workload: ./tiny.yaml\narch: ./m.yaml\nverify: sample\ntiming_only: true\n"
             "arch.array.rows: 4\ndram: DDR4_8Gb_x8_2400\n");
  check_refused(here, "run e.yaml -o out",
                "e.yaml:3:9: error: a timing-only run computes no values to verify");
  REQUIRE(
      here.tricycle("run e.yaml --timing-only=false --set arch.array.rows=1 --dram ideal -q -o out").code ==
      0);
  const std::string effective = here.read("out/effective.yaml");
  CHECK(effective.find("  timing_only: false\n") != std::string::npos);
  CHECK(effective.find("    rows: 1\n") != std::string::npos);
  CHECK(effective.find("    kind: \"ideal\"\n") != std::string::npos);
  CHECK(effective.find("  verify: sample\n") != std::string::npos);
}

TEST_CASE("a DRAM that is said twice in one place is an error there") {
  const Workspace here;
  prepare(here);
  here.write("e.yaml", "workload: ./tiny.yaml\ndram: ideal\narch.dram.kind: ideal\n");
  check_refused(here, "run e.yaml -o out",
                "e.yaml:2:7: error: 'arch.dram.kind' is given already, by e.yaml:3:17");
  check_refused(here, "run ./tiny.yaml --dram ideal --set arch.dram.kind=ideal -o out",
                "--dram: error: 'arch.dram.kind' is given already, by --set arch.dram.kind=ideal");
}

TEST_CASE("any key of a run is an axis of a sweep: datapath, seed, machine, DRAM, workload, technology") {
  const Workspace here;
  prepare(here);
  here.write("other.yaml", small_network);
  here.write("sub/none", "");
  here.write("s.yaml",
             "tech: 45nm\n"
             "axes:\n"
             "  workload: [./tiny.yaml, ./other.yaml]\n"
             "  arch: [./m.yaml, edge]\n"
             "  dram: [ideal, DDR4_8Gb_x8_2400]\n"
             "  datapath: [ternary_planes, ternary_fatnn]\n"
             "  seed: [1, 2]\n"
             "  timing_only: [true, false]\n");
  CHECK(here.tricycle("sweep s.yaml -o out").code == 1);
  const std::string table = here.read("out/sweep.csv");
  CHECK(table.starts_with("workload,arch,dram,datapath,seed,timing_only,status,cycles,"));
  CHECK(std::count(table.begin(), table.end(), '\n') == 1 + 64);
  CHECK(table.find("\n./tiny.yaml,./m.yaml,ideal,ternary_planes,1,true,finished,") != std::string::npos);
  CHECK(table.find("\n./other.yaml,edge,DDR4_8Gb_x8_2400,ternary_fatnn,2,false,finished,") !=
        std::string::npos);
  // What fails is the datapath that the small machine lacks, told at its place in the sweep's file.
  CHECK(table.find("\n./tiny.yaml,./m.yaml,ideal,ternary_fatnn,1,true,failed,") != std::string::npos);
}

TEST_CASE("a sweep's base takes every key but those whose file each point would write") {
  const Workspace here;
  prepare(here);
  const std::string axes = "axes:\n  workload.seed: [1]\n";
  here.write("s.yaml",
             "workload: ./tiny.yaml\narch: ./m.yaml\nlockstep: true\nverify: sample\nseed: 2\n"
             "datapath: ternary_planes\ncycle_limit: 100000\narch.array.cols: 8\nname: s\n" +
                 axes);
  REQUIRE(here.tricycle("sweep s.yaml -o out").code == 0);
  std::string point;
  for (const auto& entry : std::filesystem::directory_iterator(here / "out/points")) {
    if (entry.is_directory()) point = entry.path().filename().string();
  }
  const std::string effective = here.read("out/points/" + point + "/effective.yaml");
  CHECK(effective.find("  lockstep: true\n") != std::string::npos);
  CHECK(effective.find("  cycle_limit: 100000\n") != std::string::npos);
  CHECK(effective.find("    cols: 8\n") != std::string::npos);
  here.write("t.yaml", "workload: ./tiny.yaml\ndram_trace: ./x.trc\n" + axes);
  const auto refused = [&](const std::string& message) {
    const auto ended = here.tricycle("sweep t.yaml -o none");
    CHECK(ended.code == 2);
    CHECK(ended.err == message + "\n");
  };
  refused("t.yaml:2:1: error: 'dram_trace' is of one run: every point would write that file");
  here.write("t.yaml", "workload: ./tiny.yaml\naxes:\n  dram_trace: [./x.trc]\n");
  refused("t.yaml:3:3: error: 'dram_trace' is no axis: every point would write that file");
  here.write("t.yaml", "workload: ./tiny.yaml\naxes:\n  datapth: [mac]\n");
  refused("t.yaml:3:3: error: 'datapth' is no axis; did you mean 'datapath'?");
  here.write("t.yaml", "workload: ./tiny.yaml\naxes:\n  datapath: [mac, macc]\n");
  refused(
      "t.yaml:3:19: error: 'datapath' expects binary, ternary_fatnn, ternary_planes, bitserial, shift or "
      "mac, "
      "not 'macc'; did you mean 'mac'?");
  here.write("t.yaml", "workload: ./tiny.yaml\naxes:\n  limit: [1, 0]\n");
  refused("t.yaml:3:14: error: 'limit' expects an integer from 1 to 1099511627776, not '0'");
}

TEST_CASE("an axis wins over a section of the base, and a key that stands twice in one file is an error") {
  const Workspace here;
  prepare(here);
  const std::string base =
      "workload: ./tiny.yaml\narch: ./m.yaml\ntiming_only: true\nformats: {weights: {dram: trit5}}\n";
  here.write("s.yaml", base + "axes:\n  formats.weights.dram: [trit5, planes]\n");
  CHECK(here.tricycle("sweep s.yaml -o out").code == 0);
  CHECK(here.read("out/sweep.csv").find("\nplanes,finished,") != std::string::npos);
  std::filesystem::remove_all(here / "out");
  here.write("e.yaml", base + "formats.weights.dram: planes\n");
  check_refused(here, "run e.yaml -o out",
                "e.yaml:5:1: error: 'formats.weights.dram' is given already, by e.yaml:4:27");
  REQUIRE(here.tricycle("run s.yaml -o out").code == 2);
}

TEST_CASE("two points of a sweep that ask for the same run are refused, by check too") {
  const Workspace here;
  prepare(here);
  here.write("s.yaml", "workload: ./tiny.yaml\narch: ./m.yaml\naxes:\n  arch: [./m.yaml, m.yaml]\n");
  const std::string message = "s.yaml:4:20: error: 'm.yaml' asks for the same run as './m.yaml' does";
  check_refused(here, "sweep s.yaml -o out", message);
  check_refused(here, "check s.yaml", message);
}

TEST_CASE("the workload of a sweep is a model or a network, never an experiment") {
  const Workspace here;
  prepare(here);
  here.write("e.yaml", "workload: ./tiny.yaml\narch: ./m.yaml\n");
  here.write("s.yaml", "arch: ./m.yaml\naxes:\n  workload: [./tiny.yaml, ./e.yaml]\n");
  check_refused(
      here, "sweep s.yaml -o out",
      "s.yaml:3:27: error: './e.yaml' is an experiment; the workload of a sweep is a model or a network");
}

TEST_CASE("words of a file stay words: with a comment's mark, a colon or a bracket in them, and in lists") {
  const Workspace here;
  prepare(here);
  std::filesystem::create_directory(here / "d #1");
  here.write("d #1/dram.yaml",
             tricycle::test::slurp(TRICYCLE_TEST_SOURCE "/configs/dram/DDR4_8Gb_x8_2400.yaml"));
  here.write("d #1/e.yaml",
             "workload: ../tiny.yaml\narch: ../m.yaml\ndram: dram.yaml\ntiming_only: true\n"
             "arch.name: \"a: [b] #c\"\narch.array.datapaths: [ternary_planes, mac]\n");
  REQUIRE(here.tricycle("run 'd #1/e.yaml' -q -o out").code == 0);
  const std::string effective = here.read("out/effective.yaml");
  CHECK(effective.find("\n  name: \"a: [b] #c\"\n") != std::string::npos);
  CHECK(effective.find("\n  dram: \"dram.yaml\"\n") != std::string::npos);
  CHECK(effective.find("    datapaths: [ternary_planes, mac]\n") != std::string::npos);
}

TEST_CASE("a flag takes true and false alone, and a misspelt section has its nearest word") {
  const Workspace here;
  prepare(here);
  check_refused(here, "run ./tiny.yaml --timing-only=maybe -o out",
                "--timing-only: error: 'timing_only' expects true or false, not 'maybe'");
  check_refused(here, "run ./tiny.yaml --name= -o out", "--name: error: expects a value, not nothing");
  here.write("e.yaml", "workload: ./tiny.yaml\nrecurent: {weights: ttq}\n");
  check_refused(here, "run e.yaml -o out",
                "e.yaml:2:1: error: unknown key 'recurent'; did you mean 'recurrent'?");
}

TEST_CASE("a replay says of its trace what the trace says: machine and bytes") {
  const Workspace here;
  prepare(here);
  REQUIRE(here.tricycle("lower ./tiny.yaml --arch ./m.yaml --input-scale 1/3 -o t.trace").code == 0);
  REQUIRE(here.tricycle("replay t.trace -q -o out").code == 0);
  const std::string effective = here.read("out/effective.yaml");
  CHECK(effective.find("\n  arch: \"small\"\n") != std::string::npos);
  CHECK(effective.find("\n  input_scale: \"1/3\"\n") != std::string::npos);
}

TEST_CASE("explain prints type, unit, range, default and meaning of a key") {
  CHECK(tricycle::explain("arch.array.rows") ==
        "arch.array.rows\n"
        "  rows of PEs: output positions (pixels, tokens or batch) worked on at a time\n"
        "  type: integer, 1 to 4096\n"
        "  unit: PEs\n"
        "  required\n"
        "  where: a machine (configs/arch) without the prefix `arch.`; `--set KEY=VALUE`; an experiment, a "
        "sweep's "
        "base or one of its axes\n");
  CHECK(tricycle::explain("--input-scale") == tricycle::explain("input_scale"));
  CHECK(tricycle::explain("input-scale") == tricycle::explain("input_scale"));
  CHECK(tricycle::explain("--arch").find("arch.array") == std::string::npos);
  CHECK(tricycle::explain("arch").find("arch.array.rows") != std::string::npos);
  CHECK(tricycle::explain("dram.timing.CL") == tricycle::explain("arch.dram.device.timing.CL"));
  CHECK(tricycle::explain("tRCDRD").starts_with("arch.dram.device.timing.tRCDRD\n  activate to read\n"));
}

TEST_CASE("explain of a section lists its keys") {
  const std::string text = tricycle::explain("arch.array");
  CHECK(text.starts_with("arch.array\n  the processing array\n"));
  for (const char* key : {"arch.array.rows", "arch.array.feeder.kind", "arch.array.folding[].lanes"}) {
    INFO(key);
    CHECK(text.find(std::string("\n  ") + key + " ") != std::string::npos);
  }
  CHECK(text.find("weight_memory") == std::string::npos);
}

TEST_CASE("explain of what nobody knows names the nearest key and ends with exit code 2") {
  const Workspace here;
  check_refused(here, "explain arch.array.rowz",
                "explain: error: no key is called 'arch.array.rowz'; did you mean 'arch.array.rows'?");
  check_refused(
      here, "explain qqqqqqqqqqqq",
      "explain: error: no key is called 'qqqqqqqqqqqq'; 'tricycle explain' without a key lists all");
}

TEST_CASE("every key has a meaning, and no two tables have the same key") {
  std::set<std::string> seen;
  for (const tricycle::KeyTable& table : tricycle::key_tables()) {
    for (const tricycle::FieldEntry& entry : table.entries) {
      INFO(entry.key);
      CHECK_FALSE(entry.meaning.empty());
      CHECK((entry.section || !entry.standard.empty() || entry.key.ends_with(".source")));
      CHECK(seen.insert(entry.key).second);
    }
  }
  CHECK(seen.size() > 150);
}

TEST_CASE("docs/keys.md is what explain --page prints") {
  const Workspace here;
  const auto ended = here.tricycle("explain --page");
  CHECK(ended.code == 0);
  CHECK(ended.out == tricycle::test::slurp(TRICYCLE_TEST_SOURCE "/docs/keys.md"));
}
