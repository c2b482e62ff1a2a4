// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "arch/isa/loops.hpp"
#include "arch/params/counters.hpp"

namespace tricycle {

/// What a cycle of an inference was spent on.
enum class CycleReason : std::uint8_t {
#define CYCLE_REASON(identifier, meaning) identifier,
#include "arch/isa/cycle_reasons.def"
#undef CYCLE_REASON
};
inline constexpr std::size_t cycle_reason_count = 0
#define CYCLE_REASON(identifier, meaning) +1
#include "arch/isa/cycle_reasons.def"
#undef CYCLE_REASON
    ;
[[nodiscard]] const std::vector<std::string>& names_of(CycleReason);

/// Cycles by what they were spent on.
using CyclesByReason = std::array<std::uint64_t, cycle_reason_count>;

/// Events and times of the instructions of one layer in one time step.
struct LayerStep {
  std::uint32_t layer = 0, step = 0;
  CounterSet events;
  /// Cycles in which each engine was busy with these instructions. A busy cycle belongs to the instruction
  /// that the engine started last. So the entries of all layers and time steps add up to the engine's busy
  /// cycles.
  std::array<std::uint64_t, engine_count> busy_cycles{};
  std::uint64_t end_cycle = 0;  ///< cycle in which the last of these instructions completed

  /// The cycles of the inference that these instructions answer for, by reason. The entries of all layers and
  /// time steps add up to the inference.
  CyclesByReason by_reason{};

  [[nodiscard]] std::uint64_t cycles() const {
    return std::accumulate(by_reason.begin(), by_reason.end(), std::uint64_t{0});
  }
  [[nodiscard]] std::uint64_t busy(Engine engine) const {
    return busy_cycles[static_cast<std::size_t>(engine)];
  }
  /// Adds the events and busy cycles of another entry. The end is the later of both ends.
  LayerStep& operator+=(const LayerStep& other);
  bool operator==(const LayerStep&) const = default;
};

/// Above so many time steps, the entries of a layer are one.
inline constexpr std::size_t most_ledger_steps = 10'000;

/// One entry for each pair of layer and time step that occurs in a program. Where a layer is executed in more
/// than `most_ledger_steps` time steps, each layer has one entry for all of them.
class Ledger {
 public:
  Ledger() = default;
  Ledger(const std::vector<Instruction>& code, const Loops& loops);

  std::vector<LayerStep> entries;  ///< in the order of layers, then of time steps

  /// The entry of an instruction as it is issued.
  [[nodiscard]] std::size_t entry_of(std::uint32_t layer, std::uint32_t step) const;
  /// Calls f(entry, times) for each entry of an instruction of the program, with how often it is executed
  /// there.
  template <class F>
  void for_each_entry(const Loops& loops, const Instruction& instruction, std::size_t index, F f) const {
    if (is_whole_) return f(entry_of(instruction.layer, 0), loops.executions(index));
    loops.for_each_step(instruction, index, [&](std::uint32_t step, std::uint64_t times) {
      f(entry_of(instruction.layer, step), times);
    });
  }
  /// Whether the time steps of a layer have one entry.
  [[nodiscard]] bool is_whole() const { return is_whole_; }
  /// Sets all events, busy cycles and ends to zero.
  void reset();

 private:
  bool is_whole_ = false;
};

}  // namespace tricycle
