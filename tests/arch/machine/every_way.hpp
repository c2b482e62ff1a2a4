// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/arch/machine/programs.hpp"
#include "traces/tools/untimed.hpp"

namespace tricycle::test {

/// A program finishes, its figures add up, it gives the same in lockstep, and it leaves the memories that its
/// untimed execution leaves.
inline void check_every_way(const MachineSpec& spec, const Program& program) {
  const std::string text = run_text(spec, program);
  REQUIRE(text.starts_with("finished "));
  if (text.find("do not add up") != std::string::npos) FAIL(text);
  REQUIRE(run_text(spec, program, {.lockstep = true}) == text);
  const std::uint32_t crc = simulate(spec, program, {}, [](Elaboration& machine) {
    machine.run();
    return crc_of(machine.memories());
  });
  Memories memories(spec, dram_bytes);
  fill(memories, 1);
  REQUIRE(execute_untimed(program, spec, memories, [](const Issued&) {}).finished);
  REQUIRE(crc_of(memories) == crc);
}

}  // namespace tricycle::test
