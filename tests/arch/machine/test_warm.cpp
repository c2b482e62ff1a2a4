// SPDX-License-Identifier: Apache-2.0
#include "tests/arch/machine/random_programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

constexpr Engine array = Engine::array, load = Engine::load;

isa::Load once(isa::Load i) {
  i.once = 1;
  return i;
}

/// The cycles of inferences that follow each other, the first one as it says; equal in both modes.
std::vector<std::uint64_t> cycles_from(const MachineSpec& spec, const Program& program, Start first) {
  std::vector<std::uint64_t> all[2];
  for (const bool lockstep : {false, true}) {
    all[lockstep ? 1 : 0] = simulate(spec, program, {.lockstep = lockstep}, [&](Elaboration& machine) {
      std::vector<std::uint64_t> cycles;
      for (const Start start : {first, Start::warm, Start::warm}) {
        const Inference inference = machine.run(start);
        if (!reasons_add_up(inference) || inference.status != RunStatus::finished) FAIL(text_of(inference));
        cycles.push_back(inference.cycles);
      }
      return cycles;
    });
  }
  CHECK(all[0] == all[1]);
  return all[0];
}

}  // namespace

TEST_CASE("D8: a load that is done once takes a cycle in a warm inference") {
  // Started in 3, the load completes in 30; the matmul of one step starts in 31, complete in 36, seen in 37.
  const Program program = {make(once(load_of(1, 16)), {}, set_of({array})),
                           make(matmul_of(2, 3, 1), set_of({load})), halt()};
  // Warm it completes in 4, and the matmul starts in 5.
  CHECK(cycles_from(small_machine(), program, Start::loaded) == std::vector<std::uint64_t>{37, 11, 11});
  // Two of them: the second starts in 4, completes in 5, and the matmul starts in 6.
  Program two = program;
  two.insert(two.begin(), make(once(load_of(1, 16, Memory::weight, 1024))));
  CHECK(cycles_from(small_machine(), two, Start::loaded)[1] == 12);
}

TEST_CASE("D8: it completes behind the transfer before it, and counts no bytes") {
  const Program program = {make(load_of(1, 16, Memory::weight, 1024)),
                           make(once(load_of(1, 16)), {}, set_of({array})),
                           make(matmul_of(2, 3, 1), set_of({load})), halt()};
  // The first completes in 30 again; the second in the same cycle, and the matmul starts in 31.
  CHECK(cycles_from(small_machine(), program, Start::loaded)[1] == 37);
  const auto bytes = simulate(small_machine(), program, {}, [](Elaboration& machine) {
    const std::uint64_t first = machine.run().events()[Counter::load_bytes];
    return std::pair(first, machine.run(Start::warm).events()[Counter::load_bytes]);
  });
  CHECK(bytes == std::pair<std::uint64_t, std::uint64_t>{32, 16});
}

TEST_CASE("D8: a warm inference uses what lies on chip, whatever has become of it in DRAM") {
  const Program program = {make(once(load_of(4, 16)), {}, set_of({array})),
                           make(matmul_of(2, 3, 4), set_of({load})), halt()};
  const auto sums = [&](Start start) {
    return simulate(small_machine(), program, {}, [&](Elaboration& machine) {
      machine.run(Start::cold);
      const auto there = machine.memories().accumulator;
      const std::vector<std::uint8_t> before(there.begin(), there.end());
      for (std::uint8_t& byte : machine.memories().dram) byte = static_cast<std::uint8_t>(~byte);
      machine.run(start);
      return std::equal(before.begin(), before.end(), there.begin());
    });
  };
  CHECK(sums(Start::warm));
  CHECK_FALSE(sums(Start::loaded));
}

TEST_CASE("E6: cold, the first instruction is fetched from DRAM, and those behind it as they come") {
  // Two instructions of 13 and 32 bytes and a halt of 3, in bursts of 16 bytes through 128 bytes a cycle.
  const Program program = {make(load_of(1, 16), {}, set_of({array})),
                           make(matmul_of(2, 3, 1), set_of({load})), halt()};
  const std::vector<std::uint64_t> cycles = cycles_from(small_machine(), program, Start::cold);
  CHECK(cycles[1] == 37);
  // The sequencer looks in cycle 2 and asks; the fetch unit sees it in 3, asks DRAM in 7 for the first burst,
  // is answered in 7 + 22, sees it written in 30; the sequencer sees it in 31 and dispatches.
  CHECK(cycles[0] == 37 + 29);
  MachineSpec slower = small_machine();
  slower.dram.latency_cycles = 21;
  CHECK(cycles_from(slower, program, Start::cold)[0] == 37 + 29 + 2);
}

TEST_CASE(
    "E6: of 30 random programs without loads that are done once a warm inference takes what a loaded one "
    "does") {
  Random random(61);
  for (int i = 0; i < 30; ++i) {
    const MachineSpec spec = random_machine(random);
    const Program program = random_program(random, spec);
    const std::string differs = simulate(spec, program, {.functional = false}, [](Elaboration& machine) {
      const std::string loaded = text_of(machine.run());
      return loaded == text_of(machine.run(Start::warm)) ? "" : loaded;
    });
    REQUIRE(differs.empty());
  }
}
