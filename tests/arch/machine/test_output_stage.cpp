// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/defects.hpp"
#include "arch/params/parts.hpp"
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

constexpr Engine array = Engine::array, output_stage = Engine::output_stage, load = Engine::load;

/// Cycles for which a staged matmul is fed, and those in which the stage takes in its last sums. The stage
/// starts in 4, the matmul in 5; behind the pipeline's cycles and the stage's latency the results are there.
template <class Stage, class Change>
std::int64_t feeding(const isa::Matmul& matmul, const Stage& stage, Change change) {
  MachineSpec spec = staged_machine();
  change(spec);
  const Program program = {make(staged(matmul)), make(on_sums(stage)), halt()};
  const auto depth = spec.array.depth_cycles + spec.output_stage.latency_cycles;
  return static_cast<std::int64_t>(cycles_of(spec, program)) - 5 - depth;
}
template <class Stage>
std::int64_t feeding(const isa::Matmul& matmul, const Stage& stage) {
  return feeding(matmul, stage, [](MachineSpec&) {});
}

/// A table for all channels, so that none is loaded.
isa::Threshold thresholds(std::uint32_t rows, std::uint32_t cols, std::uint8_t count = 1) {
  return threshold_of(rows, cols, count);
}

std::string spent_on(const Inference& inference) {
  std::string text;
  for (std::size_t r = 0; r < inference.layer_steps[0].by_reason.size(); ++r)
    text += std::to_string(inference.layer_steps[0].by_reason[r]) + ' ';
  return text;
}

}  // namespace

TEST_CASE("O1: a staged matmul starts in the cycle after the output stage has started what takes its sums") {
  // Dispatched in 2 and 3: the stage starts in 4, the matmul in 5, fed for one cycle, complete in 5 + 5; the
  // stage sees it in 11 and has results in 13.
  const Program program = {make(staged(matmul_of(2, 3, 1))), make(on_sums(thresholds(2, 3))), halt()};
  CHECK(completions(staged_machine(), program) == std::vector<std::uint64_t>{10, 13});
  // Semaphores of either hold both back: a load of 16 bytes completes in 30, which is seen in 31.
  for (const std::size_t waits : {1U, 2U}) {
    Program later = program;
    later.insert(later.begin(),
                 make(load_of(1, 16, Memory::weight, 4096), {}, set_of({waits == 1 ? array : output_stage})));
    later[waits].wait.add(load);
    const std::uint64_t start = waits == 1 ? 31 : 32;
    CHECK(completions(staged_machine(), later) == std::vector<std::uint64_t>{30, start + 5, start + 8});
  }
}

TEST_CASE("O1: with room for two matmuls the third starts when the results of the first are there") {
  const auto starts = [](std::int64_t tiles) {
    MachineSpec spec = staged_machine();
    spec.output_stage.tiles = tiles;
    Program program;
    for (std::uint32_t k = 0; k < 4; ++k) {
      program.push_back(make(staged(matmul_of(2, 3, 1))));
      isa::Threshold stage = on_sums(thresholds(2, 3));
      stage.result += 64 * k;
      program.push_back(make(stage));
    }
    program.push_back(halt());
    const std::vector<std::uint64_t> ends = completions(spec, program);
    return std::vector<std::uint64_t>{ends[1], ends[3], ends[5], ends[7]};
  };
  // Dispatched two cycles apart, they follow each other so.
  CHECK(starts(5) == std::vector<std::uint64_t>{13, 15, 17, 19});
  CHECK(starts(4) == starts(5));
  // In 13 the first is complete and the next starts, whose results come nine cycles later.
  CHECK(starts(1) == std::vector<std::uint64_t>{13, 22, 31, 40});
  CHECK(starts(2) == std::vector<std::uint64_t>{13, 15, 22, 24});
}

TEST_CASE("O2: a group of 6 sums with 4 steps takes 4 cycles with 2 lanes, and 6 with 1") {
  // 4 positions and 6 channels are 2 x 2 groups.
  const auto through = [](std::int64_t lanes, std::uint8_t count) {
    return feeding(matmul_of(4, 6, 4), thresholds(4, 6, count),
                   [&](MachineSpec& spec) { spec.output_stage.lanes = lanes; });
  };
  CHECK(through(6, 1) == 4 * 4 + 1);  // and one for the last sums (O4)
  CHECK(through(2, 1) == 4 * 4 + 3);
  CHECK(through(1, 1) == 4 * 6 + 6);
  CHECK(through(3, 2) == 4 * 4 + 4);  // two cycles for each of two thresholds
  CHECK(through(2, 2) == 4 * 6 + 6);
  // The third position is alone in its group.
  CHECK(feeding(matmul_of(3, 3, 2), thresholds(3, 3),
                [](MachineSpec& spec) { spec.output_stage.lanes = 1; }) == 6 + 3 + 3);
}

TEST_CASE("O2: scales have lanes of their own, and pairs of sums take two") {
  const auto through = [](std::int64_t lanes, isa::Scale stage, const isa::Matmul& matmul) {
    stage.per_channel = 0;
    return feeding(matmul, stage, [&](MachineSpec& spec) { spec.output_stage.scale_lanes = lanes; });
  };
  CHECK(through(6, scale_of(2, 3), matmul_of(2, 3, 4)) == 4 + 1);
  CHECK(through(2, scale_of(2, 3), matmul_of(2, 3, 4)) == 4 + 3);
  CHECK(through(1, scale_of(2, 3), matmul_of(2, 3, 4)) == 6 + 6);
  isa::Scale pairs = scale_of(2, 3);
  pairs.second = Second::pair;
  CHECK(through(1, pairs, matmul_of(2, 6, 4)) == 6 + 6 + 6);
}

TEST_CASE("O2: results leave through the write port of activation memory, beside what the array reads") {
  // 6 results of 32 bits; each step reads 2 words of 16 bits.
  const auto through = [](std::int64_t banks, Ports ports = Ports::r_w) {
    isa::Scale stage = scale_of(2, 3);
    stage.format = Format::int32;
    stage.result_line_stride = 12;
    return feeding(matmul_of(2, 3, 4), stage, [&](MachineSpec& spec) {
      spec.activation_memory = {.size_KiB = 4, .banks = banks, .width_bits = 16, .ports = ports};
    });
  };
  CHECK(through(3) == 4 + 4);
  CHECK(through(2) == 6 + 6);
  CHECK(through(3, Ports::rw) == 8 + 4);  // four steps, then four writes
}

TEST_CASE("O2: a residual is read through the port of the activations, behind those of the steps") {
  isa::Scale stage = scale_of(2, 3);
  stage.second = Second::tensor;
  stage.second_format = Format::int32;
  stage.second_address = 1024;
  stage.second_position_stride = stage.second_line_stride = 12;
  const auto through = [&](std::int64_t banks) {
    return feeding(matmul_of(2, 3, 4), stage, [&](MachineSpec& spec) {
      spec.activation_memory = {.size_KiB = 4, .banks = banks, .width_bits = 16};
    });
  };
  CHECK(through(12) == 4 + 1 + 1);
  CHECK(through(6) == 4 + 2 + 2);
  CHECK(through(5) == 4 + 3 + 3);
}

TEST_CASE("O2: sums that a matmul adds to come from accumulator memory meanwhile") {
  isa::Matmul adds = matmul_of(2, 3, 4);
  adds.accumulate = 1;
  const auto through = [&](std::int64_t width_bits) {
    return feeding(adds, thresholds(2, 3), [&](MachineSpec& spec) {
      spec.accumulator_memory = {.size_KiB = 6, .banks = 1, .width_bits = width_bits};
    });
  };
  CHECK(through(48) == 4 + 1);
  CHECK(through(47) == 5 + 1);
}

TEST_CASE("O3: the tables of 3 channels come before the steps of each group of columns") {
  // Two bytes each: 48 bits for a group.
  const auto through = [](std::int64_t width_bits) {
    isa::Threshold stage = thresholds(2, 6);
    stage.per_channel = 1;
    return feeding(matmul_of(2, 6, 4), stage, [&](MachineSpec& spec) {
      spec.weight_memory = {.size_KiB = 6, .banks = 3, .width_bits = width_bits};
    });
  };
  CHECK(through(16) == 2 * (1 + 4) + 1);
  CHECK(through(48) == 2 * (1 + 4) + 1);
  CHECK(through(15) == 2 * (2 + 2 * 4) + 1);  // and steps wait for their weights
}

TEST_CASE(
    "O4: the last sums of a matmul are taken in behind those of the one before, then the latency passes") {
  const auto ends = [](std::int64_t lanes, std::int64_t latency) {
    MachineSpec spec = staged_machine();
    spec.output_stage.lanes = lanes;
    spec.output_stage.latency_cycles = latency;
    isa::Threshold second = on_sums(thresholds(1, 1));
    second.result += 64;
    return completions(spec, {make(staged(matmul_of(2, 3, 1))), make(on_sums(thresholds(2, 3))),
                              make(staged(matmul_of(1, 1, 1))), make(second), halt()});
  };
  // Fed in 5 and 7; complete in 10 and 12, seen in 11 and 13.
  CHECK(ends(6, 2) == std::vector<std::uint64_t>{10, 13, 12, 15});
  CHECK(ends(6, 3) == std::vector<std::uint64_t>{10, 14, 12, 16});
  // With 2 lanes the first is fed for 3 cycles, complete in 12, taken in from 13 to 15; the second is fed
  // in 8.
  CHECK(ends(2, 2) == std::vector<std::uint64_t>{12, 17, 13, 18});
}

TEST_CASE("O5: of windows of 2 x 2 every sum takes a lane, and the pool has room for a line of results") {
  MachineSpec spec = staged_machine();
  spec.output_stage.lanes = 1;
  isa::Matmul matmul = matmul_of(4, 3, 1);
  one_tap(matmul, 4, 4);
  matmul.position_stride = 2;
  matmul.line_stride = 8;
  isa::Threshold stage = thresholds(2, 3);
  stage.lines = stage.columns = stage.kernel_h = stage.kernel_w = stage.stride_y = stage.stride_x = 2;
  stage.in_lines = stage.in_columns = 4;
  stage.format = Format::int8;
  stage.result_position_stride = 3;
  stage.result_line_stride = 6;
  stage = on_sums(stage);
  // 16 positions are 8 groups of 6 sums.
  const Program program = {make(staged(matmul)), make(stage), halt()};
  CHECK(cycles_of(spec, program) == 5 + 8 * 6 + 6 + 7);
  // Two windows of 3 channels of a byte.
  spec.output_stage.pool_bytes = 6;
  CHECK(defect_of(make(stage), spec).empty());
  spec.output_stage.pool_bytes = 5;
  CHECK(defect_of(make(stage), spec) == "the pool needs 6 bytes; 'output_stage.pool_bytes' is 5");
  spec.output_stage.pool_bytes = 6;
  stage.kernel_w = stage.stride_x = 1;
  stage.columns = 4;
  CHECK(defect_of(make(stage), spec) == "the pool needs 12 bytes; 'output_stage.pool_bytes' is 6");
  stage.kernel_h = stage.stride_y = 3;
  stage.lines = 1;
  CHECK(defect_of(make(stage), spec) ==
        "the output stage takes the largest of at most 2 x 2 sums that lie side by side");
}

TEST_CASE("O6: results of the output stage come before a load of activations, which waits for the port") {
  // 4 groups of a step each, whose 24 bytes of results take two cycles of the write port: with a load of 64
  // bytes beside it, the load has conflicts.
  MachineSpec spec = staged_machine();
  spec.activation_memory = {.size_KiB = 4, .banks = 1, .width_bits = 128};
  isa::Scale stage = scale_of(8, 3);
  stage.format = Format::int32;
  stage.result_line_stride = 12;
  const auto conflicts = [&](bool beside) {
    Program program = {make(load_of(16, 16, Memory::activation, 2048)), make(staged(matmul_of(8, 3, 8))),
                       make(on_sums(stage)), halt()};
    if (!beside) program[0] = make(load_of(16, 16, Memory::weight, 4096));
    return simulate(spec, program, {}, [](Elaboration& machine) {
      return machine.run().memories[1].conflicts[static_cast<std::size_t>(load)];
    });
  };
  CHECK(conflicts(false) == 0);
  CHECK(conflicts(true) > 0);
}

TEST_CASE("output stage: values are those of the vector unit on sums in accumulator memory, bit for bit") {
  Random random(7);
  for (int k = 0; k < 200; ++k) {
    const auto rows = static_cast<std::uint32_t>(random.between(1, 9));
    const auto cols = static_cast<std::uint32_t>(random.between(1, 9));
    isa::Matmul matmul = matmul_of(rows, cols, static_cast<std::uint32_t>(random.between(1, 4)));
    matmul.accumulate = static_cast<std::uint8_t>(random.below(2));
    isa::Threshold stage = threshold_of(rows, cols, static_cast<std::uint8_t>(random.between(1, 15)));
    stage.format = Format::int8;
    stage.result_line_stride = cols;
    stage.codes = random.next();
    stage.more_codes = random.next();
    stage.per_channel = static_cast<std::uint8_t>(random.below(2));
    const auto values = [&](const Program& program) {
      return simulate(staged_machine(), program, {}, [](Elaboration& machine) {
        machine.run();
        const auto bytes = machine.memories().activation;
        return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
      });
    };
    const Program apart = {make(matmul, {}, set_of({Engine::vector})), make(stage, set_of({array})), halt()};
    const Program on_the_way = {make(staged(matmul)), make(on_sums(stage)), halt()};
    REQUIRE(values(on_the_way) == values(apart));
  }
}

TEST_CASE(
    "output stage: of 18 sums, 18 compared with each of 2 thresholds, none goes to accumulator memory") {
  const Program program = {make(staged(matmul_of(6, 3, 1))), make(on_sums(thresholds(6, 3, 2))), halt()};
  const CounterSet events =
      simulate(staged_machine(), program, {}, [](Elaboration& machine) { return machine.run().events(); });
  CHECK(events[Counter::output_stage_comparisons] == 36);
  CHECK(events[Counter::vector_comparisons] == 0);
  CHECK(events[Counter::accumulator_memory_reads] + events[Counter::accumulator_memory_writes] == 0);
  isa::Threshold own = thresholds(6, 3, 2);
  own.per_channel = 1;
  const CounterSet of_own =
      simulate(staged_machine(), {make(staged(matmul_of(6, 3, 1))), make(on_sums(own)), halt()}, {},
               [](Elaboration& machine) { return machine.run().events(); });
  CHECK(of_own[Counter::output_stage_table_bits] == 3 * 3 * 8);
}

TEST_CASE("output stage: cycles that it holds the array for are its own among the reasons") {
  MachineSpec spec = staged_machine();
  spec.output_stage.lanes = 1;
  const Program program = {make(staged(matmul_of(4, 3, 4))), make(on_sums(thresholds(4, 3))), halt()};
  // Two groups of 4 steps, 6 cycles each, and the last 6 sums.
  const std::string spent =
      simulate(spec, program, {}, [](Elaboration& machine) { return spent_on(machine.run()); });
  CHECK(spent == "8 0 10 0 0 0 6 3 3 ");
}

TEST_CASE("output stage: what has no partner waits for ever") {
  CHECK(run_text(staged_machine(), {make(staged(matmul_of(2, 3, 1))), halt()}).starts_with("deadlock"));
  CHECK(run_text(staged_machine(), {make(on_sums(thresholds(2, 3))), halt()}).starts_with("deadlock"));
}

TEST_CASE("output stage: an instruction that takes more sums than its matmul gave ends the run") {
  CHECK_THROWS_WITH(
      run_text(staged_machine(), {make(staged(matmul_of(2, 3, 1))), make(on_sums(thresholds(3, 3))), halt()}),
      "instruction 1 (threshold): takes 9 sums, and the matmul before it gave 6");
}

TEST_CASE("output stage: without lanes it has no other parts either") {
  const auto parts = [](const MachineSpec& spec) {
    std::int64_t count = 0;
    for (const Part& part : parts_of(spec)) count += part.unit == UnitId::output_stage ? part.count : 0;
    return count;
  };
  MachineSpec spec = staged_machine();
  // 6 and 6 lanes, 512 bits of a pool, and two rows of 15 x 24 + 1 bits for each of 3 columns.
  CHECK(parts(spec) == 6 + 6 + 512 + 2 * 3 * 361);
  spec.output_stage.lanes = 0;
  CHECK(parts(spec) == 0);
}

TEST_CASE("output stage: what it cannot do is a defect of the instruction") {
  const MachineSpec spec = staged_machine();
  CHECK(defect_of(make(staged(matmul_of(2, 3, 1))), small_machine()) ==
        "the machine has no output stage: 'output_stage.lanes' is 0");
  CHECK(defect_of(make(on_sums(thresholds(2, 3))), small_machine()) ==
        "the machine has no output stage: 'output_stage.lanes' is 0");
  MachineSpec other = spec;
  other.array.dataflow = Dataflow::weight_stationary;
  CHECK(defect_of(make(staged(matmul_of(2, 3, 1))), other) ==
        "the output stage takes sums that stay in the PEs: of an output-stationary array without a line "
        "buffer");
  CHECK(defect_of(make(on_sums(copy_of(2, 3))), spec) ==
        "the output stage has thresholds and scales, not 'copy'");
  other = spec;
  other.output_stage.scale_lanes = 0;
  CHECK(defect_of(make(on_sums(scale_of(2, 3))), other) ==
        "the output stage does not scale: 'output_stage.scale_lanes' is 0");
  other.output_stage.thresholds = 2;
  CHECK(defect_of(make(on_sums(thresholds(2, 3, 2))), other).empty());
  CHECK(defect_of(make(on_sums(thresholds(2, 3, 3))), other) == "'thresholds' is 3; the output stage has 2");
  isa::Threshold elsewhere = on_sums(thresholds(2, 3));
  elsewhere.address = 4;
  CHECK(defect_of(make(elsewhere), spec) ==
        "the sums of the array follow each other without a gap, from 'address' 0 on");
  CHECK(defect_of(make(load_of(1, 16, Memory::array)), spec) ==
        "'memory' is array; a load goes to an on-chip memory");
}
