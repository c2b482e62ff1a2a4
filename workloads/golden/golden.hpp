// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "workloads/quantized.hpp"

namespace tricycle {

struct GoldenOptions {
  std::int64_t lanes = 1;  ///< of floating point: products that a step adds in a tree before time
  std::function<void(std::uint64_t)> progress = {};  ///< called with the MACs done so far, layer after layer
  /// What the item before gave: a network that saves its states goes on from there.
  const std::vector<std::vector<std::int32_t>>* before = nullptr;
};

/// The golden interpreter: plain loops over the network, tensor by tensor. It shares no code with the
/// datapaths. Returns every tensor's values in the order of network.tensors, each NHWC: codes, sums, or the
/// bits of float32. Of a plain tensor or a state within a loop, what it held after its layer in each step,
/// one step after another in the order in which they run.
[[nodiscard]] std::vector<std::vector<std::int32_t>> run_golden(const QuantizedNetwork& network,
                                                                std::span<const std::int32_t> input,
                                                                const GoldenOptions& options = {});

/// What a scale stage makes of one sum, and its y where it has one.
[[nodiscard]] std::int32_t scaled(const ScaleStage& stage, std::size_t channel, std::int32_t x,
                                  std::int32_t y = 0);

/// The codes of real inputs in the model's order, by the network's reading: its own quantizer's, or those
/// whose meaning the numbers are. Throws std::invalid_argument where one is none.
[[nodiscard]] std::vector<std::int32_t> input_codes(const QuantizedNetwork& network,
                                                    std::span<const float> values);

/// The values of a tensor as real numbers, in the model's order of dimensions: NCHW where its shape is so.
[[nodiscard]] std::vector<float> real_values(const QuantizedTensor& tensor,
                                             std::span<const std::int32_t> values);

}  // namespace tricycle
