// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/rules/hitnet.hpp"

#include <cmath>

namespace tricycle {
namespace {

std::vector<std::int16_t> codes_above(std::span<const float> values, double theta) {
  std::vector<std::int16_t> codes;
  codes.reserve(values.size());
  for (const float value : values) codes.push_back(value > theta ? 1 : value < -theta ? -1 : 0);
  return codes;
}

}  // namespace

TernaryWeights ttq(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += std::fabs(static_cast<double>(value));
  TernaryWeights weights;
  weights.theta = values.empty() ? 0 : 2 * sum / (3 * static_cast<double>(values.size()));
  weights.codes = codes_above(values, weights.theta);
  double above = 0;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (weights.codes[i] == 0) continue;
    above += std::fabs(static_cast<double>(values[i]));
    ++count;
  }
  if (count > 0) weights.alpha = above / static_cast<double>(count);
  return weights;
}

std::optional<TernaryWeights> as_ternary(std::span<const float> values) {
  float alpha = 0;
  for (const float value : values) {
    const float size = std::fabs(value);
    if (size == 0) continue;
    if (alpha != 0 && size != alpha) return std::nullopt;
    alpha = size;
  }
  return TernaryWeights{codes_above(values, 0), static_cast<double>(alpha), 0};
}

}  // namespace tricycle
