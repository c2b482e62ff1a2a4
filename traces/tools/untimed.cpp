// SPDX-License-Identifier: Apache-2.0
#include "traces/tools/untimed.hpp"
#include "arch/params/machine.hpp"

#include <array>
#include <deque>

namespace tricycle {
namespace {

struct Queues {
  std::array<std::deque<std::size_t>, engine_count> waiting;
  std::array<std::array<std::uint64_t, engine_count>, engine_count> tokens{};  // [from][to]

  bool can_start(const Instruction& instruction, std::size_t engine) const {
    for (std::size_t from = 0; from < engine_count; ++from) {
      if (instruction.wait.has(static_cast<Engine>(from)) && tokens[from][engine] == 0) return false;
    }
    return true;
  }
  void start(const Instruction& instruction, std::size_t engine) {
    for (std::size_t from = 0; from < engine_count; ++from) {
      if (instruction.wait.has(static_cast<Engine>(from))) --tokens[from][engine];
    }
  }
  void finish(const Instruction& instruction, std::size_t engine) {
    for (std::size_t to = 0; to < engine_count; ++to) {
      if (instruction.post.has(static_cast<Engine>(to))) ++tokens[engine][to];
    }
  }
};

std::string describe_deadlock(const std::vector<Instruction>& code, const Queues& queues) {
  std::string text;
  for (std::size_t e = 0; e < engine_count; ++e) {
    if (queues.waiting[e].empty()) continue;
    const std::size_t index = queues.waiting[e].front();
    text += (text.empty() ? "" : "; ") + names_of(Engine{})[e] + " waits at instruction " +
            std::to_string(index) + " for ";
    std::string whom;
    for (std::size_t from = 0; from < engine_count; ++from) {
      if (code[index].wait.has(static_cast<Engine>(from)) && queues.tokens[from][e] == 0) {
        whom += (whom.empty() ? "" : " and ") + names_of(Engine{})[from];
      }
    }
    text += whom;
  }
  return text;
}

}  // namespace

UntimedResult run_untimed(const std::vector<Instruction>& code, std::int64_t queue_depth,
                          const std::function<void(std::size_t)>& visit) {
  Queues queues;
  UntimedResult result;
  std::size_t next = 0;
  while (true) {
    bool moved = false;
    while (next < code.size() && engine_of(code[next]) != Engine::sequencer) {
      auto& queue = queues.waiting[static_cast<std::size_t>(engine_of(code[next]))];
      if (static_cast<std::int64_t>(queue.size()) >= queue_depth) break;
      queue.push_back(next++);
      moved = true;
    }
    for (std::size_t e = 0; e < engine_count; ++e) {
      auto& queue = queues.waiting[e];
      while (!queue.empty() && queues.can_start(code[queue.front()], e)) {
        const std::size_t index = queue.front();
        queue.pop_front();
        queues.start(code[index], e);
        visit(index);
        queues.finish(code[index], e);
        moved = true;
      }
    }
    if (moved) continue;
    bool idle = true;
    for (const auto& queue : queues.waiting) idle = idle && queue.empty();
    result.finished = idle && next < code.size();  // then the halt stopped the sequencer
    if (!result.finished) {
      result.deadlock = idle ? "the code ends without a halt" : describe_deadlock(code, queues);
    }
    return result;
  }
}

UntimedResult execute_untimed(const std::vector<Instruction>& code, const MachineSpec& spec,
                              const MemoryView& memories, const std::function<void(std::size_t)>& completed) {
  std::uint64_t overflows = 0;
  UntimedResult result = run_untimed(code, spec.sequencer.queue_depth, [&](std::size_t index) {
    overflows += execute(code, index, spec, memories).overflows;
    completed(index);
  });
  result.overflows = overflows;
  return result;
}

}  // namespace tricycle
