// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/quantize/recurrent/model.hpp"

namespace tricycle {

/// The memory of a recurrent model's cells, counted as in HitNet Figure 1: weights, and activations in
/// training and in inference. Weights are the weights that multiply x_t and h_(t-1), without biases.
/// Embedding and decoder are not counted. Training stores the tensors of a cell (`stored_tensors`) for every
/// time step and item of the batch; inference stores the tensors of one time step.
struct CellMemory {
  std::int64_t weights = 0;                ///< values
  std::int64_t training_activations = 0;   ///< values of all time steps
  std::int64_t inference_activations = 0;  ///< values of one time step
};
[[nodiscard]] CellMemory cell_memory(const RecurrentModel& model);

/// The number of tensors of `hidden` values that a cell stores in a time step: LSTM x, i, f, g, o, c, tanh c,
/// h; GRU x, r, z, n, r * (W_h h), h; RNN x, h.
[[nodiscard]] std::int64_t stored_tensors(Cell cell);

/// Bits of a weight and of an activation.
struct BitWidths {
  const char* name;
  double weight, activation;
};
/// FP32; ternary weights with FP32 activations; both ternary in two bits; both in one bit, without zeros.
[[nodiscard]] const std::vector<BitWidths>& figure1_widths();

/// The bytes of these weights and activations.
[[nodiscard]] double memory_bytes(std::int64_t weights, std::int64_t activations, const BitWidths& widths);

}  // namespace tricycle
