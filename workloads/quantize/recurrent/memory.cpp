// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/recurrent/memory.hpp"

namespace tricycle {

std::int64_t stored_tensors(Cell cell) {
  switch (cell) {
    case Cell::lstm: return 8;
    case Cell::gru: return 6;
    case Cell::rnn: break;
  }
  return 2;
}

CellMemory cell_memory(const RecurrentModel& model) {
  CellMemory memory;
  for (const RecurrentLayer& layer : model.layers) {
    const auto directions = static_cast<std::int64_t>(layer.directions.size());
    const auto gates = static_cast<std::int64_t>(gate_names(layer.cell).size());
    memory.weights += directions * gates * layer.hidden * (layer.inputs + layer.hidden);
    memory.inference_activations += directions * stored_tensors(layer.cell) * model.batch * layer.hidden;
  }
  memory.training_activations = model.steps * memory.inference_activations;
  return memory;
}

const std::vector<BitWidths>& figure1_widths() {
  static const std::vector<BitWidths> widths = {{"FP32 weights, FP32 activations", 32, 32},
                                                {"ternary weights, FP32 activations", 2, 32},
                                                {"ternary weights and activations, 2 bits", 2, 2},
                                                {"ternary weights and activations, 1 bit", 1, 1}};
  return widths;
}

double memory_bytes(std::int64_t weights, std::int64_t activations, const BitWidths& widths) {
  return (static_cast<double>(weights) * widths.weight +
          static_cast<double>(activations) * widths.activation) /
         8;
}

}  // namespace tricycle
