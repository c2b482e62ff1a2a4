// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "traces/trace.hpp"

namespace tricycle {

/// The result of an untimed execution.
struct UntimedResult {
  bool finished = false;
  std::string deadlock;  ///< when not finished: which engine waits for which
  std::uint64_t overflows = 0;
};

/// What a machine can have under way: instructions in the queue of each engine, and in its output stage.
struct UntimedLimits {
  std::int64_t queue_depth = 8, tiles = 4;
};
[[nodiscard]] UntimedLimits limits_of(const MachineSpec& spec);

/// Executes code without time, in an order that the machine's queues and semaphores allow. The sequencer
/// fills the engines' queues up to their depth, and each engine in turn executes all instructions that it
/// can; an instruction of the output stage executes behind its matmul, which waits until it has started, and
/// those of one pass of the vector unit execute and post together, when the last has started.
/// Where no two unordered instructions conflict (check_order), every such order gives the same memories and
/// the same ending or deadlock. `visit` is called with each instruction when it executes; it does the work.
UntimedResult run_untimed(const std::vector<Instruction>& code, const UntimedLimits& limits,
                          const std::function<void(const Issued&)>& visit);

/// The same with each instruction executed on `memories`. `completed` is called after each instruction.
UntimedResult execute_untimed(const std::vector<Instruction>& code, const MachineSpec& spec,
                              const MemoryView& memories,
                              const std::function<void(const Issued&)>& completed);

}  // namespace tricycle
