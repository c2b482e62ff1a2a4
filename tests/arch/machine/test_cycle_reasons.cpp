// SPDX-License-Identifier: Apache-2.0
// What the cycles of an inference were spent on. The numbers of the small machine stand in test_timing.cpp.
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

constexpr Engine load = Engine::load, array = Engine::array, vector = Engine::vector;

/// The cycles of each layer by reason, as "0: mapped 8 fill 4, 1: ..."; those of no cycles are left out.
std::string spent(const MachineSpec& spec, const Program& program) {
  const auto text_of_run = [&](bool lockstep) {
    return simulate(spec, program, {.lockstep = lockstep}, [](Elaboration& machine) {
      const Inference inference = machine.run();
      if (!reasons_add_up(inference)) return std::string("the reasons do not add up");
      std::string text;
      for (const LayerStep& layer : inference.by_layer()) {
        if (layer.cycles() == 0) continue;
        text += (text.empty() ? "" : ", ") + std::to_string(layer.layer) + ':';
        for (std::size_t r = 0; r < cycle_reason_count; ++r) {
          if (layer.by_reason[r] > 0)
            text += ' ' + names_of(CycleReason{})[r] + ' ' + std::to_string(layer.by_reason[r]);
        }
      }
      return text;
    });
  };
  const std::string text = text_of_run(false);
  CHECK(text_of_run(true) == text);
  return text;
}

Instruction in_layer(std::uint32_t layer, Instruction instruction) {
  instruction.layer = layer;
  return instruction;
}

/// A vector instruction that touches nothing that a matmul does.
isa::Affine elsewhere(std::uint32_t cols) {
  isa::Affine i = affine_of(1, cols);
  i.address = 1024;
  return i;
}

/// One that may be of a pass.
isa::Scale of_pass(std::uint32_t cols, Chaining chain) {
  isa::Scale i = scale_of(1, cols);
  i.address = 1024;
  i.chain = chain;
  return i;
}

}  // namespace

TEST_CASE("cycle reasons: a matmul of 8 steps alone is fetched, mapped, and drains through a depth of 5") {
  // Dispatched in 2 and seen in 3; fed in 3 to 10; complete in 15, seen by the sequencer in 16.
  CHECK(spent(small_machine(), {make(matmul_of(4, 3, 4)), halt()}) ==
        "0: mapped 8 fill 4 dependency 2 fetch 2");
  MachineSpec deeper = small_machine();
  deeper.array.depth_cycles = 6;
  CHECK(spent(deeper, {make(matmul_of(4, 3, 4)), halt()}) == "0: mapped 8 fill 5 dependency 2 fetch 2");
}

TEST_CASE(
    "cycle reasons: steps that take two cycles for their weights are mapped once, the rest is the array's") {
  MachineSpec spec = narrow(small_machine());
  CHECK(spent(spec, {make(matmul_of(4, 3, 4)), halt()}) == "0: mapped 8 fill 4 dependency 2 fetch 2");
  spec.weight_memory.width_bits = 8;
  CHECK(spent(spec, {make(matmul_of(4, 3, 4)), halt()}) == "0: mapped 8 array 8 fill 4 dependency 2 fetch 2");
}

TEST_CASE("cycle reasons: between two matmuls that follow each other nothing is lost") {
  CHECK(spent(small_machine(),
              {in_layer(0, make(matmul_of(4, 3, 4))), in_layer(1, make(matmul_of(2, 3, 4))), halt()}) ==
        "0: mapped 8 dependency 1 fetch 2, 1: mapped 4 fill 4 dependency 1");
}

TEST_CASE(
    "cycle reasons: a matmul waits for its load, which answers for the cycles from its start to its end") {
  // The load starts in 3 and completes in 30, which the array sees in 31.
  const Program program = {in_layer(0, make(load_of(1, 16), {}, set_of({array}))),
                           in_layer(1, make(matmul_of(2, 3, 1), set_of({load}))), halt()};
  CHECK(spent(small_machine(), program) ==
        "0: dram 27 dependency 1 fetch 2, 1: mapped 1 fill 4 dependency 2");
  MachineSpec slower = small_machine();
  slower.dram.latency_cycles = 21;
  CHECK(spent(slower, program) == "0: dram 28 dependency 1 fetch 2, 1: mapped 1 fill 4 dependency 2");
}

TEST_CASE("cycle reasons: what went on while the array was fed costs nothing") {
  // The second load is there before the first matmul has been fed for 40 cycles.
  const Program program = {in_layer(0, make(load_of(1, 16), {}, set_of({array}))),
                           in_layer(1, make(load_of(1, 16, Memory::weight, 512), {}, set_of({array}))),
                           in_layer(2, make(matmul_of(2, 3, 40), set_of({load}))),
                           in_layer(3, make(matmul_of(2, 3, 1), set_of({load}))), halt()};
  CHECK(spent(small_machine(), program) ==
        "0: dram 27 dependency 1 fetch 2, 2: mapped 40 dependency 1, 3: mapped 1 fill 4 dependency 1");
}

TEST_CASE(
    "cycle reasons: a matmul waits for the vector unit, which takes in for 7 cycles and has results 2 "
    "later") {
  // The vector instruction starts in 3, has its results in 3 + 7 - 1 + 3 = 12, which the array sees in 13.
  const Program program = {in_layer(0, make(elsewhere(28), {}, set_of({array}))),
                           in_layer(1, make(matmul_of(2, 3, 1), set_of({vector}))), halt()};
  CHECK(spent(small_machine(), program) ==
        "0: vector 7 fill 2 dependency 1 fetch 2, 1: mapped 1 fill 4 dependency 2");
  MachineSpec slower = small_machine();
  slower.vector.latency_cycles = 4;
  CHECK(spent(slower, program) == "0: vector 7 fill 3 dependency 1 fetch 2, 1: mapped 1 fill 4 dependency 2");
}

TEST_CASE("cycle reasons: cycles in which the vector unit has no port are the ports'") {
  // It reads 28 sums of 4 bytes: 896 bits through 3 x 64 in 5 cycles, through 3 x 32 in 10.
  MachineSpec spec = small_machine();
  const Program program = {in_layer(0, make(elsewhere(28), {}, set_of({array}))),
                           in_layer(1, make(matmul_of(2, 3, 1), set_of({vector}))), halt()};
  spec.accumulator_memory.width_bits = 32;  // so that the 6 sums take two cycles to leave, too (A11)
  CHECK(spent(spec, program) ==
        "0: vector 7 ports 3 fill 2 dependency 1 fetch 2, 1: mapped 1 array 1 fill 4 dependency 2");
}

TEST_CASE(
    "cycle reasons: what a pass waits for is not the pass's, and its 7 cycles are its last instruction's") {
  // The first starts in 3 and waits for the second, which starts when the load has completed in 30. They take
  // in for 7 cycles from 31 on. One value more in the second one takes it a cycle more.
  MachineSpec spec = small_machine();
  spec.vector.chain = 2;
  spec.accumulator_memory.width_bits = 128;
  const auto pass = [](std::uint32_t first, std::uint32_t second) {
    return Program{in_layer(0, make(load_of(1, 16), {}, set_of({vector}))),
                   in_layer(1, make(of_pass(first, Chaining::goes_on))),
                   in_layer(2, make(of_pass(second, Chaining::ends), set_of({load}), set_of({array}))),
                   in_layer(3, make(matmul_of(2, 3, 1), set_of({vector}))), halt()};
  };
  CHECK(spent(spec, pass(28, 4)) ==
        "0: dram 27 dependency 1 fetch 2, 2: vector 7 fill 2 dependency 1, 3: mapped 1 fill 4 dependency 2");
  CHECK(spent(spec, pass(28, 29)) ==
        "0: dram 27 dependency 1 fetch 2, 2: vector 8 fill 2 dependency 1, 3: mapped 1 fill 4 dependency 2");
}

TEST_CASE(
    "cycle reasons: instructions of a pass that start behind each other take the vector unit a cycle each") {
  // A vector instruction of 30 cycles goes before: the pass starts in 33 and 34, and takes in for 1 cycle.
  MachineSpec spec = small_machine();
  spec.vector.chain = 3;
  spec.activation_memory.banks = 32;
  spec.accumulator_memory.width_bits = 128;
  Program program = {in_layer(0, make(elsewhere(120))), in_layer(1, make(of_pass(4, Chaining::goes_on))),
                     in_layer(2, make(of_pass(4, Chaining::ends), {}, set_of({array}))),
                     in_layer(3, make(matmul_of(2, 3, 1), set_of({vector}))), halt()};
  CHECK(spent(spec, program) ==
        "0: vector 30 dependency 1 fetch 2, 2: vector 2 fill 2, 3: mapped 1 fill 4 dependency 2");
  program.insert(program.begin() + 1, program[1]);
  CHECK(spent(spec, program) ==
        "0: vector 30 dependency 1 fetch 2, 1: vector 1, 2: vector 2 fill 2, 3: mapped 1 fill 4 "
        "dependency 2");
}

TEST_CASE("cycle reasons: a program that comes from DRAM is fetched, and so are words of long instructions") {
  MachineSpec spec = small_machine();
  spec.instruction_memory.width_bits = encoded_bytes(make(matmul_of(4, 3, 4))) * 8 / 2;
  CHECK(spent(spec, {make(matmul_of(4, 3, 4)), halt()}) == "0: mapped 8 fill 4 dependency 2 fetch 3");
}

TEST_CASE("cycle reasons: an instruction behind a full queue waits for the start that frees its place") {
  // Vector instructions of 1, 30 and 1 cycles in a queue of one: the third is dispatched when the second has
  // started, and the matmul behind it is dispatched a cycle later.
  MachineSpec spec = small_machine();
  spec.sequencer.queue_depth = 1;
  const Program program = {in_layer(0, make(elsewhere(120))), in_layer(0, make(elsewhere(4))),
                           in_layer(1, make(elsewhere(4))), in_layer(2, make(matmul_of(2, 3, 1))), halt()};
  // Started in 3, 33; the place of the second is free in 34, the third is dispatched then, the matmul in 35
  // and seen in 36. The third starts in 35.
  CHECK(spent(spec, program) ==
        "0: vector 30 dependency 1 fetch 2, 1: dependency 1, 2: mapped 1 fill 4 dependency 2 fetch 1");
}

TEST_CASE("cycle reasons: of a run that is stopped every cycle has a reason too") {
  const Program program = {make(load_of(1, 16), {}, set_of({array})),
                           make(matmul_of(2, 3, 1), set_of({load})), halt()};
  for (const std::uint64_t limit : {1U, 2U, 3U, 10U, 29U, 30U, 31U, 32U, 35U}) {
    CHECK(simulate(small_machine(), program, {.cycle_limit = limit}, [](Elaboration& machine) {
      const Inference inference = machine.run();
      return inference.status == RunStatus::cycle_limit && reasons_add_up(inference);
    }));
  }
}

TEST_CASE(
    "cycle reasons: 70,000 vector instructions without a matmul are the vector unit's, cycle by cycle") {
  MachineSpec spec = small_machine();
  spec.sequencer.branch_cycles = 0;
  const Program program = {make(isa::Loop{70'000, 0}), make(elsewhere(12)), make(isa::End{}), halt()};
  // Three cycles each; the first is dispatched behind two cycles of fetch and one of the loop.
  CHECK(spent(spec, program) == "0: vector 210000 fill 2 dependency 2 fetch 3");
}
