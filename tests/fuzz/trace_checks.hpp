// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/isa/loops.hpp"
#include "arch/params/machine.hpp"
#include "tests/fuzz/target.hpp"
#include "traces/tools/check.hpp"

namespace tricycle::fuzz {

/// What is read of a trace has two forms that say the same, and can be checked.
inline void check_whole(const Trace& trace) {
  const Bytes binary = write_trace(trace);
  require(write_trace(read_trace(binary, "binary")) == binary, "the binary form changes what it holds");
  require(write_trace(read_trace_text(write_trace_text(trace), "text")) == binary,
          "the text form changes what it holds");
  const MachineSpec machine = trace.machine_spec();
  check_ranges(trace, machine, "input");
  // Loops of few bytes may issue what takes minutes to follow.
  constexpr std::uint64_t most_followed = 100'000;
  if (instructions_of(trace.code, Loops(trace.code)) <= most_followed) check_order(trace, machine, "input");
}

}  // namespace tricycle::fuzz
