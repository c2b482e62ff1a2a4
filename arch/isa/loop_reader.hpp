// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "arch/isa/loops.hpp"

namespace tricycle {

/// Follows the loops of a program, and finds what is wrong with them.
class LoopReader {
 public:
  explicit LoopReader(std::span<const Instruction> code);
  std::optional<LoopDefect> first_defect();

  static constexpr std::uint32_t none = ~std::uint32_t{0};
  std::vector<ProgramLoop> loops;                ///< in the order of their heads
  std::vector<std::uint32_t> outer, inner, own;  ///< as those of Loops
  std::vector<AddressGenerator> generators;      ///< by instruction, those of outer loops first
  std::vector<SemaphoreGuard> guards;            ///< by instruction, those of outer loops first

 private:
  void fail(std::size_t instruction, std::string message);
  [[nodiscard]] std::uint32_t innermost() const { return open_.empty() ? none : open_.back(); }

  void visit(std::uint32_t i);
  void begin_loop(std::uint32_t i, const isa::Loop& loop);
  void end_loop(std::uint32_t i);
  bool belongs_to_loop(std::uint32_t i);

  bool find_instruction(std::uint32_t& instruction, std::uint32_t loop, std::size_t place);
  void check_generator(std::size_t g);
  void check_guard(std::size_t g);
  void sort_generators();
  void sort_guards();
  void check_field(std::span<const AddressGenerator> moving);
  void check_semaphores();
  [[nodiscard]] std::uint64_t uses_of(std::uint32_t instruction, Engine engine, bool posts) const;

  std::span<const Instruction> code_;
  std::vector<std::uint32_t> open_;     ///< the loops around the instruction at hand
  std::vector<std::uint32_t> placed_;   ///< the `stride` of each generator
  std::vector<std::uint32_t> guarded_;  ///< the `guard` of each guard
  std::optional<LoopDefect> defect_;
};

}  // namespace tricycle
