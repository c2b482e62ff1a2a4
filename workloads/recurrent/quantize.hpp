// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/quantized.hpp"
#include "workloads/recurrent/model.hpp"
#include "workloads/recurrent/spec.hpp"

namespace tricycle {

/// Pre-activations are fixed point of 5 bits with the sign and 11 of fraction: behind 16 / lambda the
/// activation functions are flat.
inline constexpr int gate_fraction = 11;

struct RecurrentOptions {
  InputScale input_scale;  ///< what a code of an int8 vector input is worth
  std::uint64_t seed = 1;  ///< of the shift registers
};

/// Turns a recurrent model into layers and loops, in integers with HitNet's arithmetic or in float32.
/// docs/recurrent.md says how each cell is computed. Errors name the layer.
[[nodiscard]] QuantizedNetwork quantize_recurrent(const RecurrentModel& model, const RecurrentSpec& spec,
                                                  const RecurrentOptions& options);

}  // namespace tricycle
