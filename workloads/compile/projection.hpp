// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/lower/lower.hpp"
#include "workloads/quantize/recurrent/model.hpp"
#include "workloads/quantize/rules/recurrent_spec.hpp"

namespace tricycle {

/// Chooses whether W_x x_t is computed ahead of the loop or in it, by the least number of cycles: the cycles
/// of DRAM at its full rate or the cycles of the array, whichever are more. If both choices need the same
/// cycles, the number of DRAM bytes decides; if that is the same too, W_x x_t is computed in the loop. The
/// costs of a decoder after the loop and of the rows of an embedding are left out, because both choices share
/// them.
[[nodiscard]] Projection cheaper_projection(RecurrentModel model, RecurrentSpec spec,
                                            const MachineSpec& machine, LowerOptions options);

}  // namespace tricycle
