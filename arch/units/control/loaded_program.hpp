// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "arch/isa/footprint.hpp"
#include "arch/isa/loops.hpp"
#include "arch/isa/pages.hpp"
#include "arch/params/counters.hpp"

namespace tricycle {

/// Where zeros come from that change the time of a matmul without values, for each layer: the declared
/// fractions of nonzero weights and activations. A layer without an entry has no zeros.
struct DeclaredDensities {
  std::vector<double> weights, activations;
  std::uint64_t seed = 1;  ///< of the draws
};

/// What all units of a machine know before cycle 0: the machine, and the instructions with what follows from
/// them alone.
struct LoadedProgram {
  /// `code` outlives the program.
  LoadedProgram(const MachineSpec& spec, const std::vector<Instruction>& code, bool functional,
                DeclaredDensities densities);

  MachineSpec spec;
  const std::vector<Instruction>& code;
  Loops loops;
  Pages pages;
  std::vector<std::vector<Access>> accesses;  ///< of each instruction in the first iteration of its loops
  std::vector<CounterSet> events;             ///< of each instruction, where no zero changes them
  std::vector<std::uint64_t> fetch_reads;     ///< bank accesses that read each instruction
  bool functional;                            ///< values are computed
  DeclaredDensities densities;
};

}  // namespace tricycle
