// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "traces/trace.hpp"

namespace tricycle {

/// Checks that a trace can run on `spec`. Throws InputError for the first fault, with the instruction's
/// index. Ranges: bindings, image, checkpoints and every operand lie inside their memories; the code fits
/// into the instruction memory and ends with its only halt. Errors call the trace `name`.
void check_ranges(const Trace& trace, const MachineSpec& spec, const std::string& name);

/// Checks the order of a trace that has passed check_ranges: the code reaches its halt with the machine's
/// queue depths (no deadlock), every post has a wait, instructions that touch the same bytes are ordered, and
/// nothing is read before it is written.
void check_order(const Trace& trace, const MachineSpec& spec, const std::string& name);

}  // namespace tricycle
