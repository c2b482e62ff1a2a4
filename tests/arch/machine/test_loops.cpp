// SPDX-License-Identifier: Apache-2.0
// Programs with loops: they do what the same programs do without, and the sequencer takes its time (S5, S6).
#include "arch/isa/defects.hpp"
#include "arch/isa/loops.hpp"
#include "tests/arch/machine/random_programs.hpp"
#include "traces/tools/untimed.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// Random programs of loops in loops. Each instruction waits for the one before it, also from one iteration
/// to the next, so that no two ever meet.
class RandomLoops {
 public:
  RandomLoops(Random& random, const MachineSpec& spec) : random_(random), spec_(spec) {}

  Program program() {
    Program code = sequence(0);
    for (Instruction& instruction : code) instruction.layer = pick(random_, 0, 2);
    // The sequencer's own count for the layers of the instructions beside them.
    for (std::size_t i = code.size() - 1; i-- > 0;) {
      if (!is_issued(code[i]) && !ends(code[i])) code[i].layer = code[i + 1].layer;
    }
    for (std::size_t i = 1; i < code.size(); ++i) {
      if (ends(code[i])) code[i].layer = code[i - 1].layer;
    }
    code.push_back(halt());
    return code;
  }

 private:
  static bool ends(const Instruction& instruction) {
    return std::holds_alternative<isa::End>(instruction.operation);
  }
  static void link(Instruction& before, Instruction& after) {
    if (engine_of(before) == engine_of(after)) return;
    before.post.add(engine_of(after));
    after.wait.add(engine_of(before));
  }
  Instruction operation() { return random_operation(random_, spec_); }
  Instruction operation_of(Engine engine) {
    for (;;) {
      const Instruction instruction = operation();
      if (engine_of(instruction) == engine) return instruction;
    }
  }
  static Instruction& first_of(Program& code) { return *std::find_if(code.begin(), code.end(), is_issued); }
  static Instruction& last_of(Program& code) { return *std::find_if(code.rbegin(), code.rend(), is_issued); }

  /// Instructions, and loops between an instruction of their first engine and one of their last.
  Program sequence(int depth) {
    Program code = {operation()};
    for (std::uint64_t n = 1 + random_.below(3); n > 0; --n) {
      if (depth == 3 || random_.chance(0.5)) {
        append(code, {operation()});
        continue;
      }
      Program loop = loop_over(sequence(depth + 1));
      const Engine first = engine_of(first_of(loop)), last = engine_of(last_of(loop));
      append(code, {operation_of(first)});
      code.insert(code.end(), loop.begin(), loop.end());
      code.push_back(operation_of(last));
    }
    return code;
  }
  static void append(Program& code, Program more) {
    link(code.back(), more.front());
    code.insert(code.end(), more.begin(), more.end());
  }

  Program loop_over(Program body) {
    const std::uint32_t count = pick(random_, 1, 4);
    // The body's ends are instructions: its first waits for its last, but in the first iteration.
    Program guards;
    if (engine_of(body.front()) != engine_of(body.back())) {
      link(body.back(), body.front());
      const auto last = static_cast<std::uint16_t>(body.size() - 1);
      guards.push_back(make(isa::Guard{0, engine_of(body.back()), 0, 1, 0}));
      guards.push_back(make(isa::Guard{last, engine_of(body.front()), 1, 0, count - 1}));
      if (count == 1) {
        guards.clear();
        body.front().wait.remove(engine_of(body.back()));
        body.back().post.remove(engine_of(body.front()));
      }
    }
    Program code = {make(isa::Loop{count, pick(random_, 0, 1)})};
    for (std::size_t i = 0; i < body.size(); ++i) {
      for (std::uint8_t field = 0; field < 40; ++field) {
        if (random_.chance(0.7)) continue;
        Program moved = code;
        moved.push_back(make(stride(static_cast<std::uint16_t>(i), field)));
        Program whole = moved;
        whole.insert(whole.end(), guards.begin(), guards.end());
        whole.insert(whole.end(), body.begin(), body.end());
        whole.push_back(make(isa::End{}));
        if (!is_moved(body[i], field) || !stays_inside(whole)) continue;
        code = moved;
      }
    }
    code.insert(code.end(), guards.begin(), guards.end());
    code.insert(code.end(), body.begin(), body.end());
    code.push_back(make(isa::End{}));
    return code;
  }
  isa::Stride stride(std::uint16_t instruction, std::uint8_t field) {
    return {instruction, field, static_cast<std::uint32_t>(random_.between(-40, 40)), 0, 0};
  }
  static bool is_moved(const Instruction& instruction, std::uint8_t field) {
    return is_issued(instruction) &&
           std::visit([&](const auto& i) { return isa::is_address(i, field); }, instruction.operation);
  }
  /// Whether all addresses stay in range.
  bool stays_inside(const Program& code) const {
    if (loop_defect(code)) return false;
    const Loops loops(code);
    for (std::size_t i = 0; i < code.size(); ++i) {
      if (!defect_in_loops(code[i], i, loops, spec_).empty()) return false;
    }
    return true;
  }

  Random& random_;
  const MachineSpec& spec_;
};

/// All that was measured but what fetching loops costs, and the memories.
std::string whole_text(const MachineSpec& spec, const Program& program, const MachineOptions& options) {
  return simulate(spec, program, options, [](Elaboration& machine) {
    Inference inference = machine.run();
    for (LayerStep& entry : inference.layer_steps) {
      for (const Counter fetch : {Counter::sequencer_instructions, Counter::instruction_memory_reads,
                                  Counter::sequencer_moved_addresses})
        entry.events[fetch] = 0;
    }
    return text_of(inference) + ", memories " + std::to_string(crc_of(machine.memories()));
  });
}

std::string listing(const Program& program) {
  std::string text;
  for (const Instruction& instruction : program) text += disassemble(instruction) + '\n';
  return text;
}

/// The cycles of one load in a loop of one iteration, with a stride.
std::uint64_t cycles_with(std::int64_t loop_cycles) {
  MachineSpec spec = full_machine();
  spec.sequencer.loop_cycles = loop_cycles;
  const Program program = {make(isa::Loop{1, 0}), make(isa::Stride{0, 1, 4, 0, 0}), make(load_of(1, 4)),
                           make(isa::End{}), halt()};
  return cycles_of(spec, program);
}

}  // namespace

TEST_CASE(
    "1,000 random programs with loops give the values, events, memories and cycles of the same programs "
    "unrolled") {
  Random random(51);
  int loops = 0;
  for (int i = 0; i < 1000; ++i) {
    MachineSpec spec = random_machine(random);
    spec.sequencer.loop_cycles = spec.sequencer.branch_cycles = 0;
    spec.instruction_memory = {.size_KiB = 1024, .banks = 1, .width_bits = 8192};
    const Program program = RandomLoops(random, spec).program();
    INFO("program " << i << ":\n" << listing(program));
    if (const auto defect = loop_defect(program)) FAIL(defect->instruction << ": " << defect->message);
    const Program flat = unrolled(program);
    loops += flat.size() != program.size() ? 1 : 0;
    const std::string of_loops = whole_text(spec, program, {});
    REQUIRE(of_loops.starts_with("finished "));
    REQUIRE(of_loops == whole_text(spec, flat, {}));
  }
  CHECK(loops > 500);
}

TEST_CASE(
    "200 random programs with loops give the same in lockstep, and the memories of their untimed execution") {
  Random random(52);
  for (int i = 0; i < 200; ++i) {
    MachineSpec spec = random_machine(random);
    spec.sequencer.loop_cycles = random.between(0, 5);
    spec.sequencer.branch_cycles = random.between(0, 5);
    const Program program = RandomLoops(random, spec).program();
    INFO("program " << i << ":\n" << listing(program));
    const std::string skipping = whole_text(spec, program, {});
    REQUIRE(whole_text(spec, program, {.lockstep = true}) == skipping);
    Memories memories(spec, dram_bytes);
    fill(memories, 1);
    REQUIRE(execute_untimed(program, spec, memories, [](const Issued&) {}).finished);
    REQUIRE(skipping.ends_with(", memories " + std::to_string(crc_of(memories))));
  }
}

TEST_CASE("S5: a loop and its stride delay the first instruction by loop_cycles each") {
  const std::uint64_t free = cycles_with(0);
  CHECK(cycles_with(1) == free + 2);
  CHECK(cycles_with(2) == free + 4);
  CHECK(cycles_with(7) == free + 14);
}

TEST_CASE("S6: the end of each iteration takes branch_cycles, the last one's too") {
  // With nothing else to wait for, what the sequencer takes is what the run takes.
  const auto fetched = [](std::int64_t branch_cycles, std::uint32_t count) {
    MachineSpec spec = full_machine();
    spec.sequencer.branch_cycles = branch_cycles;
    spec.sequencer.queue_depth = 1024;
    const Program program = {make(isa::Loop{count, 0}), make(load_of(1, 4)), make(isa::End{}), halt()};
    return simulate(spec, program, {}, [](Elaboration& machine) {
      const Inference inference = machine.run();
      return inference.units.front().busy;  // the sequencer's
    });
  };
  for (const std::uint32_t count : {1U, 2U, 9U}) {
    CHECK(fetched(1, count) == fetched(0, count) + count);
    CHECK(fetched(3, count) == fetched(0, count) + 3 * count);
  }
}

TEST_CASE(
    "loops, strides and guards are fetched once, an end once an iteration, and each moved address counts") {
  const Program program = {make(isa::Loop{3, 0}), make(isa::Stride{0, 1, 4, 0, 0}), make(load_of(1, 4)),
                           make(isa::End{}), halt()};
  const CounterSet events =
      simulate(full_machine(), program, {}, [](Elaboration& machine) { return machine.run().events(); });
  CHECK(events[Counter::sequencer_instructions] == 2 + 3 * 2 + 1);
  CHECK(events[Counter::sequencer_moved_addresses] == 3);
}
