// SPDX-License-Identifier: Apache-2.0
#include "tests/system/program.hpp"

using tricycle::test::small_convolutions;
using tricycle::test::small_machine;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

/// The cycles of a run or of a layer for which result.json has a reason.
template <class Json>
std::uint64_t cycles_with_a_reason(const Json& of) {
  std::uint64_t cycles = of["mapped_cycles"];
  for (const auto& [reason, lost] : of["lost_cycles"].items()) cycles += lost.template get<std::uint64_t>();
  return cycles;
}

}  // namespace

TEST_CASE("run writes a result whose parts add up") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist -o out").code == 0);
  const auto json = here.json("out/result.json");
  CHECK(json["schema"] == "tricycle.result/1");
  CHECK(json["status"] == "finished");
  CHECK(json["macs"] == 784 * 64 + 64 * 64 + 64 * 64 + 64 * 10);
  CHECK(json["workload"]["synthetic_weights"] == true);
  CHECK(json["verify"]["mismatches"] == 0);
  CHECK(json["verify"]["checked"] == 784 + 64 + 64 + 64 + 10 + 10);  // every layer, and the output in DRAM
  const std::uint64_t cycles = json["cycles"];
  for (const auto& unit : json["units"]) {
    CHECK(unit["busy_cycles"].get<std::uint64_t>() + unit["stall_cycles"].get<std::uint64_t>() +
              unit["idle_cycles"].get<std::uint64_t>() ==
          cycles);
  }
  CHECK(cycles >= json["bound"]["compute_cycles"].get<std::uint64_t>());
  CHECK(cycles >= json["bound"]["dram_cycles"].get<std::uint64_t>());
  std::uint64_t layer_cycles = 0;
  std::uint64_t layer_steps = 0;
  double layer_energy = 0;
  for (const auto& layer : json["layers"]) {
    layer_cycles += layer["cycles"].get<std::uint64_t>();
    layer_energy += layer["energy_pJ"].get<double>();
    layer_steps += layer["array_steps"].get<std::uint64_t>();
    CHECK(cycles_with_a_reason(layer) == layer["cycles"]);
    CHECK(layer["mapped_cycles"] >= layer["bound_cycles"]);
    CHECK(layer["skipped_steps"] == 0);
  }
  CHECK(layer_steps == json["counters"]["array.steps"]);
  CHECK(layer_cycles == cycles);
  CHECK(cycles_with_a_reason(json) == cycles);
  const auto& energy = json["energy_pJ"];
  const double total = energy["total"];
  CHECK(layer_energy == Approx(total));
  CHECK(energy["dynamic"].get<double>() + energy["leakage"].get<double>() + energy["dram"].get<double>() ==
        Approx(total));
  double dynamic = 0, leakage = 0;
  for (const auto& unit : energy["by_unit"]) {
    dynamic += unit["dynamic"].get<double>();
    leakage += unit["leakage"].get<double>();
  }
  CHECK(dynamic == Approx(energy["dynamic"].get<double>() + energy["dram"].get<double>()));
  CHECK(leakage == Approx(energy["leakage"].get<double>()));
  CHECK(json["latency_s"].get<double>() == Approx(static_cast<double>(cycles) / 500e6));
  CHECK(here.read("out/layers.csv").starts_with("name,op,datapath,macs,cycles,energy_pJ,"));
  CHECK(here.tricycle("check out/effective.yaml").code == 2);  // a record, not an input
}

TEST_CASE("a program of more than an instruction memory's 1 KiB is fetched, and computes the same values") {
  const Workspace here;
  const std::string run = "run long-lenet --set arch.instruction_memory.size_KiB=";
  const auto whole = here.tricycle(run + "32 -o whole"), paged = here.tricycle(run + "1 -o paged");
  REQUIRE(whole.code == 0);
  REQUIRE(paged.code == 0);
  const auto of_whole = here.json("whole/result.json"), of_paged = here.json("paged/result.json");
  CHECK(of_whole["outputs"] == of_paged["outputs"]);
  // Cold, both bring the program from DRAM; warm, the second one again.
  const std::uint64_t program = of_paged["program"]["bytes"];
  for (const auto& json : {of_whole, of_paged}) {
    CHECK(json["counters"]["fetch.bytes"] == program);
    CHECK(json["start"] == "reset, instructions, weights and input in DRAM");
  }
  CHECK(whole.out.find(" fetched, ") != std::string::npos);
  CHECK(of_paged["dram"]["read_bytes"] == of_whole["dram"]["read_bytes"]);
  const std::uint64_t warm = of_whole["warm"]["dram"]["read_bytes"];
  CHECK(of_paged["warm"]["dram"]["read_bytes"] == warm + program);
}

TEST_CASE("the longest layers of the zoo have programs of at most 1,536 bytes") {
  const Workspace here;
  for (const char* run : {"fatnn-case7 --arch edge", "fatnn-case7 --arch recurrent",
                          "fatnn-case7 --arch bitfusion-16x32", "fatnn-case6 --arch edge"}) {
    CAPTURE(run);
    REQUIRE(here.tricycle(std::string("run ") + run + " --timing-only -q -o out").code == 0);
    const auto result = here.json("out/result.json");
    CHECK(result["layers"].size() == 1);
    CHECK(result["program"]["bytes"] <= 1536);
  }
}

TEST_CASE("the DRAM bytes of a run are those of its tensors, and a replay reports the same tensors") {
  const Workspace here;
  REQUIRE(here.tricycle("run long-lenet5 -q -o out").code == 0);
  const auto json = here.json("out/result.json");
  std::uint64_t read = 0, written = 0;
  for (const auto& tensor : json["memory"]["tensors"]) {
    read += tensor["dram_read_bytes"].get<std::uint64_t>();
    written += tensor["dram_write_bytes"].get<std::uint64_t>();
    CHECK_FALSE(tensor["reason"].get<std::string>().empty());
  }
  CHECK(read + json["program"]["bytes"].get<std::uint64_t>() == json["dram"]["read_bytes"]);
  CHECK(written == json["dram"]["write_bytes"]);
  CHECK(here.read("out/tensors.csv").starts_with("name,kind,format,bytes,memory,first_layer,last_layer,"));
  REQUIRE(here.tricycle("lower long-lenet5 -o net.trace").code == 0);
  REQUIRE(here.tricycle("replay net.trace -q -o again").code == 0);
  CHECK(here.json("again/result.json")["memory"] == json["memory"]);
}

TEST_CASE("a run that skips words says what zeros there are, what was declared, and what flags took") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  const std::string skip = "run tiny.yaml --arch ./m.yaml -q --set arch.array.zero_skip=word -o ";
  REQUIRE(here.tricycle(skip + "out --weight-density 0 --activation-density 0.5").code == 0);
  const auto json = here.json("out/result.json");
  const auto& layer = json["layers"][1];  // behind the input's encoder
  CHECK(layer["declared_density"]["weights"] == 0.0);
  CHECK(layer["declared_density"]["activations"] == 0.5);
  CHECK(layer["weight_density"].get<double>() > 0.3);
  CHECK(layer["activation_density"].get<double>() < 1);
  CHECK(layer["activation_density"].get<double>() > 0);
  CHECK(layer["predicted_steps"] == 0);
  CHECK(layer["array_steps"].get<int>() > 0);
  CHECK(layer["flag_bits"].get<int>() > 0);
  CHECK(layer["flag_bytes"].get<int>() > 0);
  // A flag for 32 bits: 8192 x 32 / 33 is 7943.8, and 4096 x 32 / 33 is 3971.9; multiples of 8 are left.
  CHECK(json["memory"]["flag_bytes"]["weight_memory"] == 8192 - 7936);
  CHECK(json["memory"]["flag_bytes"]["activation_memory"] == 4096 - 3968);
  REQUIRE(here.tricycle(skip + "none --timing-only --weight-density 0").code == 0);
  CHECK(here.json("none/result.json")["layers"][1]["array_steps"] == 0);
  const auto ended = here.tricycle(skip + "out --weight-density 1.5");
  CHECK(ended.code == 2);
  CHECK(ended.err.find("--weight-density") != std::string::npos);
}

TEST_CASE("the same run gives the same bytes, with and without lockstep") {
  const Workspace here;
  for (const char* workload : {"mlp-mnist", "gemm-1024"}) {
    const std::string run = std::string("run ") + workload + " --quiet -o ";
    REQUIRE(here.tricycle(run + "a").code == 0);
    REQUIRE(here.tricycle(run + "b").code == 0);
    REQUIRE(here.tricycle(run + "c --lockstep").code == 0);
    CHECK(here.read("a/result.json") == here.read("b/result.json"));
    CHECK(here.read("a/result.json") == here.read("c/result.json"));
  }
}

TEST_CASE("timing-only takes the same cycles and energy and computes no values") {
  const Workspace here;
  REQUIRE(here.tricycle("run gemm-1024 -q -o full").code == 0);
  REQUIRE(here.tricycle("run gemm-1024 -q -o time --timing-only").code == 0);
  const auto full = here.json("full/result.json"), time = here.json("time/result.json");
  for (const char* key : {"cycles", "energy_pJ", "units", "layers", "counters"})
    CHECK(full[key] == time[key]);
  CHECK(time["outputs"]["first"].empty());
  CHECK(time["verify"]["checked"] == 0);
}

TEST_CASE("lower --dump-after prints what stands behind a pass, writes nothing, and names the passes") {
  const Workspace here;
  const auto formats = here.tricycle("lower mlp-mnist --dump-after formats");
  CHECK(formats.code == 0);
  CHECK(formats.out.starts_with(
      "layer input.quant: vector\nlayer fc1: ternary_planes, weights planes in DRAM"));
  check_refused(here, "lower nosuch", "--output: error: is required, or --dump-after");
  check_refused(here, "lower nosuch --dump-after fodl",
                "--dump-after: error: there is no pass 'fodl'; did you mean 'fold'?");
  check_refused(here, "lower mlp-mnist --dump-after fold --limit 1",
                "--limit: error: has no effect on what --dump-after prints");
  check_refused(here, "lower mlp-mnist --dump-after fold -o t.trace",
                "error: --output excludes --dump-after\n(see 'tricycle lower --help')");
  CHECK_FALSE(here.has("t.trace"));
}

TEST_CASE("lower and then replay give the same result as run, from either form of the trace") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("run tiny.yaml --arch ./m.yaml -q -o a").code == 0);
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml -o t.trace").code == 0);
  REQUIRE(here.tricycle("replay t.trace -q -o b").code == 0);
  CHECK(here.read("a/result.json") == here.read("b/result.json"));
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml -o t.txt --text").code == 0);
  REQUIRE(here.tricycle("replay t.txt -q -o c").code == 0);
  CHECK(here.read("a/result.json") == here.read("c/result.json"));
  const auto shown = here.tricycle("trace show t.trace");
  CHECK(shown.out == here.read("t.txt"));
  REQUIRE(here.tricycle("trace asm t.txt -o u.trace").code == 0);
  CHECK(here.read("t.trace") == here.read("u.trace"));
  CHECK(here.tricycle("trace check t.trace").code == 0);
}

TEST_CASE("a wrong weight in a trace fails the replay with the golden CRC") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml -o t.txt --text").code == 0);
  std::string text = here.read("t.txt");
  // The last segment holds the scale and bias of the output layer: change the scale's lowest byte.
  const std::size_t last = text.rfind("\n  ", text.find("golden crc"));
  text[last + 3] = text[last + 3] == '0' ? '1' : '0';
  here.write("u.txt", text);
  const auto ended = here.tricycle("replay u.txt -q -o out");
  CHECK(ended.code == 1);
  CHECK(ended.err.find("the outputs' CRC is ") != std::string::npos);
  CHECK(here.json("out/result.json")["verify"]["mismatches"] == 1);
}

TEST_CASE("an accumulator that overflows fails the replay on the machine that has it") {
  const Workspace here;
  std::string network = small_network;
  network.replace(network.find("features: 40"), 12, "features: 400");  // sums of some tens
  here.write("tiny.yaml", network);
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml -o t.txt --text").code == 0);
  std::string text = here.read("t.txt");
  const std::string wide = "accumulator_bits: 24";
  text.replace(text.find(wide), wide.size(), "accumulator_bits: 4");
  here.write("u.txt", text);
  const auto ended = here.tricycle("replay u.txt -q -o out");
  CHECK(ended.code == 1);
  CHECK(ended.err.find(" sums overflowed accumulators of 4 bits; ") != std::string::npos);
  CHECK(here.json("out/result.json")["counters"]["array.overflows"].get<int>() > 0);
}

TEST_CASE(
    "sums that overflow their accumulators fail a run, which names them before the values that differ") {
  const Workspace here;
  here.write("c.yaml", small_convolutions);
  const std::string run = "run c.yaml -q -o out --set arch.array.accumulator_bits=";
  REQUIRE(here.tricycle(run + "9").code == 0);  // 288 weights of +-1: sums of some tens
  CHECK(here.json("out/result.json")["verify"]["overflows"] == 0);
  const auto ended = here.tricycle(run + "6");
  CHECK(ended.code == 1);
  const auto json = here.json("out/result.json");
  const std::string overflows = json["verify"]["overflows"].dump();
  CHECK(json["counters"]["array.overflows"].get<int>() > 0);
  CHECK(json["counters"]["array.overflows"].dump() == overflows);
  CHECK(ended.err.starts_with("error: " + overflows + " sums overflowed accumulators of 6 bits; " +
                              json["verify"]["mismatches"].dump() + " values differ; the first: item 0, "));
  // Without values to compare, the count alone fails the run.
  const auto alone = here.tricycle(run + "6 --verify off");
  CHECK(alone.code == 1);
  CHECK(alone.err == "error: " + overflows + " sums overflowed accumulators of 6 bits\n");
}

TEST_CASE("a small convolutional network gives the same result in lockstep, and replayed from its trace") {
  const Workspace here;
  here.write("c.yaml", small_convolutions);
  REQUIRE(here.tricycle("run c.yaml -q -o a").code == 0);
  CHECK(here.json("a/result.json")["verify"]["mismatches"] == 0);
  REQUIRE(here.tricycle("run c.yaml -q -o b --lockstep").code == 0);
  CHECK(here.read("a/result.json") == here.read("b/result.json"));
  REQUIRE(here.tricycle("lower c.yaml -o t.trace").code == 0);
  REQUIRE(here.tricycle("replay t.trace -q -o c").code == 0);
  CHECK(here.read("a/result.json") == here.read("c/result.json"));
  REQUIRE(here.tricycle("lower c.yaml -o t.txt --text").code == 0);
  REQUIRE(here.tricycle("trace asm t.txt -o u.trace").code == 0);
  CHECK(here.read("t.trace") == here.read("u.trace"));
}

TEST_CASE("a trace that deadlocks is found by check, and ends a replay with exit code 1 and its status") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml -o t.txt --text").code == 0);
  std::string text = here.read("t.txt");
  const std::size_t post = text.find(" post=vector");
  text.erase(post, std::string(" post=vector").size());
  here.write("u.txt", text);
  const auto checked = here.tricycle("trace check u.txt");
  CHECK(checked.code == 2);
  CHECK(checked.err.starts_with("u.txt: error: deadlock: "));
  const auto ended = here.tricycle("replay u.txt -q -o out --verify off");
  CHECK(ended.code == 1);
  CHECK(here.json("out/result.json")["status"] == "deadlock");
  const auto lockstep = here.tricycle("replay u.txt -q -o step --verify off --lockstep");
  CHECK(lockstep.code == 1);
  CHECK(here.read("out/result.json") == here.read("step/result.json"));
}

TEST_CASE("a cycle limit ends a run with exit code 1 and its status") {
  const Workspace here;
  const auto ended = here.tricycle("run mlp-mnist -q -o out --cycle-limit 100");
  CHECK(ended.code == 1);
  CHECK(ended.err == "error: the cycle limit of 100 was reached\n");
  const auto json = here.json("out/result.json");
  CHECK(json["status"] == "cycle_limit");
  CHECK(json["cycles"] == 100);
}

TEST_CASE("every datapath and mask mode gives the same outputs") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist -q -o planes --datapath ternary_planes").code == 0);
  REQUIRE(here.tricycle("run mlp-mnist -q -o d --datapath ternary_fatnn").code == 0);
  REQUIRE(
      here.tricycle("run mlp-mnist -q -o p --datapath ternary_fatnn --set arch.array.fatnn_mask=precomputed "
                    "--set arch.weight_memory.size_KiB=144")
          .code == 0);
  const auto planes = here.json("planes/result.json"), d = here.json("d/result.json"),
             p = here.json("p/result.json");
  for (const char* other : {"bitserial", "shift"}) {
    REQUIRE(here.tricycle(std::string("run mlp-mnist -q -o other --datapath ") + other).code == 0);
    const auto json = here.json("other/result.json");
    CHECK(json["layers"][1]["datapath"] == other);
    CHECK(json["outputs"] == planes["outputs"]);
  }
  CHECK(planes["outputs"] == d["outputs"]);
  CHECK(planes["outputs"] == p["outputs"]);
  // Precomputed masks are loaded: half as many weight bytes again, for the matrices but not for the tables.
  const auto matrix_bytes = [](const nlohmann::json& json) {
    return json["layers"][1]["weight_bytes"].get<int>() / 100;
  };
  CHECK(matrix_bytes(d) == 128);
  CHECK(matrix_bytes(p) == 192);
}

TEST_CASE("binary operands take half the words of ternary ones") {
  const Workspace here;
  here.write("b.yaml",
             "format: tricycle-network/1\nname: b\ninput: {features: 512}\nlayers:\n"
             "  - {name: a, units: 512, weights: binary, output: binary}\n"
             "  - {name: b, units: 512, weights: binary, output: sums}\n");
  REQUIRE(here.tricycle("run b.yaml -q -o out").code == 0);
  const auto layers = here.json("out/result.json")["layers"];
  CHECK(layers[1]["datapath"] == "ternary_planes");  // its input is ternary
  CHECK(layers[2]["datapath"] == "binary");
  CHECK(layers[1]["weight_bytes"].get<int>() / layers[2]["weight_bytes"].get<int>() == 2);
}

TEST_CASE("an existing result is replaced whole, and a folder that holds more than a result is left alone") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist -q -o out --timeline").code == 0);
  REQUIRE(here.tricycle("run mlp-mnist -q -o out/ --seed 2").code == 0);
  CHECK_FALSE(here.has("out/timeline.json"));
  CHECK(here.json("out/result.json")["workload"]["weights"] ==
        "synthetic, seed 2, independent codes, ternary with 0.6 nonzero");
  here.write("out/notes.md", "mine");
  const auto ended = here.tricycle("run mlp-mnist -q -o out");
  CHECK(ended.code == 2);
  CHECK(ended.err ==
        "out: error: is a folder that holds something other than a result; give another with -o\n");
  CHECK(here.read("out/notes.md") == "mine");
}

TEST_CASE("an experiment runs by its name") {
  const Workspace here;
  const auto ended = here.tricycle("run quickstart");
  CHECK(ended.code == 0);
  CHECK(ended.out.ends_with("\nresult: runs/quickstart\n"));
}

TEST_CASE("a name that is no UTF-8, or holds control characters, runs, lowers and replays") {
  const Workspace here;
  here.write("odd.yaml",
             "format: tricycle-network/1\nname: odd\ninput: {features: 8}\nlayers:\n"
             "  - {name: \"x\\ty\", units: 4, output: sums}\n");
  here.write("n\xff.idx", std::string("\0\0\x08\x01\0\0\0\x08"
                                      "abcdefgh",
                                      16));
  REQUIRE(here.tricycle("run odd.yaml --input n\xff.idx -q -o a").code == 0);
  CHECK(here.json("a/result.json")["layers"][1]["name"] == "x?y");
  CHECK(here.json("a/result.json")["input"]["source"] == "n?.idx");
  REQUIRE(here.tricycle("lower odd.yaml --input n\xff.idx -o t.trace").code == 0);
  REQUIRE(here.tricycle("replay t.trace -q -o b").code == 0);
  CHECK(here.read("a/result.json") == here.read("b/result.json"));
}

TEST_CASE("utilization is MACs done of MACs possible, however large the array") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist -q -o out --set arch.array.rows=64 --set arch.array.cols=64 "
                        "--set arch.array.word_bits=256")
              .code == 0);
  const auto json = here.json("out/result.json");
  const double peak = 64 * 64 * 128;
  CHECK(json["utilization"].get<double>() == Approx(59008 / peak / json["cycles"].get<double>()));
}

TEST_CASE("a replay of other inputs says that only the untimed meaning was its reference") {
  const Workspace here;
  REQUIRE(here.tricycle("lower mlp-mnist -o t.trace").code == 0);
  here.write("x.idx", std::string("\0\0\x08\x01\0\0\x03\x10", 8) + std::string(784, '\7'));
  REQUIRE(here.tricycle("replay t.trace -q -o a").code == 0);
  REQUIRE(here.tricycle("replay t.trace -q -o b --input x.idx").code == 0);
  CHECK(here.json("a/result.json")["verify"]["reference"] == "golden");
  CHECK(here.json("b/result.json")["verify"]["reference"] == "untimed");
}

TEST_CASE("every preset passes check, and list names them all") {
  const Workspace here;
  const std::string source = TRICYCLE_TEST_SOURCE;
  const std::string list = here.tricycle("list").out;
  std::size_t longest = 0;
  for (const char* kind :
       {"configs/arch", "configs/tech", "configs/experiments", "configs/sweeps", "workloads/zoo"}) {
    for (const auto& entry : std::filesystem::directory_iterator(source + "/" + kind)) {
      const std::string extension = entry.path().extension().string(), name = entry.path().stem().string();
      if (extension != ".yaml" && extension != ".onnx") continue;
      INFO(entry.path().string());
      if (extension == ".yaml") CHECK(here.tricycle("check '" + entry.path().string() + "'").code == 0);
      CHECK(list.find("\n  " + name + " ") != std::string::npos);
      longest = std::max(longest, name.size());
    }
  }
  // What it says of each begins in one column, one blank behind the longest name.
  std::istringstream lines(list);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  ")) continue;
    INFO(line);
    REQUIRE(line.size() > longest + 3);
    CHECK(line[longest + 2] == ' ');
    CHECK(line[longest + 3] != ' ');
  }
}

TEST_CASE("a trained model of the zoo runs by its name") {
  const Workspace here;
  for (const char* name : {"fatnn-lenet", "long-lenet"}) {
    const auto ended = here.tricycle(std::string("run ") + name + " -o out");
    REQUIRE(ended.code == 0);
    const auto json = here.json("out/result.json");
    CHECK(json["workload"]["name"] == name);
    CHECK(json["workload"]["synthetic_weights"] == false);
    CHECK(json["verify"]["mismatches"] == 0);
    CHECK(json["macs"] == 4'267'008);
  }
  CHECK(here.tricycle("inspect fatnn-lenet --set workload.seed=2").err ==
        "--set workload.seed=2: error: the model has no symbolic dimension 'seed', only 'N'\n");
  CHECK(here.tricycle("inspect " TRICYCLE_TEST_SOURCE "/workloads/zoo/fatnn-lenet.onnx --set workload.N=2")
            .code == 0);
  CHECK(here.tricycle("run fatnn-lenett -q").err.find("did you mean 'fatnn-lenet'?") != std::string::npos);
  CHECK(here.tricycle("lower long-lenet -o t.trace").code == 0);
}

TEST_CASE("a symbolic dimension of a model is set by its name to 4, and not by another name") {
  const std::string models = tricycle::test::shared_models();
  if (models.empty()) return;
  const Workspace here;
  const std::string model = models + "/rnn/charlstm_128_shakespeare/model.onnx";
  const auto ended = here.tricycle("inspect " + model + " --set workload.T=4");
  CHECK(ended.code == 0);
  CHECK(ended.out.find("4x1x65") != std::string::npos);
  CHECK(here.tricycle("inspect " + model).out.find("1x1x65") != std::string::npos);
  CHECK(
      here.tricycle("inspect " + model + " --set workload.TT=4").err ==
      "--set workload.TT=4: error: the model has no symbolic dimension 'TT', only 'T'; did you mean 'T'?\n");
  CHECK(here.tricycle("inspect " + models + "/rnn/dtln_1_lstm/model.onnx --set workload.T=4").err ==
        "--set workload.T=4: error: an ONNX model has no keys to set\n");
  for (const char* size : {"0", "many", "134217729"}) {
    const std::string set = std::string("--set workload.T=") + size;
    CHECK(here.tricycle("inspect " + model + " " + set).err ==
          set + ": error: expected a size from 1 to 134217728, not '" + size + "'\n");
  }
}

TEST_CASE("a GRU that its exporter may have written down wrongly is warned of once") {
  const std::string models = tricycle::test::shared_models();
  if (models.empty()) return;
  const Workspace here;
  std::string bytes = tricycle::test::slurp(models + "/rnn/torch113_gru_untrained/model.onnx");
  here.write("right.onnx", bytes);
  const std::string attribute = "linear_before_reset\x18";
  const std::size_t at = bytes.find(attribute);
  REQUIRE(at != std::string::npos);
  bytes[at + attribute.size()] = 0;
  here.write("wrong.onnx", bytes);
  for (const char* command : {"inspect ", "run ", "lower -o t.trace "}) {
    CHECK(here.tricycle(std::string(command) + "right.onnx").err.find("warning") == std::string::npos);
    const std::string err = here.tricycle(std::string(command) + "wrong.onnx").err;
    INFO(err);
    CHECK(err.starts_with("warning: wrong.onnx: node '/r/GRU': linear_before_reset is 0"));
    CHECK(err.find("linear_before_reset is 0") == err.rfind("linear_before_reset is 0"));
  }
}

TEST_CASE("inspect gives every node a verdict") {
  const Workspace here;
  const auto ended = here.tricycle("inspect mlp-mnist");
  CHECK(ended.code == 0);
  CHECK(ended.out.find("weights: synthetic, seed 1, independent codes, ternary with 0.6 nonzero\n") !=
        std::string::npos);
  CHECK(ended.out.find("fc1                      MatMul               mapped") != std::string::npos);
}

TEST_CASE("help exits with 0 and names every command") {
  const Workspace here;
  const auto ended = here.tricycle("--help");
  CHECK(ended.code == 0);
  for (const char* command :
       {"run", "lower", "replay", "report", "trace", "inspect", "sweep", "check", "list"}) {
    CHECK(ended.out.find(std::string("  ") + command + " ") != std::string::npos);
  }
}

TEST_CASE("a timeline has a slice for every instruction, and none overlap on a row") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist -q -o out --timeline").code == 0);
  std::map<int, double> row_end;
  int slices = 0;
  const double cycles = here.json("out/result.json")["cycles"];
  const auto timeline = here.json("out/timeline.json");
  for (const auto& event : timeline["traceEvents"]) {
    if (event["ph"] != "X") continue;
    ++slices;
    const int row = event["tid"];
    CHECK(event["ts"].get<double>() >= row_end[row] - 1e-9);
    row_end[row] = event["ts"].get<double>() + event["dur"].get<double>();
    CHECK(row_end[row] <= cycles / 500 + 1e-9);
  }
  CHECK(slices == here.json("out/result.json")["program"]["issued"]);
}

TEST_CASE("outputs that do not fill a word replay with the golden CRC of their values") {
  const Workspace here;
  here.write("tiny.yaml",
             "format: tricycle-network/1\nname: odd\ninput: {features: 40, rows: 3}\nlayers:\n"
             "  - {name: a, units: 70}\n  - {name: b, units: 34}\n");
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("run tiny.yaml --arch ./m.yaml -q -o a").code == 0);
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml -o t.trace").code == 0);
  REQUIRE(here.tricycle("replay t.trace -q -o b").code == 0);
  CHECK(here.read("a/result.json") == here.read("b/result.json"));
}
