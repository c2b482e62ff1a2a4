// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "arch/isa/ledger.hpp"
#include "arch/isa/meaning.hpp"
#include "arch/isa/memory_use.hpp"
#include "arch/spec/counters.hpp"
#include "arch/units/dram_request.hpp"

namespace tricycle {

enum class RunStatus : std::uint8_t { finished, deadlock, cycle_limit };

/// Cycles that a unit was busy, stalled (had work it could not do) or idle: they add up to the run's.
struct UnitTimes {
  std::string name;
  std::uint64_t busy = 0, stall = 0, idle = 0;
  bool operator==(const UnitTimes&) const = default;
};

/// What one inference took, from reset to halt.
struct Inference {
  RunStatus status = RunStatus::finished;
  std::uint64_t cycles = 0;
  std::vector<UnitTimes> units;
  std::array<MemoryUse, sram_count> memories{};  ///< weight, activation, accumulator
  std::vector<LayerStep> layer_steps;            ///< those that occur, by layer, then by time step
  std::size_t layers = 0;
  struct Span {
    std::uint32_t instruction;
    std::uint64_t start, end;  ///< cycles
  };
  DramDone dram;               ///< of a DRAM device, until what was written is in its rows
  std::vector<Span> timeline;  ///< in the order of completion, where the options ask for it

  [[nodiscard]] CounterSet events() const;
  /// What each layer did in all time steps.
  [[nodiscard]] std::vector<LayerStep> by_layer() const;
};

struct MachineOptions {
  bool lockstep = false;   ///< every unit wakes every cycle
  bool functional = true;  ///< compute values; otherwise only time and events
  bool timeline = false;   ///< record when each instruction was under way
  bool check_dram = true;  ///< hold the commands of a DRAM device against the rules
  std::uint64_t cycle_limit = 1'000'000'000'000;
  /// Of each layer, the fraction of weights and of activations that is declared not to be zero: without
  /// values, where zeros change the time, they are drawn at these densities; with values the steps that they
  /// predict are counted beside those of the data. A layer without one has no zeros.
  std::vector<double> weight_densities{}, activation_densities{};
  std::uint64_t seed = 1;  ///< of the draw
  std::function<void(std::uint64_t cycle, const DramRequest&)>
      dram_requests{};                                      ///< told each burst, in core cycles
  std::function<void(const DramCommand&)> dram_commands{};  ///< of a DRAM device
};

/// The SystemC machine: parts and bindings as drawn in arch/README.md. SystemC allows one per process.
class Machine {
 public:
  /// `code` must pass check_ranges for `spec` and outlive the machine.
  Machine(const MachineSpec& spec, const std::vector<Instruction>& code, std::size_t layers,
          std::uint64_t dram_bytes, const MachineOptions& options);
  ~Machine();

  /// The contents of DRAM and on-chip memory, to be filled before a run and read after it.
  [[nodiscard]] Memories& memories();
  /// Called with the index of each instruction when it has completed.
  void on_completed(std::function<void(std::size_t)> call);

  /// One inference from reset: on-chip memory keeps its contents, everything else starts anew.
  /// Throws RunError when two engines touch the same operand at the same time.
  Inference run();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tricycle
