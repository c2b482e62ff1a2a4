// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/lower/program.hpp"

namespace tricycle {

/// Rolls what a program does again and again, tile by tile or time step by time step, into loops, inner ones
/// first. What the program issues, in which order and with which addresses stays the same: unrolled, it is
/// what it was. A loop is made where it makes the program shorter.
void roll_loops(Program& program, const MachineSpec& spec);

}  // namespace tricycle
