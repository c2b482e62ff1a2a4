// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "traces/trace.hpp"

namespace tricycle {

/// How an untimed execution ended.
struct UntimedResult {
  bool finished = false;
  std::string deadlock;  ///< when not finished: who waits for whom
  std::uint64_t overflows = 0;
};

/// Executes code in an order that the machine's queues and semaphores allow, without time: the sequencer
/// fills the engines' queues up to their depth, and each engine in turn executes what it can. Where no two
/// unordered instructions conflict (check_trace), every such order gives the same memories and ends or
/// deadlocks alike. `visit` is called with the index of each instruction as it executes; it does the work.
UntimedResult run_untimed(const std::vector<Instruction>& code, std::int64_t queue_depth,
                          const std::function<void(std::size_t)>& visit);

/// The same, executing each instruction's meaning on `memories`; `completed` is called after each.
UntimedResult execute_untimed(const std::vector<Instruction>& code, const MachineSpec& spec,
                              Memories& memories, const std::function<void(std::size_t)>& completed);

}  // namespace tricycle
