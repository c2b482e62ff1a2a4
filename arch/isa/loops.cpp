// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/loops.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "arch/isa/loop_reader.hpp"
#include "arch/isa/moving.hpp"

namespace tricycle {

std::optional<LoopDefect> loop_defect(std::span<const Instruction> code) {
  return LoopReader(code).first_defect();
}

Loops::Loops(std::span<const Instruction> code) : first_(code.size() + 1, 0) {
  LoopReader reader(code);
  if (const auto defect = reader.first_defect())
    throw std::invalid_argument(fmt::format("instruction {}: {}", defect->instruction, defect->message));
  loops_ = std::move(reader.loops);
  outer_ = std::move(reader.outer);
  inner_ = std::move(reader.inner);
  own_ = std::move(reader.own);
  generators_ = std::move(reader.generators);
  guards_ = std::move(reader.guards);
  is_guarded_.resize(code.size(), false);
  for (const SemaphoreGuard& guard : guards_) is_guarded_[guard.instruction] = true;
  for (const AddressGenerator& generator : generators_) ++first_[generator.instruction + 1];
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
}

std::span<const AddressGenerator> Loops::generators(std::size_t instruction) const {
  return std::span(generators_).subspan(first_[instruction], first_[instruction + 1] - first_[instruction]);
}

Instruction Loops::moved(const Instruction& instruction, std::size_t index,
                         const Iterations& iterations) const {
  Instruction result = instruction;
  for_each_field(generators(index), [&](std::span<const AddressGenerator> moving) {
    std::int64_t offset = 0;
    for (const AddressGenerator& g : moving) offset += g.stride * iterations[loops_[g.loop].depth];
    const AddressGenerator& first = moving.front();
    const std::uint64_t base = address_of(instruction.operation, first.field).value;
    set_address(result.operation, first.field, moved_address(base, offset, first.ring, first.ring_bytes));
  });
  result.step += steps_in(index, iterations);
  if (is_guarded_[index]) apply_guards(result, index, iterations);
  return result;
}

void Loops::apply_guards(Instruction& instruction, std::size_t index, const Iterations& iterations) const {
  const auto first =
      std::lower_bound(guards_.begin(), guards_.end(), index,
                       [](const SemaphoreGuard& g, std::size_t i) { return g.instruction < i; });
  std::uint64_t execution = 0, executions = 1;  // of this instruction in the loops from the innermost on
  for (std::uint32_t l = inner_[index]; l != none; l = outer_[l]) {
    execution += executions * iterations[loops_[l].depth];
    executions *= loops_[l].count;
    for (auto guard = first; guard != guards_.end() && guard->instruction == index; ++guard) {
      if (guard->loop != l || guard->lets_through(execution)) continue;
      (guard->posts ? instruction.post : instruction.wait).remove(guard->engine);
    }
  }
}

std::uint32_t Loops::steps_in(std::size_t index, const Iterations& iterations) const {
  std::uint32_t steps = 0;
  for_each_around(index, [&](const ProgramLoop& loop) { steps += loop.steps * iterations[loop.depth]; });
  return steps;
}

std::array<Instruction, 2> Loops::extremes(const Instruction& instruction, std::size_t index) const {
  std::array<Instruction, 2> results = {instruction, instruction};
  for_each_field(generators(index), [&](std::span<const AddressGenerator> moving) {
    const std::uint8_t field = moving.front().field;
    const AddressRange range = range_of(address_of(instruction.operation, field).value, moving, loops_);
    set_address(results[0].operation, field, static_cast<std::uint64_t>(range.least));
    set_address(results[1].operation, field, static_cast<std::uint64_t>(range.most));
  });
  return results;
}

std::optional<Loops::Values> Loops::values_of(const Instruction& instruction, std::size_t index,
                                              std::size_t field) const {
  std::optional<Values> values;
  for_each_field(generators(index), [&](std::span<const AddressGenerator> moving) {
    if (moving.front().field != field) return;
    const AddressRange range = range_of(address_of(instruction.operation, field).value, moving, loops_);
    values = {static_cast<std::uint64_t>(range.least), static_cast<std::uint64_t>(range.most),
              std::max<std::uint64_t>(common_stride(moving), 1)};
  });
  return values;
}

std::size_t Loops::most_registers() const {
  std::size_t most = 0;
  std::vector<std::size_t> of(loops_.size());  // of a loop and those around it
  for (std::size_t l = 0; l < loops_.size(); ++l) {
    of[l] = loops_[l].body - loops_[l].head - 1 + (outer_[l] == none ? 0 : of[outer_[l]]);
    most = std::max(most, of[l]);
  }
  return most;
}

std::uint64_t Loops::executions(std::size_t instruction) const {
  std::uint64_t times = 1;
  for_each_around(instruction, [&](const ProgramLoop& loop) {
    times = times > most_counted_executions / loop.count ? most_counted_executions : times * loop.count;
  });
  return times;
}

std::uint64_t instructions_of(std::span<const Instruction> code, const Loops& loops) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (is_issued(code[i])) all = std::min(most_counted_executions, all + loops.executions(i));
  }
  return all;
}

void ProgramCounter::pass(const Instruction& instruction) {
  if (std::holds_alternative<isa::Loop>(instruction.operation)) {
    iterations_[loops_->of(index_).depth] = 0;
  } else if (std::holds_alternative<isa::End>(instruction.operation)) {
    const ProgramLoop& loop = loops_->of(index_);
    if (++iterations_[loop.depth] < loop.count) {
      index_ = loop.body;
      return;
    }
    iterations_[loop.depth] = 0;
  }
  ++index_;
}

std::vector<Instruction> unrolled(std::span<const Instruction> code) {
  std::vector<Instruction> result;
  for_each_issued(code, Loops(code), [&](const Issued& issued) { result.push_back(issued.instruction); });
  for (const Instruction& instruction : code) {
    if (std::holds_alternative<isa::Halt>(instruction.operation)) result.push_back(instruction);
  }
  return result;
}

}  // namespace tricycle
