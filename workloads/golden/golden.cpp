// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/golden.hpp"

#include <bit>

namespace tricycle {
namespace {

/// sums[row][channel] = activations[row] . weights[channel]
std::vector<std::int32_t> products(const QuantizedLayer& layer, const QuantizedTensor& in,
                                   std::int64_t channels, const std::vector<std::int32_t>& values) {
  const auto k = static_cast<std::size_t>(in.cols);
  std::vector<std::int8_t> codes(values.begin(), values.end());
  std::vector<std::int32_t> sums;
  sums.reserve(static_cast<std::size_t>(in.rows * channels));
  for (std::int64_t row = 0; row < in.rows; ++row) {
    const std::int8_t* x = codes.data() + static_cast<std::size_t>(row) * k;
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      const std::int8_t* w = layer.weights.data() + static_cast<std::size_t>(channel) * k;
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < k; ++i) sum += x[i] * w[i];
      sums.push_back(sum);
    }
  }
  return sums;
}

std::int32_t apply(const RawStage&, std::int32_t sum, std::size_t) {
  return sum;
}

std::int32_t apply(const ThresholdStage& stage, std::int32_t sum, std::size_t channel) {
  const std::size_t each = stage.codes.size() - 1;
  const std::size_t row = stage.per_channel ? channel : 0;
  std::size_t level = 0;
  while (level < each && std::int64_t{stage.signs[row]} * sum >= stage.thresholds[row * each + level])
    ++level;
  return stage.codes[level];
}

std::int32_t apply(const AffineStage& stage, std::int32_t sum, std::size_t channel) {
  const std::size_t row = stage.per_channel ? channel : 0;
  const float scaled = static_cast<float>(sum) * stage.scale[row];
  return std::bit_cast<std::int32_t>(scaled + stage.bias[row]);
}

}  // namespace

std::vector<std::vector<std::int32_t>> run_golden(const QuantizedNetwork& network,
                                                  std::span<const std::int32_t> input) {
  std::vector<std::vector<std::int32_t>> values(network.tensors.size());
  values[0].assign(input.begin(), input.end());
  for (const QuantizedLayer& layer : network.layers) {
    const auto in = static_cast<std::size_t>(layer.input);
    const auto out = static_cast<std::size_t>(layer.output);
    const auto channels = static_cast<std::size_t>(network.tensors[out].cols);
    values[out] = layer.has_weights
                      ? products(layer, network.tensors[in], network.tensors[out].cols, values[in])
                      : values[in];
    for (std::size_t i = 0; i < values[out].size(); ++i) {
      values[out][i] = std::visit(
          [&](const auto& stage) { return apply(stage, values[out][i], i % channels); }, layer.stage);
    }
  }
  return values;
}

}  // namespace tricycle
