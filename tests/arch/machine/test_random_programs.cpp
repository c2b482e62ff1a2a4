// SPDX-License-Identifier: Apache-2.0
// Random machines and random programs: what must hold whatever the numbers are.
#include <sstream>

#include "tests/arch/machine/programs.hpp"
#include "traces/untimed.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

std::uint32_t pick(Random& random, std::int64_t low, std::int64_t high) {
  return static_cast<std::uint32_t>(random.between(low, high));
}

MachineSpec random_machine(Random& random) {
  MachineSpec spec = small_machine();
  spec.array.rows = random.between(1, 4);
  spec.array.cols = random.between(1, 4);
  spec.array.word_bits = 16 * random.between(1, 4);
  spec.array.accumulator_bits = random.chance(0.2) ? 6 : 24;
  spec.array.depth_cycles = random.between(3, 9);
  spec.array.fatnn_mask = static_cast<int>(random.below(2));
  for (MemorySpec* memory : {&spec.weight_memory, &spec.activation_memory, &spec.accumulator_memory}) {
    memory->banks = random.between(1, 4);
    memory->width_bits = random.between(8, 100);
  }
  spec.vector = {.lanes = random.between(1, 9), .latency_cycles = random.between(1, 6)};
  for (DmaSpec* dma : {&spec.load, &spec.store}) {
    *dma = {.setup_cycles = random.between(1, 6),
            .burst_bytes = random.between(1, 64),
            .outstanding = random.between(1, 9)};
  }
  spec.sequencer = {.fetch_cycles = random.between(1, 4), .queue_depth = random.between(1, 4)};
  spec.dram = {
      .bytes_per_cycle = random.between(1, 48), .latency_cycles = random.between(1, 30), .size_MiB = 1};
  return spec;
}

/// An instruction within the first bytes of each memory, so that many of them meet.
Instruction random_operation(Random& random, const MachineSpec& spec) {
  const std::int64_t word_bits = spec.array.word_bits;
  const std::uint32_t rows = pick(random, 1, 6);
  const std::uint32_t cols = pick(random, 1, 9);
  const std::uint32_t gap = pick(random, 0, 3);
  switch (random.below(5)) {
    case 0: {
      const Memory memory = random.chance(0.5) ? Memory::weight : Memory::activation;
      const std::uint32_t bytes = pick(random, 1, 90);
      return make(isa::Load{memory, pick(random, 0, 1500), bytes + gap, random.below(8000),
                            bytes + pick(random, 0, 9), rows, bytes});
    }
    case 1: {
      const Memory memory = random.chance(0.5) ? Memory::accumulator : Memory::activation;
      const std::uint32_t bytes = pick(random, 1, 90);
      return make(isa::Store{memory, pick(random, 0, 1500), bytes + gap, random.below(8000),
                             bytes + pick(random, 0, 9), rows, bytes});
    }
    case 2: {
      isa::Matmul i;
      i.datapath = static_cast<Datapath>(random.below(datapath_count));
      const std::int64_t lanes = lanes_per_word(i.datapath, word_bits);
      i.elements = pick(random, 1, 5 * lanes);
      i.words = static_cast<std::uint32_t>((i.elements + lanes - 1) / lanes);
      i.accumulate = static_cast<std::uint8_t>(random.below(2));
      i.activations = pick(random, 0, 1000);
      i.weights = pick(random, 0, 1000);
      i.activation_stride =
          gap + static_cast<std::uint32_t>(row_bytes(activation_format(i.datapath), i.elements, word_bits));
      i.weight_stride = gap + static_cast<std::uint32_t>(row_bytes(
                                  weight_format(i.datapath, spec.array.mask()), i.elements, word_bits));
      i.sums = pick(random, 0, 1000);
      i.sum_stride = 4 * cols + gap;
      i.rows = rows;
      i.cols = cols;
      return make(i);
    }
    case 3: {
      isa::Threshold i;
      i.memory = random.chance(0.7) ? Memory::accumulator : Memory::activation;
      i.address = pick(random, 0, 1000);
      i.stride = cols * (i.memory == Memory::accumulator ? 4 : 1) + gap;
      i.table = pick(random, 0, 2000);
      i.per_channel = static_cast<std::uint8_t>(random.below(2));
      i.thresholds = static_cast<std::uint8_t>(random.between(1, 7));
      i.threshold_bytes = static_cast<std::uint8_t>(1 << random.below(3));
      i.format = random.chance(0.5) ? Format::trit2 : Format::planes;
      for (unsigned code = 0; code < 8; ++code) i.codes |= (random.next() % 3 + 255) % 256 << (8 * code);
      i.result = pick(random, 0, 1000);
      i.first = pick(random, 0, 20);
      i.result_stride = gap + static_cast<std::uint32_t>(row_bytes(i.format, i.first + cols, word_bits));
      i.rows = rows;
      i.cols = cols;
      return make(i);
    }
    default: {
      const auto per_channel = static_cast<std::uint8_t>(random.below(2));
      return make(isa::Affine{pick(random, 0, 1000), 4 * cols + gap, pick(random, 0, 2000), per_channel,
                              pick(random, 0, 1000), 4 * cols + gap, rows, cols});
    }
  }
}

/// Gives a program the semaphores that its conflicts need, and some more: an instruction waits for the last
/// instruction of each other engine that it conflicts with, unless an earlier wait of its engine has seen to
/// that.
void synchronise(Program& program, const MachineSpec& spec, Random& random) {
  std::int64_t seen[engine_count][engine_count];  // [of][by]: the last instruction that was waited for
  for (auto& row : seen) std::fill(std::begin(row), std::end(row), -1);
  for (std::size_t i = 0; i < program.size(); ++i) {
    const auto by = static_cast<std::size_t>(engine_of(program[i]));
    const auto mine = footprint(program[i], spec);
    for (std::size_t of = 0; of < engine_count; ++of) {
      if (of == by) continue;
      std::int64_t last = -1;
      for (std::size_t j = 0; j < i; ++j) {
        if (static_cast<std::size_t>(engine_of(program[j])) != of) continue;
        bool needed = random.chance(0.02);
        for (const Access& theirs : footprint(program[j], spec)) {
          for (const Access& access : mine) needed = needed || conflict(access, theirs);
        }
        if (needed) last = static_cast<std::int64_t>(j);
      }
      if (last <= seen[of][by]) continue;
      seen[of][by] = last;
      program[static_cast<std::size_t>(last)].post.add(static_cast<Engine>(by));
      program[i].wait.add(static_cast<Engine>(of));
    }
  }
}

Program random_program(Random& random, const MachineSpec& spec) {
  Program program;
  const std::size_t length = 1 + random.below(25);
  for (std::size_t i = 0; i < length; ++i) program.push_back(random_operation(random, spec));
  synchronise(program, spec, random);
  for (Instruction& instruction : program) instruction.layer = pick(random, 0, 2);
  program.push_back(halt());
  return program;
}

std::string listing(const Program& program) {
  std::string text;
  for (const Instruction& instruction : program) text += disassemble(instruction) + '\n';
  return text;
}

/// All that was measured, and with `with_values` the overflows and the memories.
std::string whole_text(const MachineSpec& spec, const Program& program, const MachineOptions& options,
                       bool with_values) {
  return simulate(spec, program, options, [&](Machine& machine) {
    Inference inference = machine.run();
    const std::uint64_t overflows = inference.events()[Counter::popcount_overflows];
    for (CounterSet& layer : inference.events_by_layer) layer[Counter::popcount_overflows] = 0;
    std::string text = text_of(inference);
    if (with_values) {
      text += "\noverflows " + std::to_string(overflows) + ", memories " +
              std::to_string(crc_of(machine.memories()));
    }
    return text;
  });
}

}  // namespace

TEST_CASE("300 random programs give the same cycles, times, events and memories in lockstep as in skipping") {
  Random random(31);
  for (int i = 0; i < 300; ++i) {
    const MachineSpec spec = random_machine(random);
    const Program program = random_program(random, spec);
    const std::string skipping = whole_text(spec, program, {}, true);
    INFO("program " << i << ":\n" << listing(program));
    REQUIRE(skipping.starts_with("finished "));
    // text_of says so of any unit whose busy, stall and idle are not the cycles.
    REQUIRE(skipping.find("do not add up") == std::string::npos);
    REQUIRE(whole_text(spec, program, {.lockstep = true}, true) == skipping);
  }
}

TEST_CASE("100 random programs take the same cycles, times and events without values as with them") {
  Random random(32);
  for (int i = 0; i < 100; ++i) {
    const MachineSpec spec = random_machine(random);
    const Program program = random_program(random, spec);
    INFO("program " << i << ":\n" << listing(program));
    REQUIRE(whole_text(spec, program, {.functional = false}, false) == whole_text(spec, program, {}, false));
  }
}

TEST_CASE("E5: 100 random programs leave the same memories as their untimed execution") {
  Random random(33);
  for (int i = 0; i < 100; ++i) {
    const MachineSpec spec = random_machine(random);
    const Program program = random_program(random, spec);
    Memories memories(spec, dram_bytes);
    fill(memories, 1);
    const UntimedResult untimed = execute_untimed(program, spec, memories, [](std::size_t) {});
    INFO("program " << i << ":\n" << listing(program));
    REQUIRE(untimed.finished);
    const std::string timed = simulate(spec, program, {}, [](Machine& machine) {
      const Inference inference = machine.run();
      return std::to_string(inference.events()[Counter::popcount_overflows]) + ' ' +
             std::to_string(crc_of(machine.memories()));
    });
    REQUIRE(timed == std::to_string(untimed.overflows) + ' ' + std::to_string(crc_of(memories)));
  }
}

TEST_CASE(
    "100 random programs with one post taken away end alike in both modes, and as the untimed execution "
    "says") {
  Random random(34);
  int deadlocks = 0;
  for (int i = 0; i < 100; ++i) {
    const MachineSpec spec = random_machine(random);
    Program program = random_program(random, spec);
    for (Instruction& instruction : program) {
      if (instruction.post.empty()) continue;
      instruction.post = {};
      break;
    }
    // Without the post the order of conflicts is not assured, so a run error may come instead.
    const auto end = [&](bool lockstep) {
      return simulate(spec, program, {.lockstep = lockstep}, [](Machine& machine) -> std::string {
        try {
          return text_of(machine.run());
        } catch (const std::exception&) {
          return "run error";
        }
      });
    };
    const std::string skipping = end(false);
    INFO("program " << i << ":\n" << listing(program));
    REQUIRE(end(true) == skipping);
    if (skipping == "run error") continue;
    const UntimedResult untimed = run_untimed(program, spec.sequencer.queue_depth, [](std::size_t) {});
    REQUIRE(untimed.finished == skipping.starts_with("finished"));
    deadlocks += untimed.finished ? 0 : 1;
  }
  CHECK(deadlocks >= 20);
}

TEST_CASE("50 random programs are stopped by 3 random cycle limits with the same times in both modes") {
  Random random(35);
  for (int i = 0; i < 50; ++i) {
    const MachineSpec spec = random_machine(random);
    const Program program = random_program(random, spec);
    for (int limits = 0; limits < 3; ++limits) {
      const std::uint64_t limit = 1 + random.below(200);
      INFO("limit " << limit << ", program " << i << ":\n" << listing(program));
      const std::string skipping = run_text(spec, program, {.cycle_limit = limit});
      REQUIRE(skipping.find("do not add up") == std::string::npos);
      REQUIRE(run_text(spec, program, {.lockstep = true, .cycle_limit = limit}) == skipping);
    }
  }
}

TEST_CASE("a second inference of 30 random programs takes what the first took") {
  Random random(36);
  for (int i = 0; i < 30; ++i) {
    const MachineSpec spec = random_machine(random);
    const Program program = random_program(random, spec);
    for (const bool lockstep : {false, true}) {
      const std::string text =
          simulate(spec, program, {.lockstep = lockstep, .functional = false}, [](Machine& machine) {
            const std::string first = text_of(machine.run());
            return first == text_of(machine.run()) ? std::string("the same") : "they differ:\n" + first;
          });
      INFO("program " << i << ":\n" << listing(program));
      REQUIRE(text == "the same");
    }
  }
}

TEST_CASE("the events of one tile of 3 x 4 sums over 2 words are counted as its closed form says") {
  // 2 x 3 elements: 2 groups of rows, 2 of columns, so 8 steps; every weight word is read for each group of
  // rows.
  const std::string text =
      simulate(small_machine(), {make(matmul_of(3, 4, 2)), halt()}, {}, [](Machine& machine) {
        const CounterSet events = machine.run().events();
        std::ostringstream out;
        for (int c = 0; c < counter_count; ++c) {
          if (events.counts[static_cast<std::size_t>(c)] == 0) continue;
          out << counter_infos()[static_cast<std::size_t>(c)].full_name() << ' '
              << events.counts[static_cast<std::size_t>(c)] << '\n';
        }
        return out.str();
      });
  CHECK(text ==
        "sequencer.instructions 2\n"
        "instruction_memory.reads 7\n"  // 44 bytes are 6 words of 8, the halt's 2 one
        "weight_memory.reads 16\n"      // 2 groups of rows x 4 columns x 2 words
        "activation_memory.reads 12\n"  // 2 groups of columns x 3 rows x 2 words
        "accumulator_memory.writes 12\n"
        "array.steps 8\n"
        "array.operand_bits 448\n"             // 28 words of 16 bits
        "popcount.ternary_planes_lanes 192\n"  // 12 sums x 2 words x 8 lanes
        "popcount.sums 24\n");
}
