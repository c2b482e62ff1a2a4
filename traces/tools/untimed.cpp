// SPDX-License-Identifier: Apache-2.0
#include "traces/tools/untimed.hpp"
#include "arch/params/machine.hpp"

#include <array>
#include <deque>
#include <optional>

namespace tricycle {
namespace {

constexpr auto load_index = static_cast<std::size_t>(Engine::load);
constexpr auto stage_index = static_cast<std::size_t>(Engine::output_stage);
constexpr auto vector_index = static_cast<std::size_t>(Engine::vector);

struct Queues {
  std::array<std::deque<Issued>, engine_count> waiting;
  std::deque<Issued> staged;      ///< that the output stage has started, and whose matmuls have not
  std::optional<Issued> streams;  ///< that the load engine has started, and no matmul has taken
  std::vector<Issued> pass;       ///< that the vector unit has started, of a pass that has not ended
  std::array<std::array<std::uint64_t, engine_count>, engine_count> tokens{};  // [from][to]

  bool can_start(const Instruction& instruction, std::size_t engine) const {
    for (std::size_t from = 0; from < engine_count; ++from) {
      if (instruction.wait.has(static_cast<Engine>(from)) && tokens[from][engine] == 0) return false;
    }
    if (engine == load_index && streams) return false;
    return (!is_staged(instruction) || !staged.empty()) && (!takes_stream(instruction) || streams);
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

std::string describe_deadlock(const Queues& queues) {
  std::string text;
  if (queues.streams) {
    text = names_of(Engine{})[load_index] + " waits at instruction " + std::to_string(queues.streams->index) +
           " for a matmul that takes its weights";
  }
  for (std::size_t e = 0; e < engine_count; ++e) {
    if (queues.waiting[e].empty() || (e == load_index && queues.streams)) continue;
    const Issued& issued = queues.waiting[e].front();
    text += (text.empty() ? "" : "; ") + names_of(Engine{})[e] + " waits at instruction " +
            std::to_string(issued.index) + " for ";
    std::string whom;
    for (std::size_t from = 0; from < engine_count; ++from) {
      const bool has_none =
          issued.instruction.wait.has(static_cast<Engine>(from)) && queues.tokens[from][e] == 0;
      const bool is_not_taken = static_cast<Engine>(from) == Engine::output_stage &&
                                is_staged(issued.instruction) && queues.staged.empty();
      const bool is_not_brought = from == load_index && takes_stream(issued.instruction) && !queues.streams;
      if (has_none || is_not_taken || is_not_brought)
        whom += (whom.empty() ? "" : " and ") + names_of(Engine{})[from];
    }
    text += whom;
  }
  if (!queues.staged.empty()) {
    text += (text.empty() ? "" : "; ") + names_of(Engine{})[stage_index] + " waits at instruction " +
            std::to_string(queues.staged.front().index) + " for the sums of a matmul";
  }
  if (!queues.pass.empty() && queues.waiting[vector_index].empty()) {
    text += (text.empty() ? "" : "; ") + names_of(Engine{})[vector_index] +
            " waits for the end of the pass of instruction " + std::to_string(queues.pass.front().index);
  }
  return text;
}

}  // namespace

UntimedResult run_untimed(const std::vector<Instruction>& code, const UntimedLimits& limits,
                          const std::function<void(const Issued&)>& visit) {
  const Loops loops(code);
  ProgramCounter next(loops);
  Queues queues;
  UntimedResult result;
  std::uint64_t number = 0;
  const auto is_over = [&] {
    return next.index() >= code.size() || std::holds_alternative<isa::Halt>(code[next.index()].operation);
  };
  /// Whether a queue took the next instruction, or the sequencer executed it.
  const auto dispatch = [&] {
    if (is_over()) return false;
    const Instruction& instruction = code[next.index()];
    if (is_issued(instruction)) {
      auto& queue = queues.waiting[static_cast<std::size_t>(engine_of(instruction))];
      if (static_cast<std::int64_t>(queue.size()) >= limits.queue_depth) return false;
      queue.push_back({loops.moved(instruction, next.index(), next.iterations()), next.index(), number++,
                       next.iterations()});
    }
    next.pass(instruction);
    return true;
  };
  while (true) {
    bool moved = false;
    while (dispatch()) moved = true;
    for (std::size_t e = 0; e < engine_count; ++e) {
      auto& queue = queues.waiting[e];
      while (!queue.empty() && queues.can_start(queue.front().instruction, e) &&
             (e != stage_index || std::ssize(queues.staged) < limits.tiles)) {
        const Issued issued = queue.front();
        queue.pop_front();
        queues.start(issued.instruction, e);
        moved = true;
        if (e == stage_index) {  // its sums are still to come
          queues.staged.push_back(issued);
          continue;
        }
        if (e == vector_index) {
          queues.pass.push_back(issued);
          if (chain_of(issued.instruction) != Chaining::ends) continue;
          for (const Issued& one : queues.pass) visit(one);
          for (const Issued& one : queues.pass) queues.finish(one.instruction, e);
          queues.pass.clear();
          continue;
        }
        if (brings_stream(issued.instruction)) {  // nothing takes its weights yet
          queues.streams = issued;
          continue;
        }
        if (takes_stream(issued.instruction)) {
          visit(*queues.streams);
          queues.finish(queues.streams->instruction, load_index);
          queues.streams.reset();
        }
        visit(issued);
        queues.finish(issued.instruction, e);
        if (!is_staged(issued.instruction)) continue;
        const Issued stage = queues.staged.front();
        queues.staged.pop_front();
        visit(stage);
        queues.finish(stage.instruction, stage_index);
      }
    }
    if (moved) continue;
    bool idle = queues.staged.empty() && queues.pass.empty() && !queues.streams;
    for (const auto& queue : queues.waiting) idle = idle && queue.empty();
    result.finished = idle && next.index() < code.size();  // then the halt stopped the sequencer
    if (!result.finished) {
      result.deadlock = idle ? "the code ends without a halt" : describe_deadlock(queues);
    }
    return result;
  }
}

UntimedLimits limits_of(const MachineSpec& spec) {
  return {spec.sequencer.queue_depth, spec.output_stage.tiles};
}

UntimedResult execute_untimed(const std::vector<Instruction>& code, const MachineSpec& spec,
                              const MemoryView& memories,
                              const std::function<void(const Issued&)>& completed) {
  std::uint64_t overflows = 0;
  UntimedResult result = run_untimed(code, limits_of(spec), [&](const Issued& issued) {
    overflows += execute(issued, spec, memories).overflows;
    completed(issued);
  });
  result.overflows = overflows;
  return result;
}

}  // namespace tricycle
