// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "workloads/integer/quantized.hpp"

namespace tricycle {

/// Weights as they come: the values of one output channel after the other, and the step sizes that the model
/// states, if it does (DequantizeLinear or Quant of a constant).
struct WeightValues {
  std::size_t channels = 0, each = 0;  ///< output channels, and weights of each
  std::vector<float> values;
  std::vector<float> step;  ///< of the model's own codes: one, one for each channel, or none
};

/// Weights as codes: value = code * scale of its channel. With `pairs`, value = code of x * scale + code of y
/// * second, both codes 0 or 1. Each channel then has the codes of x before the codes of y, for two sums.
struct CodedWeights {
  std::vector<std::int16_t> codes;
  std::vector<double> scale, second;
  Codes kind = Codes::integers(-1, 1);
  bool pairs = false;
};

/// Recognises weights by their values. The first of these that fits is taken: binary; ternary; zero and
/// powers of two; ternary of two scales; zero and powers of two with a scale for each channel; the step sizes
/// that the model states; integers times one step size, then times a step size for each channel. If none
/// fits, `error` gets the message.
[[nodiscard]] std::optional<CodedWeights> code_weights(const WeightValues& weights, std::string& error);

}  // namespace tricycle
