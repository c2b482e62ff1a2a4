// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "arch/isa/instruction.hpp"
#include "arch/params/counters.hpp"

namespace tricycle {

/// Events and times of the instructions of one layer in one time step.
struct LayerStep {
  std::uint32_t layer = 0, step = 0;
  CounterSet events;
  /// Cycles in which each engine was busy with these instructions. A busy cycle belongs to the instruction
  /// that the engine started last. So the entries of all layers and time steps add up to the engine's busy
  /// cycles.
  std::array<std::uint64_t, engine_count> busy_cycles{};
  std::uint64_t end_cycle = 0;  ///< cycle in which the last of these instructions completed

  [[nodiscard]] std::uint64_t busy(Engine engine) const {
    return busy_cycles[static_cast<std::size_t>(engine)];
  }
  /// Adds the events and busy cycles of another entry. The end is the later of both ends.
  LayerStep& operator+=(const LayerStep& other);
  bool operator==(const LayerStep&) const = default;
};

/// One entry for each pair of layer and time step that occurs in a program, and the entry of each
/// instruction.
struct Ledger {
  Ledger() = default;
  explicit Ledger(const std::vector<Instruction>& code);

  std::vector<LayerStep> entries;  ///< in the order of layers, then of time steps
  std::vector<std::uint32_t> of;   ///< the entry of each instruction

  [[nodiscard]] LayerStep& operator[](std::size_t instruction) { return entries[of[instruction]]; }
  /// Sets all events, busy cycles and ends to zero.
  void reset();
};

}  // namespace tricycle
