// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/recurrent/model.hpp"

namespace tricycle {

/// What a recurrent model's cells need in memory, with the accounting of HitNet Figure 1: bits of weights and
/// of activations in training and in inference. Weights are those that multiply x_t and h_(t-1), without
/// biases; embedding and decoder are not counted. Training keeps for every step and stream each tensor that
/// the step makes (`stored_tensors`); inference keeps those of one step.
struct CellMemory {
  std::int64_t weights = 0;                ///< values
  std::int64_t training_activations = 0;   ///< values of all steps
  std::int64_t inference_activations = 0;  ///< values of one step
};
[[nodiscard]] CellMemory cell_memory(const RecurrentModel& model);

/// Tensors of `hidden` values that a step of a cell stores: LSTM x, i, f, g, o, c, tanh c, h; GRU x, r, z, n,
/// r * (W_h h), h; RNN x, h.
[[nodiscard]] std::int64_t stored_tensors(Cell cell);

/// Bits of a weight and of an activation.
struct BitWidths {
  const char* name;
  double weight, activation;
};
/// FP32; ternary weights with FP32 activations; both ternary in two bits; both in one bit, zeros left out.
[[nodiscard]] const std::vector<BitWidths>& figure1_widths();

/// Bytes that so many values take.
[[nodiscard]] double memory_bytes(std::int64_t weights, std::int64_t activations, const BitWidths& widths);

}  // namespace tricycle
