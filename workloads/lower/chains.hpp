// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "workloads/lower/plan.hpp"

namespace tricycle {

/// The layers of each loop in an order that brings those of the vector unit together: first the products that
/// can run, then all pointwise layers that can, then products again. Every layer still reads and writes what
/// it did.
[[nodiscard]] QuantizedNetwork in_chain_order(QuantizedNetwork network);
/// A network with its plan: tensors placed, layers tiled.
struct Schedule {
  QuantizedNetwork network;
  Plan plan;
};
/// The same, planned, where the machine has passes of several instructions, and holds what lives at once in
/// that order; else nothing.
[[nodiscard]] std::optional<Schedule> ordered_schedule(const QuantizedNetwork& network,
                                                       const MachineSpec& spec, const LowerOptions& options);
/// The same, or else the network as it is with its plan. Errors: those of `lower`.
[[nodiscard]] Schedule schedule_for(QuantizedNetwork network, const MachineSpec& spec,
                                    const LowerOptions& options);
/// Lowers what has been planned.
[[nodiscard]] Trace lower(const Schedule& schedule, const MachineSpec& spec, const LowerOptions& options);

/// Finds pointwise layers on integers that follow each other in a loop, and lets them share passes of the
/// vector unit, at most `vector.chain` each (rule V8 of docs/timing.md).
void find_chains(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan);

}  // namespace tricycle
