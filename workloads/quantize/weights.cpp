// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/weights.hpp"
#include "workloads/integer/quantized.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace tricycle {
namespace {

using Channel = std::span<const float>;

Channel channel_of(const WeightValues& weights, std::size_t c) {
  return std::span(weights.values).subspan(c * weights.each, weights.each);
}

/// Finds the only magnitude of a channel's positive (sign 1) or negative (sign -1) values; 0 if there are
/// none. False if there are several.
bool one_of(Channel channel, float sign, float& magnitude) {
  magnitude = 0;
  for (const float value : channel) {
    const float found = value * sign;
    if (!(found > 0)) continue;
    if (magnitude != 0 && found != magnitude) return false;
    magnitude = found;
  }
  return true;
}

/// Binary or ternary: one magnitude for each channel.
std::optional<CodedWeights> one_magnitude(const WeightValues& weights) {
  CodedWeights coded;
  coded.codes.reserve(weights.values.size());
  bool zeros = false;
  for (std::size_t c = 0; c < weights.channels; ++c) {
    const Channel channel = channel_of(weights, c);
    float above = 0, below = 0;
    if (!one_of(channel, 1, above) || !one_of(channel, -1, below)) return std::nullopt;
    if (above != 0 && below != 0 && above != below) return std::nullopt;
    const float magnitude = std::max(above, below);
    coded.scale.push_back(magnitude == 0 ? 1.0 : static_cast<double>(magnitude));
    for (const float value : channel) {
      zeros = zeros || value == 0.0F;
      coded.codes.push_back(static_cast<std::int16_t>((value > 0) - (value < 0)));
    }
  }
  if (!zeros) coded.kind = Codes::binary();
  return coded;
}

/// Ternary with different scales of positive and negative weights: two sums for each channel.
std::optional<CodedWeights> two_magnitudes(const WeightValues& weights) {
  CodedWeights coded;
  coded.pairs = true;
  coded.kind = Codes::integers(0, 1);
  for (std::size_t c = 0; c < weights.channels; ++c) {
    float above = 0, below = 0;
    if (!one_of(channel_of(weights, c), 1, above) || !one_of(channel_of(weights, c), -1, below))
      return std::nullopt;
    coded.scale.push_back(above == 0 ? 1.0 : static_cast<double>(above));
    coded.second.push_back(below == 0 ? -1.0 : -static_cast<double>(below));
    for (const float value : channel_of(weights, c))
      coded.codes.push_back(static_cast<std::int16_t>(value > 0));
    for (const float value : channel_of(weights, c))
      coded.codes.push_back(static_cast<std::int16_t>(value < 0));
  }
  return coded;
}

/// Finds the codes of a channel for a step size. False if a value is no integer times the step size (within
/// float rounding), or if a code exceeds `most`.
bool on_grid(Channel channel, double step, std::int64_t most, std::vector<std::int16_t>& codes) {
  for (const float value : channel) {
    const double place = static_cast<double>(value) / step;
    const double code = std::nearbyint(place);
    if (std::fabs(place - code) > 1e-4 || std::fabs(code) > static_cast<double>(most)) return false;
    codes.push_back(static_cast<std::int16_t>(code));
  }
  return true;
}

bool is_power_of_two(int code) {
  const int magnitude = std::abs(code);
  return (magnitude & (magnitude - 1)) == 0;
}

double smallest(Channel values) {
  double least = 0;
  for (const float value : values) {
    const double magnitude = std::fabs(static_cast<double>(value));
    if (magnitude > 0 && (least == 0 || magnitude < least)) least = magnitude;
  }
  return least == 0 ? 1.0 : least;
}

double largest(Channel values) {
  double most = 0;
  for (const float value : values) most = std::max(most, std::fabs(static_cast<double>(value)));
  return most == 0 ? 1.0 : most;
}

/// Zero and powers of two up to 64 times the smallest magnitude, either of the tensor or of each channel.
std::optional<CodedWeights> powers(const WeightValues& weights, bool per_channel) {
  CodedWeights coded;
  coded.codes.reserve(weights.values.size());
  int most = 1;
  double step = per_channel ? 0 : smallest(weights.values);
  for (std::size_t c = 0; c < weights.channels; ++c) {
    const std::size_t before = coded.codes.size();
    if (per_channel) step = smallest(channel_of(weights, c));
    if (!on_grid(channel_of(weights, c), step, 64, coded.codes)) return std::nullopt;
    for (std::size_t i = before; i < coded.codes.size(); ++i) {
      if (!is_power_of_two(coded.codes[i])) return std::nullopt;
      most = std::max(most, std::abs(static_cast<int>(coded.codes[i])));
    }
    coded.scale.push_back(step);
  }
  coded.kind = Codes::powers_of_two(most);
  return coded;
}

/// Takes the signed integers of the fewest bits as the kind of code.
void name_integers(CodedWeights& coded) {
  std::int64_t half = 1;
  for (const std::int16_t code : coded.codes) {
    while (code < -half || code >= half) half *= 2;
  }
  coded.kind = half == 1 ? Codes::integers(-1, 1) : Codes::integers(-half, half - 1);
}

/// Codes with the step sizes that the model states.
std::optional<CodedWeights> stated(const WeightValues& weights) {
  if (weights.step.empty()) return std::nullopt;
  CodedWeights coded;
  for (std::size_t c = 0; c < weights.channels; ++c) {
    const auto step = static_cast<double>(weights.step[weights.step.size() == 1 ? 0 : c]);
    if (!(step > 0) || !on_grid(channel_of(weights, c), step, 128, coded.codes)) return std::nullopt;
    coded.scale.push_back(step);
  }
  name_integers(coded);
  return coded;
}

/// Integers times one step size for the tensor. Its largest magnitude is m step sizes, for the smallest m
/// from 1 to 127 that fits.
std::optional<CodedWeights> integers_of_tensor(const WeightValues& weights) {
  const double most = largest(weights.values);
  for (std::int64_t m = 1; m <= 127; ++m) {
    CodedWeights coded;
    const double step = most / static_cast<double>(m);
    if (!on_grid(weights.values, step, m, coded.codes)) continue;
    coded.scale.assign(weights.channels, step);
    name_integers(coded);
    return coded;
  }
  return std::nullopt;
}

/// The same with a step size for each channel.
std::optional<CodedWeights> integers_of_channels(const WeightValues& weights) {
  CodedWeights coded;
  for (std::size_t c = 0; c < weights.channels; ++c) {
    const double most = largest(channel_of(weights, c));
    const std::size_t before = coded.codes.size();
    std::int64_t m = 1;
    for (; m <= 127; ++m) {
      if (on_grid(channel_of(weights, c), most / static_cast<double>(m), m, coded.codes)) break;
      coded.codes.resize(before);
    }
    if (m > 127) return std::nullopt;
    coded.scale.push_back(most / static_cast<double>(m));
  }
  name_integers(coded);
  return coded;
}

}  // namespace

std::optional<CodedWeights> code_weights(const WeightValues& weights, std::string& error) {
  for (const float value : weights.values) {
    if (std::isfinite(value)) continue;
    error = "a weight is not finite";
    return std::nullopt;
  }
  if (auto coded = one_magnitude(weights)) return coded;
  if (auto coded = powers(weights, false)) return coded;
  if (auto coded = two_magnitudes(weights)) return coded;
  if (auto coded = powers(weights, true)) return coded;
  if (auto coded = stated(weights)) return coded;
  if (auto coded = integers_of_tensor(weights)) return coded;
  if (auto coded = integers_of_channels(weights)) return coded;
  error = fmt::format(
      "its weights are no low-bit codes: {} values up to {} that are no integers up to 127 times a step, "
      "nor "
      "powers of two",
      weights.values.size(), static_cast<float>(largest(weights.values)));
  return std::nullopt;
}

}  // namespace tricycle
