// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/isa/instruction.hpp"
#include "arch/spec/counters.hpp"
#include "arch/spec/machine.hpp"

namespace tricycle {

/// The events of one instruction, in closed form: what the units count when it completes. Overflows and
/// saturations depend on the data and are counted when it executes.
[[nodiscard]] CounterSet events_of(const Instruction& instruction, const MachineSpec& spec);

}  // namespace tricycle
