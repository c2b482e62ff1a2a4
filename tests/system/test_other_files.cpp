// SPDX-License-Identifier: Apache-2.0
// Files of other tools, of editors and of archives, where the program wants its own.
#include "tests/system/program.hpp"

namespace fs = std::filesystem;
using std::string_literals::operator""s;
using tricycle::test::check_refused;
using tricycle::test::small_machine;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

constexpr const char* workloads =
    "; expected a model (.onnx), a network or an experiment (.yaml), or the name of a network of the zoo";

constexpr const char* pointer =
    "version https://git-lfs.github.com/spec/v1\noid "
    "sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17"
    "e2393\nsize 12345\n";

void pack(const Workspace& here, const std::string& name) {
  REQUIRE(std::system(("gzip -k '" + (here / name).string() + "'").c_str()) == 0);
}

}  // namespace

TEST_CASE("a workload that is a file of another tool is said to be what it is, not an unknown preset") {
  const Workspace here;
  const auto check = [&](const std::string& name, const std::string& content, const std::string& kind) {
    here.write(name, content);
    check_refused(here, "run " + name, name + ": error: is " + kind + workloads);
    check_refused(here, "run ./" + name, "./" + name + ": error: is " + kind + workloads);
    check_refused(here, "inspect " + name, name + ": error: is " + kind + workloads);
  };
  check("topo.csv", "Layer name, IFMAP Height,\nConv1, 224,\n", "a CSV table");
  check("scale.cfg", "[general]\nrun_name = x\n", "a configuration file (.cfg)");
  check("simba.ini", "[hw]\n", "a configuration file (.ini)");
  check("system.json", "{\"a\": 1}", "a JSON file");
  check("net.tflite", "\x1c\0\0\0TFL3"s, "a TensorFlow Lite model");
  check("net.pth", "PK\3\4"s, "a PyTorch file");
  check("net.bin", "abc", "a file of no known ending");
  check("x.npy", "\x93NUMPY\1\0"s, "a NumPy array (.npy)");
  check("t.trace", "tricycle-trace 1\n", "a trace in text form, which 'tricycle replay' simulates");
}

TEST_CASE("a model, a network and an input that Git was to fetch are said to be pointers") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  const std::string expected =
      ": error: is a Git LFS pointer, not the file itself; 'git lfs pull' fetches that";
  for (const char* name : {"m.onnx", "n.yaml", "x.npy"}) here.write(name, pointer);
  check_refused(here, "run m.onnx", "m.onnx" + expected);
  check_refused(here, "run n.yaml", "n.yaml" + expected);
  check_refused(here, "run tiny.yaml --input x.npy", "x.npy" + expected);
  check_refused(here, "replay m.onnx", "m.onnx" + expected);
  check_refused(here, "dram m.onnx --dram DDR4_8Gb_x8_2400", "m.onnx" + expected);
}

TEST_CASE("a machine, a technology, a DRAM and a sweep of another format are said to be what they are") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.cfg", "[architecture_presets]\n");
  here.write("t.csv", "a,b\n");
  check_refused(here, "run tiny.yaml --arch m.cfg",
                "m.cfg: error: is a configuration file (.cfg); expected YAML");
  check_refused(here, "run tiny.yaml --tech t.csv", "t.csv: error: is a CSV table; expected YAML");
  check_refused(here, "run tiny.yaml --dram ./t.csv", "./t.csv: error: is a CSV table; expected YAML");
  check_refused(here, "sweep t.csv -o out", "t.csv: error: is a CSV table; expected YAML");
  check_refused(here, "check t.csv", "t.csv: error: is a CSV table; expected YAML");
}

TEST_CASE("a model that is no ONNX, and an input of another format, are said to be what they are") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.onnx", "\x89HDF\r\n\x1a\n");
  here.write("x.png", "\x89PNG\r\n\x1a\n");
  here.write("x.csv", "1,2\n");
  check_refused(here, "run m.onnx", "m.onnx: error: is an HDF5 file; expected an ONNX model");
  const std::string wanted = "; expected a .npy, .pb (ONNX tensor) or idx file";
  check_refused(here, "run tiny.yaml --input x.png", "x.png: error: is a PNG image" + wanted);
  check_refused(here, "run tiny.yaml --input x.csv", "x.csv: error: is a CSV table" + wanted);
}

TEST_CASE("the YAML of Accelergy and Timeloop is refused by its first key") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("arch.yaml", "architecture:\n  version: 0.4\n");
  here.write("ert.yaml", "ERT:\n  version: 0.4\n");
  here.write("prob.yaml", "problem:\n  shape: cnn\n");
  check_refused(here, "run tiny.yaml --arch arch.yaml",
                "arch.yaml:1:1: error: unknown key 'architecture'; a machine knows name, clock_MHz, array, "
                "weight_memory, activation_memory, accumulator_memory, instruction_memory, weight_stream, "
                "output_stage, vector, fetch, load, "
                "store, sequencer, decoder or dram");
  check_refused(
      here, "run tiny.yaml --tech ert.yaml",
      "ert.yaml:1:1: error: unknown key 'ERT'; a technology knows name, base, projection, corner, stated, "
      "scaling, sram, wire, events or parts");
  check_refused(here, "run prob.yaml",
                "prob.yaml:1:1: error: is no experiment (with a 'workload') and no network (with 'layers')");
}

TEST_CASE("a workload that is YAML of another kind is said to be what it is") {
  const Workspace here;
  here.write("m.yaml", small_machine);
  check_refused(
      here, "run m.yaml",
      "m.yaml:1:1: error: is a machine; expected an experiment (with a 'workload') or a network (with "
      "'layers')");
}

TEST_CASE("a tab that indents YAML is named with its line") {
  const Workspace here;
  here.write("m.yaml", "name: edge\narray:\n\trows: 4\n");
  check_refused(here, "check m.yaml", "m.yaml:3:1: error: a tab indents this line; YAML takes spaces alone");
}

TEST_CASE("traces of DRAM of other versions are refused with their line") {
  const Workspace here;
  here.write("t.stl", "0: Write 0x7fff00001000\n");
  here.write("t.trace", "0x12345680 R\n");
  check_refused(here, "dram t.stl --dram DDR4_8Gb_x8_2400",
                "t.stl:1:4: error: expected read or write, found 'Write'; did you mean 'write'?");
  check_refused(
      here, "dram t.trace --dram DDR4_8Gb_x8_2400",
      "t.trace:1:1: error: cannot tell the format: expected '0x1f40 READ 10' (dramsim3), 'LD 0x1f40' "
      "(ramulator2) or '10: read 0x1f40' (dramsys); or give --format");
}

TEST_CASE("files from Windows and from archives are read as they were meant") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("run tiny.yaml --arch m.yaml -o plain").code == 0);
  const std::string cycles = here.json("plain/result.json")["cycles"].dump();
  const auto check_same = [&](const std::string& arguments) {
    const auto ended = here.tricycle(arguments + " -o other");
    CHECK(ended.err.empty());
    REQUIRE(ended.code == 0);
    CHECK(here.json("other/result.json")["cycles"].dump() == cycles);
    fs::remove_all(here / "other");
  };
  here.write("bom.yaml", "\xef\xbb\xbf"s + small_machine);
  check_same("run tiny.yaml --arch bom.yaml -q");
  pack(here, "m.yaml");
  pack(here, "tiny.yaml");
  check_same("run tiny.yaml.gz --arch m.yaml.gz -q");
  REQUIRE(here.tricycle("lower tiny.yaml --arch m.yaml -o t.trace").code == 0);
  pack(here, "t.trace");
  check_same("replay t.trace.gz -q");
  fs::copy(TRICYCLE_TEST_SOURCE "/workloads/zoo/fatnn-lenet.onnx", here / "lenet.onnx");
  pack(here, "lenet.onnx");
  CHECK(here.tricycle("inspect lenet.onnx.gz").out == here.tricycle("inspect lenet.onnx").out);
}

TEST_CASE("text from Windows is read by every reader of text") {
  const Workspace here;
  here.write("m.yaml", small_machine);
  here.write("tiny.yaml", small_network);
  const auto windows = [&](const std::string& from, const std::string& to) {
    std::string text = "\xef\xbb\xbf";
    for (const char c : here.read(from)) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
    here.write(to, text);
  };
  REQUIRE(here.tricycle("lower tiny.yaml --arch m.yaml --text -o t.tr").code == 0);
  windows("t.tr", "w.tr");
  CHECK(here.tricycle("trace check w.tr").out == "w.tr: ok, 13 instructions for 'small'\n");
  REQUIRE(here.tricycle("trace asm w.tr -o w.trace").code == 0);
  REQUIRE(here.tricycle("trace asm t.tr -o t.trace").code == 0);
  CHECK(here.read("w.trace") == here.read("t.trace"));
  fs::copy(TRICYCLE_TEST_SOURCE "/configs/tech/45nm.yaml", here / "tech.yaml");
  fs::copy(TRICYCLE_TEST_SOURCE "/configs/tech/cacti_45nm.csv", here / "table.csv");
  fs::copy(TRICYCLE_TEST_SOURCE "/configs/tech/stillmaker.csv", here / "stillmaker.csv");
  windows("table.csv", "cacti_45nm.csv");
  windows("tech.yaml", "windows.yaml");
  CHECK(here.tricycle("check windows.yaml").code == 0);
}

TEST_CASE("endings of names count in capitals too") {
  const Workspace here;
  here.write("N.YAML", small_network);
  here.write("M.YML", small_machine);
  CHECK(here.tricycle("run N.YAML --arch M.YML -q -o out").code == 0);
  fs::copy(TRICYCLE_TEST_SOURCE "/workloads/zoo/fatnn-lenet.onnx", here / "m.ONNX");
  CHECK(here.tricycle("inspect m.ONNX").code == 0);
}

TEST_CASE("an input that comes by a pipe is read as from its file") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  here.write("x.idx", "\0\0\x08\x01\0\0\0\x28"s + std::string(40, '\7'));
  REQUIRE(here.tricycle("run tiny.yaml --arch m.yaml --input x.idx -q -o file").code == 0);
  REQUIRE(std::system(("mkfifo '" + (here / "p").string() + "'").c_str()) == 0);
  const auto piped = here.tricycle("list > .nothing; cat x.idx > p & '" TRICYCLE_PROGRAM
                                   "' run tiny.yaml --arch m.yaml --input p -q -o pipe");
  CHECK(piped.err.empty());
  REQUIRE(piped.code == 0);
  CHECK(here.json("pipe/result.json")["outputs"] == here.json("file/result.json")["outputs"]);
  CHECK(here.json("pipe/result.json")["input"]["sha256"] == here.json("file/result.json")["input"]["sha256"]);
}

TEST_CASE("what is no trace, no table, no vocabulary and no trained weights is said to be what it is") {
  const Workspace here;
  here.write("x.npy", "\x93NUMPY\1\0"s);
  here.write("t.csv", "a\n");
  here.write("empty", "");
  check_refused(here, "replay x.npy", "x.npy: error: is a NumPy array (.npy); expected a trace");
  check_refused(here, "trace show t.csv", "t.csv: error: is a CSV table; expected a trace");
  check_refused(here, "trace check empty", "empty: error: is an empty file; expected a trace");
  check_refused(here, "dram t.csv --dram DDR4_8Gb_x8_2400",
                "t.csv: error: is a CSV table; expected a trace of DRAM requests");
  check_refused(here, "validate finn x.npy",
                "x.npy: error: is a NumPy array (.npy); expected a table (.csv)");
}

TEST_CASE("YAML of another kind than was asked for is said to be what it is") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  check_refused(here, "run tiny.yaml --arch tiny.yaml",
                "tiny.yaml:1:1: error: is a network; expected a machine");
  check_refused(here, "run tiny.yaml --tech m.yaml",
                "m.yaml:1:1: error: is a machine; expected a technology");
  check_refused(here, "sweep m.yaml -o out", "m.yaml:1:1: error: is a machine; expected a sweep");
  here.write("t.trc", "0x0 READ 0\n");
  check_refused(here, "dram t.trc --dram m.yaml", "m.yaml:1:1: error: is a machine; expected a DRAM");
}

TEST_CASE("a preset's name with an ending, or in capitals, gets its name") {
  const Workspace here;
  check_refused(here, "run mlp-mnist.yaml",
                "workload: error: no file 'mlp-mnist.yaml' here; the preset is called 'mlp-mnist'");
  check_refused(here, "run mlp-mnist --arch EDGE",
                "--arch: error: no preset 'EDGE' in configs/arch; did you mean 'edge'?");
  fs::create_directory(here / "dir");
  check_refused(
      here, "run dir",
      "workload: error: no preset 'dir' in workloads/zoo; a folder has this name, where a file is expected");
}

TEST_CASE("a trace of DRAM is read with a byte-order mark and packed") {
  const Workspace here;
  const std::string trace = "0x0 READ 0\n0x40 READ 4\n0x80 WRITE 9\n";
  here.write("t.trc", trace);
  const std::string options = " --dram DDR4_8Gb_x8_2400 --json";
  const auto report_of = [&](const std::string& file) {
    const auto ended = here.tricycle("dram " + file + options);
    CHECK(ended.err.empty());
    nlohmann::json report = nlohmann::json::parse(ended.out);
    report.erase("trace");
    return report.dump();
  };
  const std::string expected = report_of("t.trc");
  here.write("bom.trc", "\xef\xbb\xbf" + trace);
  CHECK(report_of("bom.trc") == expected);
  pack(here, "t.trc");
  CHECK(report_of("t.trc.gz") == expected);
}
