// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/roll.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string_view>

#include "arch/isa/footprint.hpp"
#include "arch/isa/loops.hpp"
#include "arch/params/machine.hpp"
#include "support/diagnostics.hpp"
#include "support/report.hpp"
#include "traces/checkpoints.hpp"

namespace tricycle {
namespace {

/// How a number goes from one iteration to the next: by a stride, and for an address perhaps within a ring.
struct Motion {
  std::int64_t stride = 0;
  std::uint64_t ring = 0, ring_bytes = 0;
};

/// An address that an instruction has, the ring of blocks that it lies in, and how loops inside move it: in
/// that ring, or straight on.
struct Address {
  std::uint64_t value = 0;
  std::uint64_t ring = 0, ring_bytes = 0;
  bool is_in_ring = false, is_straight = false;
};

/// An instruction's semaphore, and the iterations that use it.
struct Guard {
  std::size_t node;  ///< of the body, an instruction
  Engine other;
  std::uint32_t waits_from, posts_until;
  /// Whether some iteration does not wait, or does not post.
  [[nodiscard]] bool is_needed(std::uint32_t count) const { return waits_from > 0 || posts_until < count; }
};

/// The iterations that the bodies of a run are. Where steps were not written, numbers are left out.
struct Numbering {
  std::size_t gap = std::numeric_limits<std::size_t>::max();  ///< the first body behind it
  std::uint64_t left_out = 0;

  [[nodiscard]] std::uint64_t operator()(std::size_t k) const { return k < gap ? k : k + left_out; }
};

struct Node;
using NodePointer = std::shared_ptr<const Node>;

/// An instruction, or a loop over nodes. Nodes with the same shape differ in their addresses, in the places
/// of their checkpoints and in their time step alone, and instructions in what they wait for and post to.
struct Node {
  std::size_t shape = 0;
  std::size_t instruction = 0;  ///< where it is one: its index in the program

  std::vector<NodePointer> body;  ///< where it is a loop; empty for an instruction
  std::uint32_t count = 1, steps = 0;
  std::size_t written = 1;                  ///< iterations that were written
  std::vector<Motion> motions;              ///< of all addresses of the body
  std::vector<std::int64_t> place_strides;  ///< of all places of the body
  std::vector<Guard> guards;                ///< that are needed
  EngineSet wait, post;  ///< where it is an instruction; of one in a loop: in any iteration

  std::vector<Address> addresses;        ///< of all instructions, in order
  std::vector<std::int64_t> places;      ///< row and column of each checkpoint of all instructions, in order
  std::uint32_t step = 0;                ///< time step of the first instruction
  std::int64_t bytes = 0, saved = 0;     ///< encoded, and how many less than without the loop
  std::size_t depth = 0, registers = 0;  ///< loops in one another; their strides and guards at once
};

using Shape = std::vector<std::int64_t>;
using Nodes = std::vector<NodePointer>;

std::int64_t encoded_bytes_of(Operation operation) {
  Instruction instruction;
  instruction.operation = operation;
  return encoded_bytes(instruction);
}

isa::Stride stride_instruction(std::uint32_t instruction, std::size_t field, const Motion& motion) {
  return {static_cast<std::uint16_t>(instruction), static_cast<std::uint8_t>(field),
          static_cast<std::uint32_t>(motion.stride), static_cast<std::uint32_t>(motion.ring),
          static_cast<std::uint32_t>(motion.ring_bytes)};
}

isa::Guard guard_instruction(std::uint32_t instruction, const Guard& guard) {
  return {static_cast<std::uint16_t>(instruction), guard.other, guard.waits_from, guard.posts_until};
}

/// Finds loops in a program, and writes it down again with them.
class Roller {
 public:
  Roller(Program& program, const MachineSpec& spec)
      : trace_(program.trace),
        rings_(program.rings),
        step_loops_(program.step_loops),
        spec_(spec),
        most_registers_(static_cast<std::size_t>(spec.sequencer.loop_registers)) {}

  void run() {
    const std::uint64_t all = instructions_to_issue();
    read();
    for (bool found = true; found;) {
      found = false;
      for (std::size_t length = 1; length <= std::min(most_body, nodes_.size() / 2); ++length) {
        if (length % 64 == 0) tell("rolling loops", length, std::min(most_body, nodes_.size() / 2));
        found = roll(length) || found;
      }
    }
    write();
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

  static constexpr std::size_t most_body = 4096;    ///< nodes of a body that are looked for
  static constexpr std::size_t most_left_out = 64;  ///< last iterations that are tried without
  static constexpr std::size_t most_turned = 32;    ///< nodes that a body is tried to begin with

  std::size_t shape_of(Shape shape) {
    return shapes_.emplace(std::move(shape), shapes_.size()).first->second;
  }

  // ---- reading ----

  void read() {
    std::size_t checkpoint = 0;
    for (std::size_t i = 0; i < trace_.code.size(); ++i) {
      Node node;
      node.instruction = i;
      const Instruction& instruction = trace_.code[i];
      node.step = instruction.step;
      node.bytes = encoded_bytes(instruction);
      node.wait = instruction.wait;
      node.post = instruction.post;
      Shape shape = {static_cast<std::int64_t>(instruction.operation.index()), instruction.layer};
      const std::vector<Access> accesses = footprint(instruction, spec_);
      visit_operation_fields(instruction, [&](const char* name, std::uint64_t value, bool is_address) {
        if (is_address) {
          node.addresses.push_back(address_of(name, value, instruction.layer, accesses));
        } else {
          shape.push_back(static_cast<std::int64_t>(value));
        }
      });
      for (; checkpoint < trace_.checkpoints.size() && trace_.checkpoints[checkpoint].instruction == i;
           ++checkpoint)
        add(trace_.checkpoints[checkpoint], instruction, node, shape);
      first_checkpoint_.push_back(checkpoint);
      node.shape = shape_of(std::move(shape));
      nodes_.push_back(std::make_shared<const Node>(std::move(node)));
    }
  }

  template <class F>
  static void visit_operation_fields(const Instruction& instruction, F f) {
    std::visit(
        [&](const auto& i) {
          std::size_t field = 0;
          isa::visit_fields(i, [&](const char* name, const auto& value, const char*) {
            f(name, static_cast<std::uint64_t>(value), isa::is_address(i, field++));
          });
        },
        instruction.operation);
  }

  /// An address with the ring of the layer's blocks that it lies in.
  [[nodiscard]] Address address_of(const char* name, std::uint64_t value, std::uint32_t layer,
                                   const std::vector<Access>& accesses) const {
    Address address;
    address.value = value;
    for (const Access& access : accesses) {
      if (std::string_view(access.what) != name) continue;
      auto ring = rings_.lower_bound({layer, access.memory, 0, 0});
      for (; ring != rings_.end() && ring->layer == layer && ring->memory == access.memory; ++ring) {
        if (value < ring->begin || value - ring->begin >= ring->bytes) continue;
        address.ring = ring->begin;
        address.ring_bytes = ring->bytes;
      }
    }
    return address;
  }

  /// A checkpoint's region lies where the instruction writes to, so it moves with it.
  static void add(const Checkpoint& checkpoint, const Instruction& instruction, Node& node, Shape& shape) {
    Instruction at_zero = instruction;
    std::visit(
        [](auto& i) {
          if constexpr (requires { i.sums; }) i.sums = 0;
          if constexpr (requires { i.result; }) i.result = i.first = 0;
          if constexpr (
              !requires { i.result; } && requires { i.address; })
            i.address = 0;
        },
        at_zero.operation);
    const Region region = moved_checkpoint(checkpoint, instruction, at_zero, {}).region;
    for (const std::int64_t part :
         {std::int64_t{checkpoint.layer}, static_cast<std::int64_t>(region.memory),
          static_cast<std::int64_t>(region.format), static_cast<std::int64_t>(region.address),
          static_cast<std::int64_t>(region.stride), region.first, region.rows, region.cols})
      shape.push_back(part);
    node.places.push_back(checkpoint.row);
    node.places.push_back(checkpoint.col);
  }

  // ---- rolling ----

  /// Rolls runs of bodies of `length` nodes. Says whether there were any.
  bool roll(std::size_t length) {
    const std::size_t n = nodes_.size();
    if (n < 2 * length) return false;
    // How many nodes from each on have the shape of the one `length` behind.
    std::vector<std::uint32_t> alike(n - length + 1, 0);
    for (std::size_t i = n - length; i-- > 0;)
      alike[i] = nodes_[i]->shape == nodes_[i + length]->shape ? alike[i + 1] + 1 : 0;
    Nodes rolled;
    bool found = false;
    for (std::size_t i = 0; i < n;) {
      const auto loop_from = [&](std::size_t first) -> NodePointer {
        if (first + length >= n || alike[first] < length) return nullptr;
        return loop_at(first, length, alike[first] / length + 1);
      };
      NodePointer loop = loop_from(i);
      if (loop == nullptr) {
        rolled.push_back(nodes_[i++]);
        continue;
      }
      // The same body may begin with another of its nodes: the loop that saves the most is taken.
      std::size_t later = 0;
      for (std::size_t s = 1; s < std::min(length, most_turned); ++s) {
        NodePointer other = loop_from(i + s);
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
  NodePointer loop_at(std::size_t first, std::size_t length, std::size_t count) {
    Node loop;
    loop.body.assign(nodes_.begin() + static_cast<std::ptrdiff_t>(first),
                     nodes_.begin() + static_cast<std::ptrdiff_t>(first + length));
    for (const NodePointer& node : loop.body) {
      loop.depth = std::max(loop.depth, node->depth + 1);
      loop.registers = std::max(loop.registers, node->registers);
      loop.bytes += node->bytes;
    }
    if (loop.depth > most_loop_depth) return nullptr;
    const std::int64_t body_bytes = loop.bytes;
    Numbering number;
    count = count_of_steps(first, length, count, loop, number);
    for (std::size_t j = 0; j < length && count > 1; ++j)
      count = count_of_motions(first, length, count, j, number, loop);
    const std::size_t least = count > most_left_out ? count - most_left_out : 2;
    while (count >= least && !find_guards(first, length, count, number, loop)) --count;
    if (count < std::max<std::size_t>(least, 2) ||
        number(count - 1) >= std::numeric_limits<std::uint32_t>::max())
      return nullptr;
    loop.written = count;
    loop.count = static_cast<std::uint32_t>(number(count - 1) + 1);
    loop.step = loop.body.front()->step;
    for (std::size_t j = 0; j < length; ++j) {
      Node all = *loop.body[j];  // with what it waits for and posts to in any iteration
      if (!all.body.empty()) continue;
      all.wait = nodes_[first + (count - 1) * length + j]->wait;
      loop.body[j] = std::make_shared<const Node>(std::move(all));
    }
    loop.bytes += encoded_bytes_of(isa::Loop{loop.count, loop.steps}) + encoded_bytes_of(isa::End{});
    for (const Motion& motion : loop.motions) {
      if (motion.stride == 0) continue;
      ++loop.registers;
      loop.bytes += encoded_bytes_of(stride_instruction(static_cast<std::uint32_t>(length), 0, motion));
    }
    for (const Guard& guard : loop.guards) {
      ++loop.registers;
      loop.bytes += encoded_bytes_of(guard_instruction(static_cast<std::uint32_t>(length), guard));
    }
    loop.saved = body_bytes * static_cast<std::int64_t>(count) - loop.bytes;
    if (loop.saved <= 0 || loop.registers > most_registers_) return nullptr;
    return finished(std::move(loop));
  }

  /// The iterations in which an instruction waits are the last ones, and those in which it posts the first.
  /// All iterations together post to each engine as often as they wait.
  bool find_guards(std::size_t first, std::size_t length, std::size_t count, const Numbering& number,
                   Node& loop) const {
    loop.guards.clear();
    const auto all = static_cast<std::int64_t>(number(count - 1) + 1);
    std::array<std::array<std::int64_t, engine_count>, engine_count> tokens{};  // [from][to]
    for (std::size_t j = 0; j < length; ++j) {
      const auto node = [&](std::size_t k) -> const Node& { return *nodes_[first + k * length + j]; };
      if (!node(0).body.empty()) continue;
      const auto engine = static_cast<std::size_t>(engine_of(trace_.code[node(0).instruction]));
      if (engine >= engine_count) return false;  // the halt
      for (std::size_t e = 0; e < engine_count; ++e) {
        const auto other = static_cast<Engine>(e);
        std::size_t from = 0, until = count;
        while (from < count && !node(from).wait.has(other)) ++from;
        while (until > 0 && !node(until - 1).post.has(other)) --until;
        for (std::size_t k = from; k < count; ++k) {
          if (!node(k).wait.has(other)) return false;
        }
        for (std::size_t k = 0; k < until; ++k) {
          if (!node(k).post.has(other)) return false;
        }
        // What changes just where steps are not written may change in any of these.
        if (from == number.gap || until == number.gap) return false;
        const auto waits_from = from == count ? all : static_cast<std::int64_t>(number(from));
        const auto posts_until = until == 0 ? 0 : static_cast<std::int64_t>(number(until - 1) + 1);
        tokens[engine][e] += posts_until;
        tokens[e][engine] -= all - waits_from;
        // Without a wait or a post in any iteration there is nothing to guard.
        const Guard guard = {j, other, static_cast<std::uint32_t>(waits_from == all ? 0 : waits_from),
                             static_cast<std::uint32_t>(posts_until == 0 ? all : posts_until)};
        if (guard.is_needed(static_cast<std::uint32_t>(all))) loop.guards.push_back(guard);
      }
    }
    return tokens == decltype(tokens){};
  }

  /// Time steps go up by the same for all instructions of the body, but where steps were not written: there
  /// the iterations that these are have a number too.
  std::size_t count_of_steps(std::size_t first, std::size_t length, std::size_t count, Node& loop,
                             Numbering& number) const {
    const auto step = [&](std::size_t k, std::size_t j) { return nodes_[first + k * length + j]->step; };
    if (step(1, 0) < step(0, 0)) return 0;
    loop.steps = step(1, 0) - step(0, 0);
    for (std::size_t k = 1; k < count; ++k) {
      if (number.left_out == 0 && k > 1) {
        number.left_out = left_out_between(first + k * length - 1, first + k * length, loop.steps);
        if (number.left_out != 0) number.gap = k;
      }
      for (std::size_t j = 0; j < length; ++j) {
        if (step(k, j) != step(0, j) + number(k) * loop.steps) return k;
      }
    }
    return count;
  }

  /// Iterations of `steps` time steps that lie between two nodes and were not written.
  [[nodiscard]] std::uint64_t left_out_between(std::size_t before, std::size_t behind,
                                               std::uint32_t steps) const {
    for (const StepLoop& loop : step_loops_) {
      const std::uint32_t gap = loop.to - loop.from;
      const bool is_here = gap > 0 && steps > 0 && gap % steps == 0 &&
                           loop.contains(layer_of(*nodes_[before])) &&
                           loop.contains(layer_of(*nodes_[behind])) && nodes_[before]->step < loop.from &&
                           nodes_[behind]->step >= loop.to;
      if (is_here) return gap / steps;
    }
    return 0;
  }

  /// The index of a node's first instruction in the program as it was written.
  static std::size_t first_instruction_of(const Node& node) {
    return node.body.empty() ? node.instruction : first_instruction_of(*node.body.front());
  }
  [[nodiscard]] std::uint32_t layer_of(const Node& node) const {
    return trace_.code[first_instruction_of(node)].layer;
  }

  /// Appends the motions of node `j` of the body. Returns the iterations for which they hold.
  std::size_t count_of_motions(std::size_t first, std::size_t length, std::size_t count, std::size_t j,
                               const Numbering& number, Node& loop) const {
    const auto node = [&](std::size_t k) -> const Node& { return *nodes_[first + k * length + j]; };
    for (std::size_t a = 0; a < node(0).addresses.size() && count > 1; ++a) {
      const auto value = [&](std::size_t k) { return node(k).addresses[a].value; };
      count = count_of_motion(value, count, number, node(0).addresses[a], loop.motions.emplace_back());
    }
    for (std::size_t a = 0; a < node(0).places.size() && count > 1; ++a) {
      const auto value = [&](std::size_t k) { return node(k).places[a]; };
      const std::int64_t stride = value(1) - value(0);
      std::size_t k = 2;
      while (k < count && value(k) == value(0) + static_cast<std::int64_t>(number(k)) * stride) ++k;
      count = k;
      loop.place_strides.push_back(stride);
    }
    return count;
  }

  /// Finds the motion of an address from its values: round its ring, where it has one. Returns the iterations
  /// for which it holds.
  template <class Value>
  static std::size_t count_of_motion(Value value, std::size_t count, const Numbering& number,
                                     const Address& address, Motion& motion) {
    Motion straight, round;
    straight.stride = static_cast<std::int64_t>(value(1) - value(0));
    const std::size_t straight_on = address.is_in_ring ? 0 : count_of(value, count, number, straight);
    if (address.ring_bytes != 0 && !address.is_straight) {
      const auto bytes = static_cast<std::int64_t>(address.ring_bytes);
      round = {(straight.stride % bytes + bytes) % bytes, address.ring, address.ring_bytes};
      const std::size_t in_ring = count_of(value, count, number, round);
      if (in_ring >= straight_on) {
        motion = round;
        return in_ring;
      }
    }
    motion = straight;
    return straight_on;
  }

  /// The iterations for which an address has a motion.
  template <class Value>
  static std::size_t count_of(Value value, std::size_t count, const Numbering& number, const Motion& motion) {
    constexpr auto most = static_cast<std::int64_t>(std::numeric_limits<std::int32_t>::max());
    if (motion.stride < -most || motion.stride > most ||
        motion.ring > std::numeric_limits<std::uint32_t>::max())
      return 0;
    const std::uint64_t base = value(0);
    for (std::size_t k = 1; k < count; ++k) {
      const std::int64_t offset = static_cast<std::int64_t>(number(k)) * motion.stride;
      const auto bytes = static_cast<std::int64_t>(motion.ring_bytes);
      const std::uint64_t moved =
          bytes == 0 ? base + static_cast<std::uint64_t>(offset)
                     : motion.ring + static_cast<std::uint64_t>(
                                         (static_cast<std::int64_t>(base - motion.ring) + offset) % bytes);
      if (value(k) != moved) return k;
    }
    return count;
  }

  NodePointer finished(Node loop) {
    Shape shape = {-1, loop.count, loop.steps};
    for (const NodePointer& node : loop.body) {
      shape.push_back(node->wait.bits);
      shape.push_back(node->post.bits);
      shape.push_back(static_cast<std::int64_t>(node->shape));
      shape.push_back(std::int64_t{node->step} - loop.step);
      loop.addresses.insert(loop.addresses.end(), node->addresses.begin(), node->addresses.end());
      loop.places.insert(loop.places.end(), node->places.begin(), node->places.end());
    }
    for (std::size_t a = 0; a < loop.motions.size(); ++a) {
      Motion& motion = loop.motions[a];
      if (motion.stride == 0) motion = {};
      Address& address = loop.addresses[a];
      address.is_in_ring = address.is_in_ring || motion.ring_bytes != 0;
      address.is_straight = address.is_straight || (motion.stride != 0 && motion.ring_bytes == 0);
      for (const std::int64_t part : {motion.stride, static_cast<std::int64_t>(motion.ring),
                                      static_cast<std::int64_t>(motion.ring_bytes)})
        shape.push_back(part);
    }
    shape.insert(shape.end(), loop.place_strides.begin(), loop.place_strides.end());
    for (const Guard& guard : loop.guards) {
      for (const std::int64_t part :
           {static_cast<std::int64_t>(guard.node), static_cast<std::int64_t>(guard.other),
            std::int64_t{guard.waits_from}, std::int64_t{guard.posts_until}})
        shape.push_back(part);
    }
    loop.shape = shape_of(std::move(shape));
    return std::make_shared<const Node>(std::move(loop));
  }

  // ---- writing ----

  void write() {
    before_ = std::move(trace_.code);
    checkpoints_ = std::move(trace_.checkpoints);
    trace_.code.clear();
    trace_.checkpoints.clear();
    for (const NodePointer& node : nodes_) write(*node);
  }

  /// Calls f(instruction of the node, its place behind the first instruction that the node becomes), in
  /// order.
  template <class F>
  static void for_each_instruction(const Node& node, std::uint32_t& at, F& f) {
    if (node.body.empty()) return f(node, at++);
    at += 1 + static_cast<std::uint32_t>(node.guards.size());  // the loop, its guards and strides
    for (const Motion& motion : node.motions) at += motion.stride != 0 ? 1 : 0;
    for (const NodePointer& inner : node.body) for_each_instruction(*inner, at, f);
    ++at;  // its end
  }

  void write(const Node& node) {
    if (node.body.empty()) return write_instruction(node);
    Instruction control;
    control.layer = before_[first_instruction_of(node)].layer;
    control.step = node.step;
    control.operation = isa::Loop{node.count, node.steps};
    trace_.code.push_back(control);
    std::uint32_t at = 0;
    auto motion = node.motions.begin();
    auto write_strides = [&](const Node& moved, std::uint32_t place) {
      std::size_t field = 0;
      visit_operation_fields(before_[moved.instruction], [&](const char*, std::uint64_t, bool is_address) {
        if (is_address && (motion++)->stride != 0) {
          control.operation = stride_instruction(place, field, *std::prev(motion));
          trace_.code.push_back(control);
        }
        ++field;
      });
    };
    std::vector<std::uint32_t> places;  // of the nodes of the body
    for (const NodePointer& inner : node.body) {
      places.push_back(at);
      for_each_instruction(*inner, at, write_strides);
    }
    for (const Guard& guard : node.guards) {
      control.operation = guard_instruction(places[guard.node], guard);
      trace_.code.push_back(control);
    }
    around_.push_back({&node, 0});
    for (const NodePointer& inner : node.body) write(*inner);
    around_.pop_back();
    control.operation = isa::End{};
    trace_.code.push_back(control);
  }

  /// Writes an instruction with its checkpoints, each with its strides in the loops around.
  void write_instruction(const Node& node) {
    const std::size_t index = node.instruction;
    const auto now = static_cast<std::uint32_t>(trace_.code.size());
    trace_.code.push_back(before_[index]);
    trace_.code.back().wait = node.wait;
    trace_.code.back().post = node.post;
    for (std::size_t c = index == 0 ? 0 : first_checkpoint_[index - 1]; c < first_checkpoint_[index]; ++c) {
      Checkpoint checkpoint = checkpoints_[c];
      checkpoint.instruction = now;
      for (Around& around : around_) {
        checkpoint.row_strides.push_back(around.loop->place_strides[around.place++]);
        checkpoint.col_strides.push_back(around.loop->place_strides[around.place++]);
      }
      trace_.checkpoints.push_back(std::move(checkpoint));
    }
  }

  /// A loop around what is being written, and how many of its places were.
  struct Around {
    const Node* loop;
    std::size_t place;
  };

  Trace& trace_;
  const std::set<BlockRing>& rings_;
  const std::vector<StepLoop>& step_loops_;
  const MachineSpec& spec_;
  std::size_t most_registers_;
  std::map<Shape, std::size_t> shapes_;
  std::vector<std::size_t> first_checkpoint_;  ///< behind the checkpoints of each instruction
  Nodes nodes_;
  std::vector<Instruction> before_;
  std::vector<Checkpoint> checkpoints_;
  std::vector<Around> around_;
};

}  // namespace

void roll_loops(Program& program, const MachineSpec& spec) {
  Roller(program, spec).run();
}

}  // namespace tricycle
