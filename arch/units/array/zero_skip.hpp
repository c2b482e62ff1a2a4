// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/isa/nonzeros.hpp"
#include "arch/params/counters.hpp"
#include "arch/params/step_table.hpp"
#include "arch/units/memory/sram_demand.hpp"

namespace tricycle {

/// What a matmul takes that leaves out work on zeros.
struct SparseWork {
  Cycles cycles = 1;  ///< in which it is fed without a line buffer
  CounterSet events;
  ArrayReads reads;
  bool operator==(const SparseWork&) const = default;
};

/// Whether zeros change a matmul's time or events on a machine (rule Z6 of docs/timing.md). Sums of binary
/// and ternary_fatnn count every element, and floating point knows infinities; these take what they always
/// take.
[[nodiscard]] bool skips_zeros(const isa::Matmul& i, const MachineSpec& spec);

/// Whether its work depends on where its weights, and where its activations are zero.
[[nodiscard]] bool looks_at_weights(const MachineSpec& spec);
[[nodiscard]] bool looks_at_activations(const isa::Matmul& i, const MachineSpec& spec);

/// The time and events of a matmul that skips_zeros (rules Z1 to Z4, Z8), its operands' zeros given where
/// they are looked at. `steps`: what its steps take where none is left out. `output`: what the output stage
/// does with the sums, where they go there.
[[nodiscard]] SparseWork sparse_work(const Instruction& instruction, const MachineSpec& spec,
                                     const Nonzeros& weights, const Nonzeros& activations,
                                     const StepTable& steps, const OutputRate& output = {});

/// The same from the operands that lie in memory; counts the activations looked at too.
[[nodiscard]] SparseWork work_of_data(const Instruction& instruction, const MachineSpec& spec,
                                      const MemoryView& memories, const StepTable& steps,
                                      const OutputRate& output = {});

/// The same from operands drawn at declared densities (rule Z5).
struct Densities {
  double weights = 1, activations = 1;
};
[[nodiscard]] SparseWork work_of_draw(const Instruction& instruction, const MachineSpec& spec,
                                      std::uint64_t seed, const Densities& densities, const StepTable& steps,
                                      const OutputRate& output = {});

}  // namespace tricycle
