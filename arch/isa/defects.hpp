// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "arch/isa/loops.hpp"
#include "arch/params/machine.hpp"

namespace tricycle {

/// The reason why an instruction is impossible on this machine, as a sentence, or "". Reasons: a zero count,
/// rows that overlap, an address outside its memory, a datapath that the array does not have, formats that do
/// not fit, an engine that waits for itself.
[[nodiscard]] std::string defect_of(const Instruction& instruction, const MachineSpec& spec);

/// The reason why an instruction is impossible in some iteration of the loops around it, or "". `index`: of
/// the instruction in its program.
[[nodiscard]] std::string defect_in_loops(const Instruction& instruction, std::size_t index,
                                          const Loops& loops, const MachineSpec& spec);

}  // namespace tricycle
