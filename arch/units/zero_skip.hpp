// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/isa/nonzeros.hpp"
#include "arch/spec/counters.hpp"
#include "arch/units/countdown.hpp"

namespace tricycle {

/// What a matmul takes that leaves out work on zeros.
struct SparseWork {
  Cycles cycles = 1;  ///< in which it is fed without a line buffer
  CounterSet events;
  bool operator==(const SparseWork&) const = default;
};

/// Whether zeros change a matmul's time or events on a machine (rule Z6 of docs/timing.md). Sums of binary
/// and ternary_fatnn count every element, and floating point knows infinities; these take what they always
/// take.
[[nodiscard]] bool skips_zeros(const isa::Matmul& i, const MachineSpec& spec);

/// Whether its work depends on the activations too.
[[nodiscard]] bool skips_by_activations(const MachineSpec& spec);

/// The time and events of a matmul that skips_zeros (rules Z1 to Z4). Activations are read where
/// skips_by_activations.
[[nodiscard]] SparseWork sparse_work(const Instruction& instruction, const MachineSpec& spec,
                                     const Nonzeros& weights, const Nonzeros& activations);

}  // namespace tricycle
