// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "arch/isa/ledger.hpp"
#include "arch/isa/memory_use.hpp"
#include "arch/params/counters.hpp"
#include "arch/units/dram/dram_request.hpp"

namespace tricycle {

enum class RunStatus : std::uint8_t { finished, deadlock, cycle_limit };

/// Cycles in which a unit was busy, stalled (it had work that it could not do) or idle. They add up to the
/// run's cycles.
struct UnitTimes {
  std::string name;
  std::uint64_t busy = 0, stall = 0, idle = 0;
  bool operator==(const UnitTimes&) const = default;
};

/// Times and events of one inference, from reset to halt.
struct Inference {
  RunStatus status = RunStatus::finished;
  std::uint64_t cycles = 0;
  std::vector<UnitTimes> units;
  std::array<MemoryUse, sram_count> memories{};  ///< weight, activation, accumulator
  std::vector<LayerStep> layer_steps;            ///< all pairs that occur, by layer, then by time step
  bool steps_are_summed = false;                 ///< all time steps of a layer are one entry (Ledger)
  std::size_t layers = 0;
  struct Span {
    std::uint32_t instruction, step;
    std::uint64_t start, end;  ///< cycles
  };
  DramDone dram;               ///< for a DRAM device, until all written data are in its rows
  std::vector<Span> timeline;  ///< in the order of completion; only where the options ask for it

  [[nodiscard]] CounterSet events() const;
  /// The sum over all time steps for each layer.
  [[nodiscard]] std::vector<LayerStep> by_layer() const;
};

}  // namespace tricycle
