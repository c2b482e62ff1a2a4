// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arch/isa/instruction.hpp"

namespace tricycle {

/// Loops that may lie in one another.
inline constexpr std::size_t most_loop_depth = 8;

/// How often each of the loops around an instruction has come to its end, the outermost loop first.
using Iterations = std::array<std::uint32_t, most_loop_depth>;

/// A loop of a program. Its numbers are indices of instructions.
struct ProgramLoop {
  std::uint32_t head;   ///< its `loop`; its strides and guards follow
  std::uint32_t body;   ///< the first instruction behind these
  std::uint32_t end;    ///< its `end`
  std::uint32_t depth;  ///< loops around it
  std::uint32_t count;  ///< iterations
  std::uint32_t steps;  ///< time steps from one iteration to the next
};

/// An address generator: it moves a field of an instruction in each iteration of a loop. With a ring, all
/// that the loops add to the field goes round in that stretch of addresses.
struct AddressGenerator {
  std::uint32_t instruction;  ///< whose field it moves
  std::uint8_t field;         ///< of that instruction, from 0
  std::uint32_t loop;         ///< in the order of their heads
  std::int64_t stride;
  std::uint64_t ring, ring_bytes;  ///< the ring's first address, and its length; 0: none
};

/// Lets an instruction wait for an engine, or post to it, in some of its executions alone. They are counted
/// from the begin of the guard's loop on, through all iterations of the loops inside.
struct SemaphoreGuard {
  static constexpr std::uint64_t always = ~std::uint64_t{0};

  std::uint32_t instruction;
  Engine engine;
  bool posts;           ///< it guards the post; else the wait
  std::uint32_t loop;   ///< in the order of their heads
  std::uint64_t from;   ///< the first execution that waits or posts
  std::uint64_t until;  ///< the first that does so no more; before `from`: all but those between do

  [[nodiscard]] bool lets_through(std::uint64_t execution) const {
    return from < until ? execution >= from && execution < until : execution >= from || execution < until;
  }
};

/// What is wrong with the loops of a program, and at which instruction.
struct LoopDefect {
  std::size_t instruction;
  std::string message;
};

/// Executions of an instruction, and instructions of a program, are counted up to this number.
inline constexpr std::uint64_t most_counted_executions = std::uint64_t{1} << 62U;

/// An address that loops have moved by `offset` from `base`: within a ring, where `ring_bytes` is not 0.
[[nodiscard]] std::uint64_t moved_address(std::uint64_t base, std::int64_t offset, std::uint64_t ring,
                                          std::uint64_t ring_bytes);

/// The first thing wrong with a program's loops: a `loop` without its `end`, an address generator that moves
/// no address of its body, more than most_loop_depth loops in one another, a field that would leave its
/// range or lies outside its ring, a guard of no semaphore of its body, or a program with loops that does not
/// post to each engine as often as it waits.
[[nodiscard]] std::optional<LoopDefect> loop_defect(std::span<const Instruction> code);

/// The loops of a program without a defect.
class Loops {
 public:
  explicit Loops(std::span<const Instruction> code);

  /// The loop of a `loop`, `stride`, `guard` or `end`.
  [[nodiscard]] const ProgramLoop& of(std::size_t instruction) const { return loops_[own_[instruction]]; }
  /// The address generators of an instruction, those of outer loops first.
  [[nodiscard]] std::span<const AddressGenerator> generators(std::size_t instruction) const;
  /// The most strides and guards that the loops under way have at once.
  [[nodiscard]] std::size_t most_registers() const;

  /// The instruction as the loops around it have moved and guarded it.
  [[nodiscard]] Instruction moved(const Instruction& instruction, std::size_t index,
                                  const Iterations& iterations) const;
  /// The time steps that the loops around an instruction add to its own.
  [[nodiscard]] std::uint32_t steps_in(std::size_t index, const Iterations& iterations) const;
  /// The instruction with each moved field at its smallest value, and with each at its largest.
  [[nodiscard]] std::array<Instruction, 2> extremes(const Instruction& instruction, std::size_t index) const;
  /// The values of an instruction's field in its loops, from the smallest in equal steps to the largest; it
  /// may not take them all. Nothing where no loop moves it.
  struct Values {
    std::uint64_t least, most, step;
  };
  [[nodiscard]] std::optional<Values> values_of(const Instruction& instruction, std::size_t index,
                                                std::size_t field) const;
  /// How often an instruction is executed; up to most_counted_executions.
  [[nodiscard]] std::uint64_t executions(std::size_t instruction) const;
  /// Calls f(time step, times) for each time step in which an instruction is executed, with how often it is.
  template <class F>
  void for_each_step(const Instruction& instruction, std::size_t index, F f) const {
    for_each_step_from(inner_[index], instruction.step, 1, f);
  }
  /// Calls f(loop) for each loop around an instruction, the innermost first. A loop's own `end` is in it, its
  /// `loop`, strides and guards are not.
  template <class F>
  void for_each_around(std::size_t instruction, F f) const {
    for (std::uint32_t l = inner_[instruction]; l != none; l = outer_[l]) f(loops_[l]);
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  void apply_guards(Instruction& instruction, std::size_t index, const Iterations& iterations) const;
  template <class F>
  void for_each_step_from(std::uint32_t loop, std::uint32_t step, std::uint64_t times, F f) const {
    if (loop == none) return f(step, times);
    const auto [steps, count] = std::pair(loops_[loop].steps, loops_[loop].count);
    if (steps == 0) return for_each_step_from(outer_[loop], step, times * count, f);
    for (std::uint32_t k = 0; k < count; ++k) for_each_step_from(outer_[loop], step + k * steps, times, f);
  }

  std::vector<ProgramLoop> loops_;            ///< in the order of their heads
  std::vector<std::uint32_t> outer_;          ///< the loop around each loop
  std::vector<std::uint32_t> inner_;          ///< the innermost loop around each instruction
  std::vector<std::uint32_t> own_;            ///< the loop of each `loop`, `stride`, `guard` and `end`
  std::vector<AddressGenerator> generators_;  ///< by instruction
  std::vector<std::uint32_t> first_;          ///< of the generators of each instruction
  std::vector<SemaphoreGuard> guards_;        ///< by instruction
  std::vector<bool> is_guarded_;              ///< each instruction
};

/// Where the execution of a program stands.
class ProgramCounter {
 public:
  explicit ProgramCounter(const Loops& loops) : loops_(&loops) {}

  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] const Iterations& iterations() const { return iterations_; }
  /// Goes on from an instruction, the one at `index`: into a loop, back from its end, or to the next one.
  void pass(const Instruction& instruction);

 private:
  const Loops* loops_;
  std::uint32_t index_ = 0;
  Iterations iterations_{};
};

/// An instruction as it is issued to its engine.
struct Issued {
  Instruction instruction;   ///< with the addresses and the time step of its iteration
  std::uint32_t index = 0;   ///< in the program
  std::uint64_t number = 0;  ///< instructions issued before it
  Iterations iterations{};
};

/// Whether an instruction goes to an engine. The others are the sequencer's own.
[[nodiscard]] inline bool is_issued(const Instruction& instruction) {
  return engine_of(instruction) != Engine::sequencer;
}

/// Calls f(issued) for each instruction that goes to an engine, in the order in which they are issued.
template <class F>
void for_each_issued(std::span<const Instruction> code, const Loops& loops, F f) {
  std::uint64_t number = 0;
  for (ProgramCounter at(loops); at.index() < code.size(); at.pass(code[at.index()])) {
    const Instruction& instruction = code[at.index()];
    if (!is_issued(instruction)) continue;
    f(Issued{loops.moved(instruction, at.index(), at.iterations()), at.index(), number++, at.iterations()});
  }
}

/// Instructions that a program issues to engines; up to most_counted_executions.
[[nodiscard]] std::uint64_t instructions_of(std::span<const Instruction> code, const Loops& loops);

/// The same program without loops.
[[nodiscard]] std::vector<Instruction> unrolled(std::span<const Instruction> code);

}  // namespace tricycle
