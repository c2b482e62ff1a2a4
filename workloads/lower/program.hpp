// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "workloads/lower/emit.hpp"

namespace tricycle {

/// A program under construction: the trace, and the DRAM addresses of each layer's parameters and of each
/// tensor.
struct Program {
  Trace trace;
  std::vector<LayerImage> images;
  std::vector<std::uint64_t> tensors_at;
};

/// Describes the layers for reports, and places tensors, states and packed parameters in DRAM. It emits no
/// code.
[[nodiscard]] Program map_memory(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan,
                                 const std::string& tool);

/// Emits the code of all layers in program order, for loops one time step after another, without semaphores.
void emit_code(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan, Program& program);

/// The choices of a plan as text: one line for each layer and each tensor.
[[nodiscard]] std::string plan_text(const QuantizedNetwork& network, const Plan& plan);

}  // namespace tricycle
