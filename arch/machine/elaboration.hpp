// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "arch/isa/meaning.hpp"
#include "arch/machine/inference.hpp"
#include "arch/units/control/start.hpp"

namespace tricycle {

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

class Machine;
class SimulationContext;

/// A machine that is put together for a program and runs it, for those who do not know SystemC. It has a
/// simulation of its own, so that a process may have several; one thread runs them.
class Elaboration {
 public:
  /// `code` must pass check_ranges for `spec` and outlive this.
  Elaboration(const MachineSpec& spec, const std::vector<Instruction>& code, std::size_t layers,
              std::uint64_t dram_bytes, const MachineOptions& options);
  ~Elaboration();

  /// The contents of DRAM and on-chip memory, to be filled before a run and read after it.
  [[nodiscard]] MemoryView memories();
  /// Calls `call` with each instruction that goes to an engine when it has completed.
  void on_completed(std::function<void(const Issued&)> call);

  /// Runs one inference from reset. On-chip memory keeps its contents; everything else is reset. Throws
  /// RunError when two engines touch the same operand at the same time. Without values: time and events
  /// alone, whatever the options say; memories keep what they have.
  Inference run(Start start = Start::loaded, bool with_values = true);

  /// The machine's modules, channels and ports as a tree of text (docs/commands.md, `run --tree`).
  [[nodiscard]] std::string tree();

 private:
  std::unique_ptr<SimulationContext> context_;
  std::unique_ptr<Machine> machine_;
};

}  // namespace tricycle
