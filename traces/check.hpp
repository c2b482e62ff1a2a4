// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "traces/trace.hpp"

namespace tricycle {

/// Proves that a trace can run on `spec`; throws InputError for the first thing that is wrong, with the
/// instruction's index. Ranges: bindings, image, checkpoints and every operand lie inside their memories, the
/// code fits the instruction memory and ends in its only halt. `name` is what errors call the trace.
void check_ranges(const Trace& trace, const MachineSpec& spec, const std::string& name);

/// Beyond ranges: the code comes to its halt with the machine's queue depths (no deadlock), every post is
/// waited for, two instructions that touch the same bytes are ordered, and nothing is read before it was
/// written.
void check_order(const Trace& trace, const MachineSpec& spec, const std::string& name);

}  // namespace tricycle
