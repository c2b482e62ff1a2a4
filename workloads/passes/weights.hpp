// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "workloads/quantized.hpp"

namespace tricycle {

/// Weights as they come: values of output channel after output channel, and the codes and steps that the
/// model states, if it does (DequantizeLinear or Quant of a constant).
struct WeightValues {
  std::size_t channels = 0, each = 0;  ///< output channels, weights of one
  std::vector<float> values;
  std::vector<float> step;  ///< of the model's own codes: one, or one for each channel; or none
};

/// Weights as codes: value = code * scale of its channel. Of pairs value = code of x * scale + code of y *
/// second, both 0 or 1, with the sums of x and y one after the other for each channel.
struct CodedWeights {
  std::vector<std::int16_t> codes;
  std::vector<double> scale, second;
  Codes kind = Codes::integers(-1, 1);
  bool pairs = false;
};

/// Recognises weights by their values, the fewest bits first: binary, ternary, ternary of two scales, zero
/// and powers of two, integers times a step. An error (the message) otherwise.
[[nodiscard]] std::optional<CodedWeights> code_weights(const WeightValues& weights, std::string& error);

}  // namespace tricycle
