// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "arch/isa/instruction.hpp"
#include "arch/spec/counters.hpp"

namespace tricycle {

/// What the instructions of one layer did in one time step.
struct LayerStep {
  std::uint32_t layer = 0, step = 0;
  CounterSet events;
  /// Cycles that each engine was busy with them. A busy cycle belongs to the instruction that the engine
  /// started last, so they add up to the engine's busy cycles.
  std::array<std::uint64_t, engine_count> busy_cycles{};
  std::uint64_t end_cycle = 0;  ///< in which the last of them completed

  [[nodiscard]] std::uint64_t busy(Engine engine) const {
    return busy_cycles[static_cast<std::size_t>(engine)];
  }
  /// Adds what another one did; ends when the later of both ends.
  LayerStep& operator+=(const LayerStep& other);
  bool operator==(const LayerStep&) const = default;
};

/// The pairs of layer and time step that occur in a program, and which one each instruction belongs to.
struct Ledger {
  Ledger() = default;
  explicit Ledger(const std::vector<Instruction>& code);

  std::vector<LayerStep> entries;  ///< in the order of layers, and of a layer's steps
  std::vector<std::uint32_t> of;   ///< of each instruction, its entry

  [[nodiscard]] LayerStep& operator[](std::size_t instruction) { return entries[of[instruction]]; }
  /// Back to nothing done.
  void reset();
};

}  // namespace tricycle
