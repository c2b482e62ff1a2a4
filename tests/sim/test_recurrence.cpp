// SPDX-License-Identifier: Apache-2.0
#include "sim/report/recurrence.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "arch/isa/ledger.hpp"
#include "sim/report/folder.hpp"
#include "sim/report/report.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"

namespace {

using namespace tricycle;
using Json = nlohmann::json;
namespace fs = std::filesystem;

Instruction in(std::uint32_t layer, std::uint32_t step, const Operation& operation) {
  Instruction instruction;
  instruction.operation = operation;
  instruction.layer = layer;
  instruction.step = step;
  return instruction;
}

isa::Load load(Memory memory, std::uint32_t rows, std::uint32_t row_bytes) {
  isa::Load i;
  i.memory = memory;
  i.rows = rows;
  i.row_bytes = row_bytes;
  return i;
}

/// 2 x 2 sums over 8 trits.
isa::Matmul matmul() {
  isa::Matmul i;
  i.datapath = Datapath::ternary_planes;
  i.activation_format = i.weight_format = Format::planes;
  i.lines = i.in_lines = 2;
  i.columns = i.in_columns = i.kernel_h = i.kernel_w = i.stride_y = i.stride_x = 1;
  i.dilation_y = i.dilation_x = 1;
  i.cols = 2;
  i.elements = 8;
  return i;
}

/// Two steps of a gate, and a layer behind the loop. The weights of "lstm.i.x" stay, those of "lstm.i.h" are
/// loaded again.
Trace two_steps() {
  Trace trace;
  for (const char* name : {"view", "lstm.i.x", "lstm.i.h", "lstm.i", "fc"}) {
    trace.layers.emplace_back();
    trace.layers.back().name = name;
  }
  trace.layers[1].macs = 64;
  trace.layers[2].macs = 32;
  trace.code = {in(1, 0, load(Memory::weight, 2, 8)),
                in(2, 0, load(Memory::weight, 1, 10)),
                in(1, 0, load(Memory::activation, 1, 5)),
                in(1, 0, matmul()),
                in(2, 0, matmul()),
                in(3, 0, isa::Threshold{}),
                in(2, 1, load(Memory::weight, 1, 10)),
                in(1, 1, matmul()),
                in(2, 1, matmul()),
                in(3, 1, isa::Threshold{}),
                in(4, 0, load(Memory::weight, 1, 7)),
                in(4, 0, isa::Halt{})};
  return trace;
}

/// What a machine whose PE has 8 ternary lanes may have measured. DRAM costs 1 pJ per byte, and all else is
/// free.
RunRecord record_of(Trace trace) {
  RunRecord record;
  record.trace = std::move(trace);
  record.spec.array.rows = record.spec.array.cols = 1;
  record.spec.array.word_bits = 16;
  record.spec.clock_MHz = 1;
  record.prices.event_pJ[static_cast<std::size_t>(Counter::dram_read_bytes)] = 1;
  record.simulation.count = 1;
  Inference& first = record.simulation.first;
  first.layer_steps = Ledger(record.trace.code, Loops(record.trace.code)).entries;
  first.layers = record.trace.layers.size();
  return record;
}

RunRecord run_of_two_steps() {
  RunRecord record = record_of(two_steps());
  Inference& first = record.simulation.first;
  first.cycles = 82;
  // By layer, then by step.
  const std::uint64_t mapped[] = {8, 9, 4, 4, 0, 0, 0}, waits[] = {12, 1, 6, 16, 0, 5, 17};
  const std::uint64_t busy[] = {8, 9, 4, 4, 0, 0, 0};
  const std::uint64_t read[] = {21, 0, 10, 10, 0, 0, 7};
  for (std::size_t e = 0; e < 7; ++e) {
    LayerStep& entry = first.layer_steps.at(e);
    entry.by_reason[static_cast<std::size_t>(CycleReason::mapped)] = mapped[e];
    entry.by_reason[static_cast<std::size_t>(CycleReason::dram)] = waits[e];
    entry.busy_cycles[static_cast<std::size_t>(Engine::array)] = busy[e];
    entry.events[Counter::dram_read_bytes] = read[e];
  }
  for (std::uint32_t i = 0; i < 11; ++i)
    first.timeline.push_back({i, record.trace.code[i].step, 5 * i, 5 * i + 5});
  record.options.machine.timeline = true;
  return record;
}

RunRecord run_of_one_step() {
  Trace trace = two_steps();
  for (Instruction& instruction : trace.code) instruction.step = 0;
  RunRecord record = record_of(std::move(trace));
  record.simulation.first.cycles = 10;
  return record;
}

}  // namespace

TEST_CASE("3 layers of a cell are one gate: names ending in .x and .h belong to what they are parts of") {
  CHECK(gate_of("lstm.i.x") == "lstm.i");
  CHECK(gate_of("lstm.i.h") == "lstm.i");
  CHECK(gate_of("lstm.i") == "lstm.i");
  CHECK(gate_of("lstm.max") == "lstm.max");
  CHECK(gate_of(".x") == ".x");
}

TEST_CASE("the cycles of 7 layers and steps add up to the run's 82, by layer and by reason") {
  const Report report = report_of(run_of_two_steps());
  std::vector<std::uint64_t> cycles;
  for (const LayerReport& layer : report.layers) cycles.push_back(layer.cycles);
  CHECK(cycles == std::vector<std::uint64_t>{0, 30, 30, 5, 17});
  CHECK(report.by_reason[static_cast<std::size_t>(CycleReason::mapped)] == 25);
  CHECK(report.by_reason[static_cast<std::size_t>(CycleReason::dram)] == 57);
}

TEST_CASE("a layer of 64 MACs in 2 equal steps needs 4 cycles of 8 lanes in each") {
  const RunRecord record = run_of_two_steps();
  CHECK(array_cycles_of_steps(record.trace, record.spec) == std::vector<double>{4, 4, 2, 2, 0, 0, 0});
  CHECK(utilization_of(record.trace, record.spec, 24) == 0.5);
}

TEST_CASE("steps.csv has a row for each of 2 steps and 4 layers that occur") {
  CHECK(steps_csv(report_of(run_of_two_steps())) ==
        "step,layer,cycles,array_busy_cycles,utilization,dram_read_bytes,dram_write_bytes,energy_pJ\n"
        "0,lstm.i.x,20,8,0.2,21,0,21\n"
        "0,lstm.i.h,10,4,0.2,10,0,10\n"
        "0,lstm.i,0,0,0,0,0,0\n"
        "0,fc,17,0,0,7,0,7\n"
        "1,lstm.i.x,10,9,0.4,0,0,0\n"
        "1,lstm.i.h,20,4,0.1,10,0,10\n"
        "1,lstm.i,5,0,0,0,0,0\n");
}

TEST_CASE("2 steps of 30 and 35 cycles and 17 outside of them are the run's 82") {
  const Json recurrence = Json::parse(result_json(report_of(run_of_two_steps())))["recurrence"];
  CHECK(recurrence["steps"] == 2);
  const Json& steps = recurrence["per_step"];
  REQUIRE(steps.size() == 2);
  CHECK(steps[0]["step"] == 0);
  CHECK(steps[0]["cycles"] == 30);
  CHECK(steps[0]["array_busy_cycles"] == 12);
  CHECK(steps[0]["utilization"] == 0.2);
  CHECK(steps[0]["dram_read_bytes"] == 31);
  CHECK(steps[1]["cycles"] == 35);
  CHECK(steps[1]["dram_read_bytes"] == 10);
  CHECK(steps[1]["dram_write_bytes"] == 0);
  CHECK(steps[1]["energy_pJ"] == 10.0);
  CHECK(recurrence["outside"]["cycles"] == 17);
  CHECK(recurrence["outside"]["dram_read_bytes"] == 7);
}

TEST_CASE("a gate of 3 layers has their 65 cycles, and 26 bytes of weights of which 10 come again") {
  const Json result = Json::parse(result_json(report_of(run_of_two_steps())));
  const Json& gates = result["recurrence"]["per_gate"];
  REQUIRE(gates.size() == 1);
  CHECK(gates[0]["gate"] == "lstm.i");
  CHECK(gates[0]["cycles"] == 65);
  CHECK(gates[0]["array_busy_cycles"] == 25);
  CHECK(gates[0]["dram_read_bytes"] == 41);
  CHECK(gates[0]["weights"] == "partly resident");
  CHECK(gates[0]["weights_loaded_bytes"] == Json{{"first_step", 26}, {"later_steps", 10}});
  const Json& layers = result["layers"];
  CHECK(layers[1]["weights"] == "resident");
  CHECK(layers[1]["weights_loaded_bytes"] == Json{{"first_step", 16}, {"later_steps", 0}});
  CHECK(layers[2]["weights"] == "streamed");
  CHECK(layers[2]["weights_loaded_bytes"] == Json{{"first_step", 10}, {"later_steps", 10}});
  CHECK(layers[3]["weights"] == "none");
  CHECK_FALSE(layers[4].contains("weights"));
}

TEST_CASE("products of all steps ahead of the loop are their gate's: 1 gate, 3 layers") {
  RunRecord record = run_of_two_steps();
  for (Instruction& instruction : record.trace.code) {
    if (instruction.layer == 1) instruction.step = 0;
  }
  auto& entries = record.simulation.first.layer_steps;
  entries.erase(entries.begin() + 1);
  const RecurrenceShares recurrence = report_of(record).recurrence;
  REQUIRE(recurrence.per_gate.size() == 1);
  CHECK(recurrence.per_gate[0].share.weights_first_step == 26);
  CHECK(recurrence.per_gate[0].share.cycles == 55);
  CHECK(recurrence.outside.events[Counter::dram_read_bytes] == 28);
}

TEST_CASE("the console says of 2 steps their least, most and mean cycles, and of each gate a line") {
  const std::string report = console_report(report_of(run_of_two_steps()));
  CHECK(report.find("\n  2 time steps of 30 to 35 cycles, mean 32; 17 cycles outside of loops\n") !=
        std::string::npos);
  CHECK(report.find("\n  lstm.i           65       18.5%       41 B        0 B  partly resident\n") !=
        std::string::npos);
}

TEST_CASE("the timeline names the step of a slice in a loop, and none of the layer behind its 2 steps") {
  std::vector<std::string> names;
  const Json events = Json::parse(timeline_json(report_of(run_of_two_steps())))["traceEvents"];
  for (const Json& event : events) {
    if (event["ph"] != "X") continue;
    names.push_back(event["name"]);
    CHECK(event["args"].contains("step") == (event["name"] != "fc load"));
    if (event["name"] == "lstm.i.h t=1 matmul") CHECK(event["args"]["step"] == 1);
  }
  CHECK(names.size() == 11);
  for (const char* name : {"lstm.i.x t=0 matmul", "lstm.i.h t=1 matmul", "lstm.i.h t=1 load", "fc load"})
    CHECK(std::count(names.begin(), names.end(), name) == 1);
}

TEST_CASE("a program of 1 step has no steps.csv, no recurrence and no table") {
  const RunRecord record = run_of_one_step();
  CHECK(steps_csv(report_of(record)).empty());
  const Json result = Json::parse(result_json(report_of(record)));
  CHECK_FALSE(result.contains("recurrence"));
  CHECK_FALSE(result["layers"][1].contains("weights"));
  CHECK(console_report(report_of(record)).find("time steps") == std::string::npos);
}

TEST_CASE(
    "a result folder of 2 steps has 7 files, and one of 1 step that replaces it without its report has 4") {
  const test::Folder parent;
  const std::string folder = parent.path("result");
  const auto files = [&] { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); };
  write_result_folder(report_of(run_of_two_steps()), "tricycle run a", true, *open_result_folder(folder));
  CHECK(files() == 7);
  CHECK(fs::exists(fs::path(folder) / "steps.csv"));
  write_result_folder(report_of(run_of_one_step()), "tricycle run b", false, *open_result_folder(folder));
  CHECK(files() == 4);
}
