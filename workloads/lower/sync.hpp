// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/lower/program.hpp"

namespace tricycle {

/// Adds the semaphore waits and posts that keep a program's meaning when its engines run ahead of each other.
/// Where two instructions on different engines conflict, the later waits for the earlier, unless another wait
/// already implies this order. Waits always point backwards in program order, so no queue depth can deadlock.
///
/// No semaphore of a single time step crosses the bounds of a loop over time steps: what is in the loop waits
/// for all before it, and what is behind the loop for all of it. So one step is like another.
void add_semaphores(Program& program, const MachineSpec& spec);

}  // namespace tricycle
