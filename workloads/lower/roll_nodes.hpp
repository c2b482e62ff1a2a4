// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "arch/params/machine.hpp"
#include "workloads/lower/program.hpp"
#include "workloads/lower/roll_guards.hpp"

namespace tricycle {

/// How a number goes from one iteration to the next: by a stride, and for an address perhaps within a ring.
struct Motion {
  std::int64_t stride = 0;
  std::uint64_t ring = 0, ring_bytes = 0;
};

/// An address that an instruction has, the ring of blocks that it lies in, and how loops inside move it: in
/// that ring, or straight on.
struct MovedAddress {
  std::uint64_t value = 0;
  std::uint64_t ring = 0, ring_bytes = 0;
  bool is_in_dram = false;
  bool is_in_ring = false, is_straight = false;
};

/// The executions of a node's instruction, in order, that wait for an engine or post to it.
struct SemaphoreUse {
  std::uint32_t instruction;  ///< of the node, in order
  Engine other;
  bool posts;
  std::vector<bool> executions;

  [[nodiscard]] bool is_of_same(const SemaphoreUse& use) const {
    return instruction == use.instruction && other == use.other && posts == use.posts;
  }
};

struct RolledNode;
using RolledPointer = std::shared_ptr<const RolledNode>;
using RolledNodes = std::vector<RolledPointer>;

/// An instruction, or a loop over nodes. Nodes with the same shape differ in their addresses, in the
/// places of their checkpoints, in their time step and in their semaphores alone.
struct RolledNode {
  std::size_t shape = 0;
  std::size_t instruction = 0;  ///< where it is one: its index in the program

  RolledNodes body;  ///< where it is a loop; empty for an instruction
  std::uint32_t count = 1, steps = 0;
  std::size_t written = 1;                  ///< iterations that were written
  Numbering number;                         ///< of these
  std::vector<Motion> motions;              ///< of all addresses of the body
  std::vector<std::int64_t> place_strides;  ///< of all places of the body

  std::vector<SemaphoreUse> uses;       ///< of all instructions, in order
  std::vector<MovedAddress> addresses;  ///< of all instructions, in order
  std::vector<std::int64_t> places;     ///< row and column of each checkpoint of all instructions, in order
  std::uint32_t step = 0;               ///< time step of the first instruction
  std::uint32_t instructions = 1;       ///< in it, each counted once
  std::int64_t bytes = 0, bare_bytes = 0;  ///< encoded but for addresses, with guards and without
  std::int64_t saved = 0;                  ///< bytes less than without the loop
  std::size_t depth = 0;                   ///< loops in one another

  [[nodiscard]] bool is_loop() const { return !body.empty(); }
};

/// Nodes one after another, as iterations of a body of `length` nodes.
struct Run {
  const RolledNodes& nodes;
  std::size_t first, length;

  [[nodiscard]] const RolledNode& at(std::size_t iteration, std::size_t node) const {
    return *nodes[first + iteration * length + node];
  }
};

/// Appends the motions of a node of the body to those of the loop, which has up to `count` iterations.
/// Returns the iterations for which they hold.
[[nodiscard]] std::size_t count_of_motions(const Run& run, std::size_t count, std::size_t node,
                                           RolledNode& loop);

/// A guard of a loop, for an instruction of its body.
struct LoopGuard {
  std::uint32_t instruction;  ///< of the loop, in order
  Engine other;
  bool posts;
  GuardRange range;
};

/// The guards of each loop of a node.
using LoopGuards = std::map<const RolledNode*, std::vector<LoopGuard>>;

/// The guards that the loops of a node need, for all of its semaphores; nothing where guards cannot say it.
[[nodiscard]] std::optional<LoopGuards> guards_of(const RolledNode& node);

/// Finds the most iterations of a loop, 2 to `count`, whose semaphores guards can express, and these guards.
/// Where guards fail for some iterations, they fail for more: so the number is doubled, and then halved.
[[nodiscard]] std::optional<LoopGuards> guard_run(const Run& run, std::size_t count,
                                                  const std::vector<Instruction>& code, RolledNode& loop);

/// Numbers shapes: equal ones are given the same number.
class Shapes {
 public:
  using Shape = std::vector<std::int64_t>;
  std::size_t number_of(Shape shape) {
    return numbers_.emplace(std::move(shape), numbers_.size()).first->second;
  }

 private:
  std::map<Shape, std::size_t> numbers_;
};

/// Calls f(field's name, value, whether it is an address) for each field of an instruction's operation.
template <class F>
void visit_operation_fields(const Instruction& instruction, F f) {
  std::visit(
      [&](const auto& i) {
        std::size_t field = 0;
        isa::visit_fields(i, [&](const char* name, const auto& value, const char*) {
          f(name, static_cast<std::uint64_t>(value), isa::is_address(i, field++));
        });
      },
      instruction.operation);
}

/// A program as nodes, one for each instruction.
[[nodiscard]] RolledNodes read_nodes(const Program& program, const MachineSpec& spec, Shapes& shapes);

/// Replaces the code and the checkpoints of a trace by what its nodes have become.
void write_nodes(const RolledNodes& nodes, Trace& trace);

[[nodiscard]] isa::Stride stride_instruction(std::uint32_t instruction, std::size_t field,
                                             const Motion& motion);
[[nodiscard]] isa::Guard guard_instruction(std::uint32_t instruction, const LoopGuard& guard);

}  // namespace tricycle
