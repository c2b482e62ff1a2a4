// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "arch/isa/instruction.hpp"
#include "arch/spec/machine.hpp"

namespace tricycle {

/// Adds the waits and posts that keep a program's meaning when its engines run ahead of each other: of any
/// two instructions on different engines that conflict, the later waits for the earlier, unless it already
/// knows of it through another wait. Waits only ever point backwards in program order, so no queue depth can
/// deadlock.
void add_semaphores(std::vector<Instruction>& code, const MachineSpec& spec);

}  // namespace tricycle
