// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "arch/isa/instruction.hpp"
#include "arch/params/machine.hpp"

namespace tricycle {

/// Adds the semaphore waits and posts that keep a program's meaning when its engines run ahead of each other.
/// Where two instructions on different engines conflict, the later waits for the earlier, unless another wait
/// already implies this order. Waits always point backwards in program order, so no queue depth can deadlock.
void add_semaphores(std::vector<Instruction>& code, const MachineSpec& spec);

}  // namespace tricycle
