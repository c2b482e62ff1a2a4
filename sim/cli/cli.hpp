// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tricycle {

/// Runs the command line. Returns the exit code: 0 done; 1 it ran and something is wrong; 2 the input is
/// wrong; 3 a fault of the program itself.
int command_line(int argc, char** argv);

}  // namespace tricycle
