// SPDX-License-Identifier: Apache-2.0
#include "tests/system/program.hpp"

using tricycle::test::check_refused;
using tricycle::test::small_convolutions;
using tricycle::test::small_machine;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

/// The same for `run tiny.yaml` on a bent machine.
void check_machine_refused(const std::string& from, const std::string& to, const std::string& message) {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", replaced(small_machine, from, to));
  check_refused(here, "run tiny.yaml --arch ./m.yaml -o out", message);
}

void check_network_refused(const std::string& from, const std::string& to, const std::string& message) {
  const Workspace here;
  here.write("tiny.yaml", replaced(small_network, from, to));
  here.write("m.yaml", small_machine);
  check_refused(here, "run tiny.yaml --arch ./m.yaml -o out", message);
}

}  // namespace

TEST_CASE("a misspelt key of a machine is named with its place and the nearest key") {
  check_machine_refused(
      "cols:", "colums:", "./m.yaml:3:18: error: unknown key 'colums'; did you mean 'cols'?");
}

TEST_CASE("a key that stands twice in a machine is refused with the line of the first") {
  check_machine_refused("clock_MHz: 100\n", "clock_MHz: 100\nclock_MHz: 200\n",
                        "./m.yaml:3:1: error: duplicate key 'clock_MHz'; it stands already in line 2");
}

TEST_CASE("an array of zero rows is refused with the range of rows") {
  check_machine_refused("rows: 2", "rows: 0",
                        "./m.yaml:3:15: error: 'rows' expects an integer from 1 to 4096, not '0'");
}

TEST_CASE("a huge number of columns is refused with the range of cols") {
  check_machine_refused(
      "cols: 4", "cols: 99999999999999999999",
      "./m.yaml:3:24: error: 'cols' expects an integer from 1 to 4096, not '99999999999999999999'");
}

TEST_CASE("a word that is no multiple of 16 bits is refused with the next that is") {
  check_machine_refused(
      "word_bits: 32", "word_bits: 33",
      "./m.yaml:3:38: error: 'word_bits' must be a multiple of 16, and 33 is not; the next is 48");
}

TEST_CASE("a missing key of a machine is named") {
  check_machine_refused("clock_MHz: 100\n", "", "./m.yaml:1:1: error: a machine needs the key 'clock_MHz'");
}

TEST_CASE("a datapath that does not exist is refused with the nearest one") {
  check_machine_refused(
      "word_bits: 32", "word_bits: 32, datapaths: [ternary_plane]",
      "./m.yaml:3:54: error: 'datapaths' expects binary, ternary_fatnn, ternary_planes, bitserial, shift or "
      "mac, not 'ternary_plane'; did you mean 'ternary_planes'?");
}

TEST_CASE("a memory that does not divide into its banks is refused with a size that would") {
  check_machine_refused(
      "weight_memory: {size_KiB: 8}", "weight_memory: {size_KiB: 8, banks: 3}",
      "./m.yaml:4:27: error: 8 KiB do not divide into 3 banks of whole 32-bit words; 6 or 9 KiB would");
}

TEST_CASE("a memory of two halves that does not divide into their banks is refused with sizes that would") {
  check_machine_refused("weight_memory: {size_KiB: 8}",
                        "weight_memory: {size_KiB: 9, banks: 5, width_bits: 1024, ping_pong: true}",
                        "./m.yaml:4:27: error: 9 KiB do not divide into 2 halves of 5 banks of whole "
                        "1024-bit words; 5 or 10 KiB would");
}

TEST_CASE("ports that no memory has are refused with those that there are") {
  check_machine_refused("weight_memory: {size_KiB: 8}", "weight_memory: {size_KiB: 8, ports: 1rw1r}",
                        "./m.yaml:4:37: error: 'ports' expects 1rw, 1r1w or 2rw, not '1rw1r'; did you mean "
                        "'1rw'?");
}

TEST_CASE("a weight memory too small for any tile is refused with the size that it needs") {
  check_machine_refused(
      "cols: 4, word_bits: 32}\nweight_memory: {size_KiB: 8}",
      "cols: 16, word_bits: 1024}\nweight_memory: {size_KiB: 1, banks: 1, width_bits: 1024}",
      "tiny.yaml: node 'a': error: no tile fits: the smallest needs 1544 bytes of weight_memory, "
      "which has 1024; weight_memory.size_KiB would have to be 2");
}

TEST_CASE("an accumulator memory too small for any tile is refused with the size that it needs") {
  const Workspace here;
  here.write("tiny.yaml", replaced(small_network, "units: 12", "units: 768"));
  std::string machine = replaced(small_machine, "cols: 4", "cols: 512");
  machine = replaced(machine, "weight_memory: {size_KiB: 8}", "weight_memory: {size_KiB: 8, banks: 1}");
  machine =
      replaced(machine, "accumulator_memory: {size_KiB: 1}", "accumulator_memory: {size_KiB: 1, banks: 1}");
  here.write("m.yaml", machine);
  check_refused(
      here, "run tiny.yaml --arch ./m.yaml -o out",
      "tiny.yaml: node 'a': error: no tile fits: the smallest needs 2048 bytes of accumulator_memory, "
      "which has 1024; accumulator_memory.size_KiB would have to be 2");
}

TEST_CASE("an activation memory too small for a window is refused with the size that it needs") {
  const Workspace here;
  here.write("pools.yaml", tricycle::test::wide_pool);
  here.write("m.yaml", small_machine);
  check_refused(
      here, "run pools.yaml --arch ./m.yaml -o out",
      "pools.yaml: node 'p': error: no tile fits: the smallest needs 16392 bytes of activation_memory, "
      "which has 4096; activation_memory.size_KiB would have to be 17");
}

TEST_CASE("a kernel larger than its padded input is refused with both sizes") {
  const Workspace here;
  here.write("c.yaml", replaced(small_convolutions, "kernel: 3, pad: 1", "kernel: 13, pad: 1"));
  check_refused(here, "run c.yaml -o out",
                "c.yaml:5:43: error: a kernel that spans 13 x 13 does not fit a padded input of 12 x 12");
}

TEST_CASE("groups that do not divide the channels are refused with both numbers") {
  const Workspace here;
  here.write("c.yaml", replaced(small_convolutions, "groups: 2", "groups: 3"));
  check_refused(here, "run c.yaml -o out", "c.yaml:7:64: error: 3 groups do not divide 16 input channels");
}

TEST_CASE("a convolution of which no tile fits is refused with the memory and the size that it needs") {
  const Workspace here;
  here.write("c.yaml",
             replaced(replaced(small_convolutions, "height: 10, width: 10", "height: 40, width: 40"),
                      "kernel: 3, pad: 1", "kernel: 33, pad: 1"));
  here.write("m.yaml",
             replaced(small_machine, "weight_memory: {size_KiB: 8}", "weight_memory: {size_KiB: 128}"));
  // With its pool: 34 x 34 positions of 16 channels in 4 bytes, and one of the output, in multiples of 8.
  check_refused(here, "run c.yaml --arch ./m.yaml -o out",
                "c.yaml: node 'a': error: no tile fits: the smallest needs 4632 bytes of activation_memory, "
                "which has 4096; activation_memory.size_KiB would have to be 5");
}

TEST_CASE("a misspelt workload of an experiment has its place") {
  const Workspace here;
  here.write("e.yaml", "name: e\nworkload: mlp-mnits\n");
  check_refused(here, "run e.yaml -o out",
                "e.yaml:2:11: error: no preset 'mlp-mnits' in workloads/zoo; did you mean 'mlp-mnist'?");
}

TEST_CASE("a file that is not there is named") {
  const Workspace here;
  check_refused(here, "run nowhere.onnx -o out", "nowhere.onnx: error: no such file");
  check_refused(here, "replay nowhere.trace -o out", "nowhere.trace: error: no such file");
}

TEST_CASE("a folder in the place of a file is named") {
  const Workspace here;
  std::filesystem::create_directory(here / "d.onnx");
  check_refused(here, "run d.onnx -o out", "d.onnx: error: is a directory; a file is expected");
}

TEST_CASE("an unknown network of the zoo is refused with the nearest one") {
  const Workspace here;
  check_refused(here, "run mlp-mnits -o out",
                "workload: error: no preset 'mlp-mnits' in workloads/zoo; did you mean 'mlp-mnist'?");
}

TEST_CASE("an unknown machine preset is refused with the nearest one") {
  const Workspace here;
  check_refused(here, "run mlp-mnist --arch egde -o out",
                "--arch: error: no preset 'egde' in configs/arch; did you mean 'edge'?");
}

TEST_CASE("a misspelt option or command is refused with the nearest one") {
  const Workspace here;
  check_refused(
      here, "run mlp-mnist --lockstpe",
      "error: unknown option '--lockstpe'; did you mean '--lockstep'?\n(see 'tricycle run --help')");
  check_refused(here, "rnu mlp-mnist",
                "error: unknown command 'rnu'; did you mean 'run'?\n(see 'tricycle --help')");
}

TEST_CASE("a setting of a key that does not exist is refused with the nearest one") {
  const Workspace here;
  check_refused(here, "run mlp-mnist --set arch.array.rwos=4 -o out",
                "--set arch.array.rwos=4: error: unknown key 'rwos'; did you mean 'rows'?");
}

TEST_CASE("a truncated ONNX model is refused") {
  const Workspace here;
  here.write("m.onnx", "\x08\x07\x12\x70");
  check_refused(here, "run m.onnx -o out",
                "m.onnx: error: is no ONNX model, or a truncated one: it does not parse as a ModelProto");
}

TEST_CASE("a model that is empty is refused") {
  const Workspace here;
  here.write("m.onnx", "");
  check_refused(here, "run m.onnx -o out", "m.onnx: error: is an empty file; expected an ONNX model");
}

TEST_CASE("a trace that is damaged, truncated or of another version is refused with the byte") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml -o t.trace").code == 0);
  const std::string trace = here.read("t.trace");
  here.write("short.trace", trace.substr(0, 100));
  check_refused(here, "replay short.trace -o out",
                "short.trace: byte 16: error: section 'head' says it has 124 bytes, but 72 are left: the "
                "file is truncated");
  std::string damaged = trace;
  damaged[40] = static_cast<char>(damaged[40] ^ 1);
  here.write("damaged.trace", damaged);
  const auto ended = here.tricycle("replay damaged.trace -o out");
  CHECK(ended.code == 2);
  CHECK(ended.err.starts_with("damaged.trace: byte 24: error: section 'head' is damaged: its CRC is "));
  std::string other = trace;
  other[8] = 9;
  here.write("other.trace", other);
  check_refused(
      here, "replay other.trace -o out",
      "other.trace: byte 8: error: version 9 of the format is not known; this program reads version 4");
  here.write("none.trace", "hello");
  check_refused(here, "replay none.trace -o out",
                "none.trace: byte 0: error: not a trace: it does not start with TRICYCLE");
}

TEST_CASE("a trace of another machine is refused with the parameter that differs") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml -o t.trace").code == 0);
  check_refused(here, "replay t.trace --arch edge -o out",
                "t.trace: error: is a trace of another machine, 'small': array.rows is 2 in the trace and 8 "
                "on this machine");
}

TEST_CASE("inputs of another shape are refused with both shapes") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  here.write("x.idx", std::string("\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
                                  "abcdef",
                                  18));
  check_refused(here, "run tiny.yaml --arch ./m.yaml --input x.idx -o out",
                "x.idx: error: has the shape [2, 3]; the input 'input' has the shape [1, 40], with a number "
                "of items in front");
}

TEST_CASE("labels that are not as many as the inputs are refused") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  here.write("x.idx", std::string("\0\0\x08\x02\0\0\0\x01\0\0\0\x28", 12) + std::string(40, 'x'));
  here.write("y.idx", std::string("\0\0\x08\x01\0\0\0\x03\0\1\2", 11));
  check_refused(here, "run tiny.yaml --arch ./m.yaml --input x.idx --labels y.idx -o out",
                "y.idx: error: holds 3 labels for 1 inputs");
  here.write("z.idx", std::string("\0\0\x08\x01\0\0\0\x01\x09", 9));
  check_refused(here, "run tiny.yaml --arch ./m.yaml --input x.idx --labels z.idx -o out",
                "z.idx: error: label 0 is 9; the network has the classes 0 to 4");
  check_refused(here, "run tiny.yaml --arch ./m.yaml --labels y.idx -o out",
                "--labels: error: labels need the inputs that they belong to: give --input");
}

TEST_CASE("a network whose inner layer gives sums is refused at that layer") {
  check_network_refused("density: 0.5}", "density: 0.5, output: sums}",
                        "tiny.yaml:5:5: error: layer 'a' is not the last one, so its 'output' cannot be sums "
                        "or scaled; stream gives real numbers to other layers");
}

TEST_CASE("a density above one is refused with its range") {
  check_network_refused("density: 0.5", "density: 1.5",
                        "tiny.yaml:5:35: error: 'density' expects a number from 0 to 1, not '1.5'");
}

TEST_CASE("a result folder that holds something else is refused before the run") {
  const Workspace here;
  std::filesystem::create_directory(here / "mine");
  here.write("mine/thesis.txt", "years of work");
  const auto ended = here.tricycle("run mlp-mnist -o mine");
  CHECK(ended.err ==
        "mine: error: is a folder that holds something other than a result; give another with -o\n");
  CHECK(ended.code == 2);
  CHECK(here.read("mine/thesis.txt") == "years of work");
}

TEST_CASE("an input scale that is no number is refused") {
  const Workspace here;
  check_refused(
      here, "run mlp-mnist --input-scale 1/0 -o out",
      "--input-scale: error: expected a number greater than zero or a fraction such as 1/255, not '1/0'");
}

TEST_CASE("an unknown verification mode or datapath is refused with the nearest one") {
  const Workspace here;
  check_refused(here, "run mlp-mnist --verify al -o out",
                "--verify: error: 'verify' expects all, sample or off, not 'al'; did you mean 'all'?");
  check_refused(here, "run mlp-mnist --datapath binry -o out",
                "--datapath: error: 'datapath' expects binary, ternary_fatnn, ternary_planes, bitserial, "
                "shift or mac, not "
                "'binry'; did you mean 'binary'?");
  check_refused(here, "run mlp-mnist --datapath binary -o out",
                TRICYCLE_TEST_SOURCE
                "/workloads/zoo/mlp-mnist.yaml: error: no layer takes the datapath binary: 'fc1', "
                "'fc2', 'fc3' and 1 more have ternary activations and ternary weights");
}

TEST_CASE("a sweep over a key that no machine has is refused before any point runs") {
  const Workspace here;
  here.write("s.yaml", "workload: mlp-mnist\naxes:\n  arch.array.rosw: [1, 2]\n");
  check_refused(here, "sweep ./s.yaml -o out",
                "./s.yaml:3:21: error: unknown key 'rosw'; did you mean 'rows'?");
}

TEST_CASE("a replay with less room for weights that stream than a step and a burst take is refused") {
  const Workspace here;
  const std::string machine =
      std::string(small_machine) + "weight_stream: {bytes: 4096}\nload: {burst_bytes: 16}\n";
  here.write("net.yaml",
             "format: tricycle-network/1\nname: wide\ninput: {features: 2048}\nlayers:\n"
             "  - {name: a, units: 64}\n");
  here.write("m.yaml", machine);
  REQUIRE(here.tricycle("lower net.yaml --arch ./m.yaml -o t.trace").code == 0);
  REQUIRE(here.tricycle("trace show t.trace").out.find("streamed=1") != std::string::npos);
  CHECK(here.tricycle("replay t.trace --arch ./m.yaml -q -o fits").code == 0);
  const auto ended =
      here.tricycle("replay t.trace --arch ./m.yaml --set arch.weight_stream.bytes=4 -q -o out");
  CHECK(ended.code == 2);
  CHECK(ended.err.starts_with("t.trace: error: instruction "));
  CHECK(ended.err.ends_with("; 'weight_stream.bytes' is 4\n"));
  CHECK_FALSE(here.has("out"));
}

TEST_CASE("an output stage behind a line buffer, or a weight-stationary array, is refused at its key") {
  const Workspace here;
  check_refused(
      here, "run mlp-mnist --arch cutie --set arch.output_stage.lanes=8 -o out",
      "--set arch.output_stage.lanes=8: error: an output stage takes sums that stay in the PEs, and "
      "this array has a line buffer: 'output_stage.lanes' must be 0");
  check_refused(here, "run mlp-mnist --arch edge --set arch.array.dataflow=weight_stationary -o out",
                TRICYCLE_TEST_SOURCE
                "/configs/arch/edge.yaml:18:16: error: an output stage takes sums that stay in "
                "the PEs, and this array is weight-stationary: 'output_stage.lanes' must be 0");
}
