// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/roll.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "arch/isa/loops.hpp"
#include "support/diagnostics.hpp"
#include "support/report.hpp"
#include "workloads/lower/roll_nodes.hpp"

namespace tricycle {
namespace {

std::int64_t encoded_bytes_of(Operation operation) {
  Instruction instruction;
  instruction.operation = operation;
  return encoded_bytes(instruction);
}

/// Finds loops among the nodes of a program.
class Roller {
 public:
  Roller(Program& program, const MachineSpec& spec)
      : trace_(program.trace),
        step_loops_(program.step_loops),
        most_registers_(static_cast<std::size_t>(spec.sequencer.loop_registers)),
        nodes_(read_nodes(program, spec, shapes_)) {}

  void run() {
    const std::uint64_t all = instructions_to_issue();
    // What becomes a loop is a node of a shorter body around it.
    for (std::size_t length = 1; length <= std::min(most_body, nodes_.size() / 2);) {
      if (length % 64 == 0) tell("rolling loops", length, std::min(most_body, nodes_.size() / 2));
      length = roll(length) ? 1 : length + 1;
    }
    write_nodes(nodes_, trace_);
    if (instructions_of(trace_.code, Loops(trace_.code)) == all) return;
    throw InputError(Place{},
                     fmt::format("{}: its time steps are not alike, so that no loop can be made of them; "
                                 "up to {} can be written out",
                                 trace_.workload, most_steps_written));
  }

 private:
  /// Of all time steps, those too that were not written: they are like the last before them.
  [[nodiscard]] std::uint64_t instructions_to_issue() const {
    std::uint64_t all = 0;
    for (const Instruction& instruction : trace_.code) all += is_issued(instruction) ? 1 : 0;
    for (const StepLoop& loop : step_loops_) {
      const auto of_a_step = std::count_if(trace_.code.begin(), trace_.code.end(), [&](const Instruction& i) {
        return is_issued(i) && loop.contains(i.layer) && i.step + 1 == loop.from;
      });
      all += std::uint64_t{loop.to - loop.from} * static_cast<std::uint64_t>(of_a_step);
    }
    return all;
  }

  static constexpr std::size_t most_body = 4096;  ///< nodes of a body that are looked for
  static constexpr std::size_t most_turned = 32;  ///< nodes that a body is tried to begin with

  /// Rolls runs of bodies of `length` nodes. Says whether there were any.
  bool roll(std::size_t length) {
    const std::size_t n = nodes_.size();
    if (n < 2 * length) return false;
    // How many nodes from each on have the shape of the one `length` behind.
    std::vector<std::uint32_t> alike(n - length + 1, 0);
    for (std::size_t i = n - length; i-- > 0;)
      alike[i] = nodes_[i]->shape == nodes_[i + length]->shape ? alike[i + 1] + 1 : 0;
    RolledNodes rolled;
    bool found = false;
    for (std::size_t i = 0; i < n;) {
      const auto loop_from = [&](std::size_t first) -> RolledPointer {
        if (first + length >= n || alike[first] < length) return nullptr;
        return loop_at(first, length, alike[first] / length + 1);
      };
      RolledPointer loop = loop_from(i);
      if (loop == nullptr) {
        rolled.push_back(nodes_[i++]);
        continue;
      }
      // The same body may begin with another of its nodes: the loop that saves the most is taken.
      std::size_t later = 0;
      for (std::size_t s = 1; s < std::min(length, most_turned); ++s) {
        RolledPointer other = loop_from(i + s);
        if (other == nullptr || other->saved <= loop->saved) continue;
        loop = std::move(other);
        later = s;
      }
      for (; later > 0; --later) rolled.push_back(nodes_[i++]);
      found = true;
      i += length * loop->written;
      rolled.push_back(std::move(loop));
    }
    if (found) nodes_ = std::move(rolled);
    return found;
  }

  /// The longest loop of up to `count` iterations over the nodes from `first` on, if it is worth it.
  RolledPointer loop_at(std::size_t first, std::size_t length, std::size_t count) {
    RolledNode loop;
    loop.body.assign(nodes_.begin() + static_cast<std::ptrdiff_t>(first),
                     nodes_.begin() + static_cast<std::ptrdiff_t>(first + length));
    loop.instructions = 0;
    for (const RolledPointer& node : loop.body) {
      loop.depth = std::max(loop.depth, node->depth + 1);
      loop.instructions += node->instructions;
      if (!node->is_loop() && !is_issued(trace_.code[node->instruction])) return nullptr;  // the halt
    }
    if (loop.depth > most_loop_depth) return nullptr;
    const Run run = {nodes_, first, length};
    count = count_of_steps(run, count, loop);
    for (std::size_t j = 0; j < length && count > 1; ++j) count = count_of_motions(run, count, j, loop);
    if (count < 2) return nullptr;
    const std::optional<LoopGuards> guards = guard_run(run, count, trace_.code, loop);
    if (!guards || loop.number(loop.written - 1) >= std::numeric_limits<std::uint32_t>::max()) return nullptr;
    loop.count = static_cast<std::uint32_t>(loop.number(loop.written - 1) + 1);
    loop.step = loop.body.front()->step;
    count_bytes(loop, *guards);
    const auto end = nodes_.begin() + static_cast<std::ptrdiff_t>(first + length * loop.written);
    for (auto node = nodes_.begin() + static_cast<std::ptrdiff_t>(first); node != end; ++node)
      loop.saved += (*node)->bytes;
    loop.saved -= loop.bytes;
    if (loop.saved <= 0 || registers_of(loop, *guards) > most_registers_) return nullptr;
    return finished(std::move(loop));
  }

  /// Bytes of the loop, with the guards of all loops in it.
  static void count_bytes(RolledNode& loop, const LoopGuards& guards) {
    loop.bare_bytes = encoded_bytes_of(isa::Loop{loop.count, loop.steps}) + encoded_bytes_of(isa::End{});
    for (const RolledPointer& node : loop.body) loop.bare_bytes += node->bare_bytes;
    for (const Motion& motion : loop.motions) {
      if (motion.stride != 0)
        loop.bare_bytes += encoded_bytes_of(stride_instruction(loop.instructions, 0, motion));
    }
    loop.bytes = loop.bare_bytes;
    for (const auto& [node, of_node] : guards) {
      for (const LoopGuard& guard : of_node)
        loop.bytes += encoded_bytes_of(guard_instruction(guard.instruction, guard));
    }
  }

  /// The most strides and guards that a loop and those in it have at once.
  static std::size_t registers_of(const RolledNode& node, const LoopGuards& guards) {
    if (!node.is_loop()) return 0;
    std::size_t inside = 0;
    for (const RolledPointer& inner : node.body) inside = std::max(inside, registers_of(*inner, guards));
    const auto own = guards.find(&node);
    const auto strides = std::count_if(node.motions.begin(), node.motions.end(),
                                       [](const Motion& motion) { return motion.stride != 0; });
    return inside + static_cast<std::size_t>(strides) + (own == guards.end() ? 0 : own->second.size());
  }

  // ---- time steps ----

  /// Time steps go up by the same for all instructions of the body, but where steps were not written: there
  /// the iterations that these are have a number too.
  std::size_t count_of_steps(const Run& run, std::size_t count, RolledNode& loop) const {
    Numbering& number = loop.number;
    const auto step = [&](std::size_t k, std::size_t j) { return run.at(k, j).step; };
    if (step(1, 0) < step(0, 0)) return 0;
    loop.steps = step(1, 0) - step(0, 0);
    for (std::size_t k = 1; k < count; ++k) {
      if (number.left_out == 0 && k > 1) {
        number.left_out = left_out_between(run.at(k - 1, run.length - 1), run.at(k, 0), loop.steps);
        if (number.left_out != 0) number.gap = k;
      }
      for (std::size_t j = 0; j < run.length; ++j) {
        if (step(k, j) != step(0, j) + number(k) * loop.steps) return k;
      }
    }
    return count;
  }

  /// Iterations of `steps` time steps that lie between two nodes and were not written.
  [[nodiscard]] std::uint64_t left_out_between(const RolledNode& before, const RolledNode& behind,
                                               std::uint32_t steps) const {
    for (const StepLoop& loop : step_loops_) {
      const std::uint32_t gap = loop.to - loop.from;
      const bool is_here = gap > 0 && steps > 0 && gap % steps == 0 && loop.contains(layer_of(before)) &&
                           loop.contains(layer_of(behind)) && before.step < loop.from &&
                           behind.step >= loop.to;
      if (is_here) return gap / steps;
    }
    return 0;
  }

  [[nodiscard]] std::uint32_t layer_of(const RolledNode& node) const {
    return node.is_loop() ? layer_of(*node.body.front()) : trace_.code[node.instruction].layer;
  }

  RolledPointer finished(RolledNode loop) {
    Shapes::Shape shape = {-1, loop.count, loop.steps, static_cast<std::int64_t>(loop.number.left_out)};
    for (const RolledPointer& node : loop.body) {
      shape.push_back(static_cast<std::int64_t>(node->shape));
      shape.push_back(std::int64_t{node->step} - loop.step);
      loop.addresses.insert(loop.addresses.end(), node->addresses.begin(), node->addresses.end());
      loop.places.insert(loop.places.end(), node->places.begin(), node->places.end());
    }
    for (std::size_t a = 0; a < loop.motions.size(); ++a) {
      Motion& motion = loop.motions[a];
      if (motion.stride == 0) motion = {};
      MovedAddress& address = loop.addresses[a];
      address.is_in_ring = address.is_in_ring || motion.ring_bytes != 0;
      address.is_straight = address.is_straight || (motion.stride != 0 && motion.ring_bytes == 0);
      for (const std::int64_t part : {motion.stride, static_cast<std::int64_t>(motion.ring),
                                      static_cast<std::int64_t>(motion.ring_bytes)})
        shape.push_back(part);
    }
    shape.insert(shape.end(), loop.place_strides.begin(), loop.place_strides.end());
    // Nothing is looked for around a loop with steps that were not written.
    if (loop.number.left_out != 0) shape.push_back(-static_cast<std::int64_t>(nodes_made_));
    ++nodes_made_;
    loop.shape = shapes_.number_of(std::move(shape));
    return std::make_shared<const RolledNode>(std::move(loop));
  }

  Trace& trace_;
  const std::vector<StepLoop>& step_loops_;
  std::size_t most_registers_;
  Shapes shapes_;
  std::size_t nodes_made_ = 0;
  RolledNodes nodes_;
};

}  // namespace

void roll_loops(Program& program, const MachineSpec& spec) {
  Roller(program, spec).run();
}

}  // namespace tricycle
