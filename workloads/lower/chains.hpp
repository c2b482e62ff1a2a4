// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/integer/quantized.hpp"

namespace tricycle {

struct LowerOptions;
struct MachineSpec;
struct Plan;

/// The layers of each loop in an order that brings those of the vector unit together: first the products that
/// can run, then all pointwise layers that can, then products again. Every layer still reads and writes what
/// it did.
[[nodiscard]] QuantizedNetwork in_chain_order(QuantizedNetwork network);
/// The same where the machine has passes of several instructions, and holds what lives at once in that order;
/// else the network as it is.
[[nodiscard]] QuantizedNetwork ordered_for(QuantizedNetwork network, const MachineSpec& spec,
                                           const LowerOptions& options);

/// Finds pointwise layers on integers that follow each other in a loop, and lets them share passes of the
/// vector unit, at most `vector.chain` each (rule V8 of docs/timing.md).
void find_chains(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan);

}  // namespace tricycle
