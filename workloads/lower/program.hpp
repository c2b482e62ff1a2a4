// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <set>
#include <string>
#include <vector>

#include "workloads/lower/emit.hpp"

namespace tricycle {

/// The layers of a loop over time steps. Of a long loop, steps in the middle are not written: those from
/// `from` up to the one before `to`.
struct StepLoop {
  std::uint32_t first_layer, last_layer;
  std::uint32_t from, to;

  [[nodiscard]] bool contains(std::uint32_t layer) const {
    return layer >= first_layer && layer <= last_layer;
  }
};

/// Time steps of a loop that are all written.
inline constexpr std::int64_t most_steps_written = 1024;

/// A program under construction: the trace, and the DRAM addresses of each layer's parameters and of each
/// tensor.
struct Program {
  Trace trace;
  std::vector<LayerImage> images;
  std::vector<std::uint64_t> tensors_at;
  std::set<BlockRing> rings;         ///< of the layers whose code is emitted
  std::vector<StepLoop> step_loops;  ///< in the order of their layers
};

/// Describes the layers for reports, and places tensors, states and packed parameters in DRAM. It emits no
/// code.
[[nodiscard]] Program map_memory(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan,
                                 const std::string& tool);

/// Emits the code of all layers in program order, for loops one time step after another, without semaphores.
/// Of a loop of more than `most_steps_written` steps it emits the first and the last ones; roll_loops makes
/// the others of them.
void emit_code(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan, Program& program);

/// The choices of a plan as text: one line for each layer and each tensor.
[[nodiscard]] std::string plan_text(const QuantizedNetwork& network, const Plan& plan);

}  // namespace tricycle
