// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/integer/quantized.hpp"
#include "workloads/quantize/recurrent/model.hpp"
#include "workloads/quantize/rules/recurrent_spec.hpp"

namespace tricycle {

/// Pre-activations are fixed point with 5 integer bits (including the sign) and 11 fraction bits: beyond 16 /
/// lambda the activation functions are flat.
inline constexpr int gate_fraction = 11;

struct RecurrentOptions {
  InputScale input_scale;  ///< real value of code 1 of an int8 vector input
  std::uint64_t seed = 1;  ///< of the shift registers
};

/// Turns a recurrent model into layers and loops, in integers with HitNet's arithmetic or in float32.
/// docs/recurrent.md says how each cell is computed. Errors name the layer.
[[nodiscard]] QuantizedNetwork quantize_recurrent(const RecurrentModel& model, const RecurrentSpec& spec,
                                                  const RecurrentOptions& options);

}  // namespace tricycle
