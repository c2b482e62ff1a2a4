// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "workloads/lower/roll_nodes.hpp"

namespace tricycle {
namespace {

class NodeWriter {
 public:
  NodeWriter(Trace& trace)
      : trace_(trace), code_(std::move(trace.code)), checkpoints_(std::move(trace.checkpoints)) {
    trace.code.clear();
    trace.checkpoints.clear();
  }

  /// Writes a node that lies in no loop.
  void write_outermost(const RolledNode& node) {
    guards_ = guards_of(node).value();
    uses_ = &node.uses;
    use_ = 0;
    instruction_ = 0;
    write(node);
  }

 private:
  void write(const RolledNode& node) {
    if (!node.is_loop()) return write_instruction(node);
    Instruction control;
    control.layer = first_of(node).layer;
    control.step = node.step;
    control.operation = isa::Loop{node.count, node.steps};
    trace_.code.push_back(control);
    write_strides(node, control);
    around_.push_back({&node, 0});
    for (const RolledPointer& inner : node.body) write(*inner);
    around_.pop_back();
    control.operation = isa::End{};
    trace_.code.push_back(control);
  }

  /// Writes the strides and the guards of a loop.
  void write_strides(const RolledNode& loop, Instruction control) {
    std::vector<std::uint32_t> places;  // of each instruction, behind the loop's strides and guards
    auto motion = loop.motions.begin();
    auto visit = [&](const RolledNode& moved, std::uint32_t place) {
      places.push_back(place);
      std::size_t field = 0;
      visit_operation_fields(code_[moved.instruction], [&](const char*, std::uint64_t, bool is_address) {
        if (is_address && (motion++)->stride != 0) {
          control.operation = stride_instruction(place, field, *std::prev(motion));
          trace_.code.push_back(control);
        }
        ++field;
      });
    };
    std::uint32_t at = 0;
    for (const RolledPointer& inner : loop.body) for_each_instruction(*inner, at, visit);
    for (const LoopGuard& guard : guards_[&loop]) {
      control.operation = guard_instruction(places[guard.instruction], guard);
      trace_.code.push_back(control);
    }
  }

  /// Calls f(instruction of the node, its place behind the first instruction that the node becomes), in
  /// order.
  template <class F>
  void for_each_instruction(const RolledNode& node, std::uint32_t& at, F& f) {
    if (!node.is_loop()) return f(node, at++);
    at += 1 + static_cast<std::uint32_t>(guards_[&node].size());  // the loop, its guards and strides
    for (const Motion& motion : node.motions) at += motion.stride != 0 ? 1 : 0;
    for (const RolledPointer& inner : node.body) for_each_instruction(*inner, at, f);
    ++at;  // its end
  }

  /// Writes an instruction with its checkpoints, each with its strides in the loops around.
  void write_instruction(const RolledNode& node) {
    const auto now = static_cast<std::uint32_t>(trace_.code.size());
    Instruction& written = trace_.code.emplace_back(code_[node.instruction]);
    written.wait = written.post = {};
    for (; use_ < uses_->size() && (*uses_)[use_].instruction == instruction_; ++use_) {
      const SemaphoreUse& use = (*uses_)[use_];
      (use.posts ? written.post : written.wait).add(use.other);
    }
    ++instruction_;
    auto checkpoint = std::lower_bound(
        checkpoints_.begin(), checkpoints_.end(), node.instruction,
        [](const Checkpoint& c, std::size_t instruction) { return c.instruction < instruction; });
    for (; checkpoint != checkpoints_.end() && checkpoint->instruction == node.instruction; ++checkpoint) {
      Checkpoint moved = *checkpoint;
      moved.instruction = now;
      for (Around& around : around_) {
        moved.row_strides.push_back(around.loop->place_strides[around.place++]);
        moved.col_strides.push_back(around.loop->place_strides[around.place++]);
      }
      trace_.checkpoints.push_back(std::move(moved));
    }
  }

  [[nodiscard]] const Instruction& first_of(const RolledNode& node) const {
    return node.is_loop() ? first_of(*node.body.front()) : code_[node.instruction];
  }

  /// A loop around what is being written, and how many of its places were.
  struct Around {
    const RolledNode* loop;
    std::size_t place;
  };

  Trace& trace_;
  std::vector<Instruction> code_;
  std::vector<Checkpoint> checkpoints_;
  std::vector<Around> around_;
  LoopGuards guards_;                                ///< of the node at hand that lies in no loop
  const std::vector<SemaphoreUse>* uses_ = nullptr;  ///< of that node
  std::size_t use_ = 0;
  std::uint32_t instruction_ = 0;  ///< of that node
};

}  // namespace

void write_nodes(const RolledNodes& nodes, Trace& trace) {
  NodeWriter writer(trace);
  for (const RolledPointer& node : nodes) writer.write_outermost(*node);
}

}  // namespace tricycle
