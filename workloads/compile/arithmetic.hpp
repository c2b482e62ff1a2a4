// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "arch/params/machine.hpp"
#include "workloads/integer/quantized.hpp"
#include "workloads/quantize/rules/recurrent_spec.hpp"

namespace tricycle {

/// The type in which a model without quantizers runs on a machine of floating point, if the machine has no
/// other datapath or is asked for this one. Nothing if the model runs in integers.
[[nodiscard]] std::optional<Codes> floating_type(const Graph& graph, const MachineSpec& machine,
                                                 std::optional<Datapath> asked);

/// Errors: recurrent layers compute in float32, and the machine has no mac array of fp32.
void check_floating(const Graph& graph, const RecurrentSpec& recurrent, const MachineSpec& machine);

}  // namespace tricycle
