// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/isa/instruction.hpp"
#include "arch/params/counters.hpp"
#include "arch/params/machine.hpp"

namespace tricycle {

/// The events of one instruction but those of its fetch, in closed form: what the units count when it
/// completes. Overflows and saturations depend on the data and are counted when it executes.
[[nodiscard]] CounterSet events_of(const Instruction& instruction, const MachineSpec& spec);

/// Bank accesses of instruction memory that fetch an instruction.
[[nodiscard]] std::uint64_t fetch_reads_of(const Instruction& instruction, const MachineSpec& spec);

/// Bank accesses to instruction memory for so many bytes side by side.
[[nodiscard]] std::uint64_t instruction_accesses(std::uint64_t bytes, const MachineSpec& spec);

}  // namespace tricycle
