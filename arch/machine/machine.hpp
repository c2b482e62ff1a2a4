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
#include "arch/params/counters.hpp"
#include "arch/units/dram_request.hpp"

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
  std::size_t layers = 0;
  struct Span {
    std::uint32_t instruction;
    std::uint64_t start, end;  ///< cycles
  };
  DramDone dram;               ///< for a DRAM device, until all written data are in its rows
  std::vector<Span> timeline;  ///< in the order of completion; only where the options ask for it

  [[nodiscard]] CounterSet events() const;
  /// The sum over all time steps for each layer.
  [[nodiscard]] std::vector<LayerStep> by_layer() const;
};

struct MachineOptions {
  bool lockstep = false;   ///< every unit wakes every cycle
  bool functional = true;  ///< compute values; false: only time and events
  bool timeline = false;   ///< record the start and end of each instruction
  bool check_dram = true;  ///< check the commands of a DRAM device against the rules
  std::uint64_t cycle_limit = 1'000'000'000'000;
  /// The declared fraction of nonzero weights and of nonzero activations of each layer. Without values, zeros
  /// that change the time are drawn at these densities. With values, the array steps that the densities
  /// predict are counted beside the array steps of the data. A layer without an entry has no zeros.
  std::vector<double> weight_densities{}, activation_densities{};
  std::uint64_t seed = 1;  ///< seed of these draws
  std::function<void(std::uint64_t cycle, const DramRequest&)>
      dram_requests{};                                      ///< called for each burst, in core cycles
  std::function<void(const DramCommand&)> dram_commands{};  ///< each command of a DRAM device
};

/// The SystemC machine: parts and bindings as drawn in arch/README.md. SystemC allows one machine per
/// process.
class Machine {
 public:
  /// `code` must pass check_ranges for `spec` and outlive the machine.
  Machine(const MachineSpec& spec, const std::vector<Instruction>& code, std::size_t layers,
          std::uint64_t dram_bytes, const MachineOptions& options);
  ~Machine();

  /// The contents of DRAM and on-chip memory, to be filled before a run and read after it.
  [[nodiscard]] Memories& memories();
  /// Calls `call` with the index of each instruction when it has completed.
  void on_completed(std::function<void(std::size_t)> call);

  /// Runs one inference from reset. On-chip memory keeps its contents; everything else is reset. Throws
  /// RunError when two engines touch the same operand at the same time.
  Inference run();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tricycle
