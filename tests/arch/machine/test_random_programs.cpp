// SPDX-License-Identifier: Apache-2.0
// Random machines and random programs: what must hold whatever the numbers are.
#include <set>
#include <sstream>

#include "tests/arch/machine/random_programs.hpp"
#include "traces/tools/untimed.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

std::string listing(const Program& program) {
  std::string text;
  for (const Instruction& instruction : program) text += disassemble(instruction) + '\n';
  return text;
}

/// All that was measured, and with `with_values` the overflows, the saturations and the memories.
std::string whole_text(const MachineSpec& spec, const Program& program, const MachineOptions& options,
                       bool with_values) {
  return simulate(spec, program, options, [&](Elaboration& machine) {
    Inference inference = machine.run();
    const std::uint64_t overflows = inference.events()[Counter::array_overflows];
    const std::uint64_t saturations = inference.events()[Counter::vector_saturations];
    for (LayerStep& entry : inference.layer_steps)
      entry.events[Counter::array_overflows] = entry.events[Counter::vector_saturations] = 0;
    std::string text = text_of(inference);
    if (with_values) {
      text += "\noverflows " + std::to_string(overflows) + ", saturations " + std::to_string(saturations) +
              ", memories " + std::to_string(crc_of(machine.memories()));
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
    if (skipping.find("do not add up") != std::string::npos) FAIL(skipping);
    REQUIRE(whole_text(spec, program, {.lockstep = true}, true) == skipping);
  }
}

TEST_CASE("300 random programs hold every instruction, datapath, format, pool, second operand and folding") {
  Random random(31);
  std::set<std::string> kinds;
  const auto note = [&](const std::string& name, auto value) {
    kinds.insert(name + ' ' + std::to_string(static_cast<int>(value)));
  };
  for (int i = 0; i < 300; ++i) {
    const MachineSpec spec = random_machine(random);
    note("dataflow", spec.array.dataflow);
    for (const Instruction& instruction : random_program(random, spec)) {
      note("instruction", instruction.operation.index());
      std::visit(
          [&](const auto& op) {
            if constexpr (requires { op.datapath; }) {
              note("datapath", op.datapath);
              note("activations", op.activation_format);
              note("weights", op.weight_format);
              note("folding", op.folding);
              note("im2col", op.im2col);
            }
            if constexpr (requires { op.pool; }) {
              note("pool", op.pool);
              note("source", op.source_format);
              note("result", op.format);
            }
            if constexpr (requires { op.second; }) note("second", op.second);
            if constexpr (requires { op.third; }) note("third", op.third);
            if constexpr (requires { op.function; }) note("function", op.function);
            if constexpr (requires { op.symmetry; }) note("symmetry", op.symmetry);
          },
          instruction.operation);
    }
  }
  const auto found = [&](const std::string& name) {
    return std::count_if(kinds.begin(), kinds.end(),
                         [&](const auto& k) { return k.starts_with(name + ' '); });
  };
  CHECK(found("dataflow") == 2);
  CHECK(found("instruction") ==
        static_cast<int>(std::variant_size_v<Operation>) - 4);  // loops: test_loops.cpp
  CHECK(found("datapath") == datapath_count);
  CHECK(found("activations") == format_count - 5);  // none of weights alone, int32 and int16
  CHECK(found("weights") == format_count - 5);      // no uint8, int32 and int16, and no stream
  CHECK(found("folding") == 3);
  CHECK(found("im2col") == 2);
  CHECK(found("pool") == pool_count);
  CHECK(found("source") == format_count - 3);
  CHECK(found("result") == format_count - 3);
  CHECK(found("second") == second_count - 1);  // lanes: test_passes.cpp
  CHECK(found("third") == 2);
  CHECK(found("function") == curve_count);
  CHECK(found("symmetry") == symmetry_count);
}

TEST_CASE("100 random programs take the same cycles, times and events without values as with them") {
  Random random(32);
  for (int i = 0; i < 100; ++i) {
    MachineSpec spec = random_machine(random);
    const Program program = random_program(random, spec);
    const bool gathers = std::any_of(program.begin(), program.end(), [](const Instruction& instruction) {
      return std::holds_alternative<isa::Gather>(instruction.operation);
    });
    if (gathers) spec.dram.kind = "ideal";  // on a device its rows' time depends on which they are (D6)
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
    const UntimedResult untimed = execute_untimed(program, spec, memories, [](const Issued&) {});
    INFO("program " << i << ":\n" << listing(program));
    REQUIRE(untimed.finished);
    const std::string timed = simulate(spec, program, {}, [](Elaboration& machine) {
      const Inference inference = machine.run();
      return std::to_string(inference.events()[Counter::array_overflows]) + ' ' +
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
      return simulate(spec, program, {.lockstep = lockstep}, [](Elaboration& machine) -> std::string {
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
    const UntimedResult untimed = run_untimed(program, limits_of(spec), [](const Issued&) {});
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
      if (skipping.find("do not add up") != std::string::npos) FAIL(skipping);
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
          simulate(spec, program, {.lockstep = lockstep, .functional = false}, [](Elaboration& machine) {
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
  MachineSpec spec = narrow(small_machine());
  spec.instruction_memory.width_bits = 64;
  const std::string text = simulate(spec, {make(matmul_of(3, 4, 2)), halt()}, {}, [](Elaboration& machine) {
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
        "instruction_memory.reads 3\n"  // 16 bytes are 2 words of 8, the halt's one one
        "weight_memory.reads 16\n"      // 2 groups of rows x 4 columns x 2 words
        "activation_memory.reads 12\n"  // 2 groups of columns x 3 rows x 2 words
        "accumulator_memory.writes 12\n"
        "array.steps 8\n"
        "array.operand_bits 448\n"               // 28 words of 16 bits
        "array.sum_bits 576\n"                   // 12 sums x 2 words x 24 bits
        "popcount.ternary_planes_lanes 192\n");  // 12 sums x 2 words x 8 lanes
}
