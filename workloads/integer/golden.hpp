// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "workloads/integer/quantized.hpp"

namespace tricycle {

struct GoldenOptions {
  std::int64_t lanes = 1;  ///< of floating point: products that one array step adds in a tree
  std::function<void(std::uint64_t)> progress = {};  ///< called with the MACs done so far, layer after layer
  /// The results of the previous item. A network that saves its states continues from them.
  const std::vector<std::vector<std::int32_t>>* before = nullptr;
};

/// The golden interpreter: plain loops over the network, tensor by tensor. It shares no code with the
/// datapaths. Returns the values of every tensor in the order of network.tensors, each NHWC: codes, sums, or
/// the bits of float32. For a plain tensor or a state within a loop: the values after its layer in every time
/// step, one step after another in the order in which the steps run.
[[nodiscard]] std::vector<std::vector<std::int32_t>> run_golden(const QuantizedNetwork& network,
                                                                std::span<const std::int32_t> input,
                                                                const GoldenOptions& options = {});

/// Applies a scale stage to one sum, and to its y where the stage has one.
[[nodiscard]] std::int32_t scaled(const ScaleStage& stage, std::size_t channel, std::int32_t x,
                                  std::int32_t y = 0);

/// The codes of real inputs in the model's order, as the network's reading says: the model's own quantizer
/// makes them, or each number must be the real value of a code. Throws std::invalid_argument where a number
/// is not.
[[nodiscard]] std::vector<std::int32_t> input_codes(const QuantizedNetwork& network,
                                                    std::span<const float> values);

/// The values of a tensor as real numbers, in the model's order of dimensions (NCHW where the model has it
/// so).
[[nodiscard]] std::vector<float> real_values(const QuantizedTensor& tensor,
                                             std::span<const std::int32_t> values);

}  // namespace tricycle
