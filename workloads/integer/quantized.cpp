// SPDX-License-Identifier: Apache-2.0
#include "workloads/integer/quantized.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tricycle {
namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

/// The fewest bits of two's complement, or unsigned, that hold the codes.
std::string integer_name(const Codes& codes) {
  const bool is_signed = codes.least < 0;
  int bits = 1;
  while (bits < 64) {
    const std::int64_t half = std::int64_t{1} << (bits - 1);
    const bool holds = is_signed ? codes.least >= -half && codes.most < half
                                 : bits > 62 || codes.most < (std::int64_t{1} << bits);
    if (holds) break;
    ++bits;
  }
  return fmt::format("{}int{}", is_signed ? "" : "u", bits);
}

std::string tensor_text(const QuantizedTensor& tensor) {
  std::string text = tensor.images > 1 ? fmt::format("{}x", tensor.images) : "";
  text += tensor.width > 1 ? fmt::format("{}x{}x{}", tensor.height, tensor.width, tensor.channels)
                           : fmt::format("{}x{}", tensor.height, tensor.channels);
  text += " " + codes_name(tensor.codes);
  if (tensor.offset != 0) text += fmt::format("{:+}", tensor.offset);
  return text;
}

std::string window_text(const Window& w) {
  std::string text = fmt::format("{}x{}", w.kernel_h, w.kernel_w);
  if (w.stride_y != 1 || w.stride_x != 1) text += fmt::format(" stride {}x{}", w.stride_y, w.stride_x);
  if (w.dilation_y != 1 || w.dilation_x != 1)
    text += fmt::format(" dilation {}x{}", w.dilation_y, w.dilation_x);
  if (w.pad_top != 0 || w.pad_left != 0) text += fmt::format(" pad {}x{}", w.pad_top, w.pad_left);
  return text;
}

std::string row_name(bool per_channel, std::size_t channel) {
  return per_channel ? std::to_string(channel) : "all";
}

std::string stage_text(const ThresholdStage& stage) {
  std::string text;
  const std::size_t each = stage.codes.size() - 1;
  for (std::size_t c = 0; c < stage.signs.size(); ++c) {
    text += fmt::format("  {}: {}", row_name(stage.per_channel, c), stage.signs[c] > 0 ? "+" : "-");
    for (std::size_t t = 0; t < each; ++t) text += fmt::format(" {}", stage.thresholds[c * each + t]);
    text += "\n";
  }
  return text;
}

std::string rounding_text(ScaleRounding rounding) {
  switch (rounding) {
    case ScaleRounding::exact: return "";
    case ScaleRounding::half_to_even: return " half to even";
    case ScaleRounding::away: return " away from zero";
    case ScaleRounding::toward: return " toward zero";
    case ScaleRounding::half_away: return " half away from zero";
    case ScaleRounding::half_toward: return " half toward zero";
    case ScaleRounding::floor: return " down";
    case ScaleRounding::ceil: return " up";
  }
  return "";
}

std::string end_text(const ScaleEnd& end) {
  if (end.zero == 0) return rounding_text(end.rounding);
  const std::string zero = fmt::format(" {:+}", end.zero);
  return end.zero_behind ? rounding_text(end.rounding) + zero : zero + rounding_text(end.rounding);
}

std::string stage_text(const ScaleStage& stage) {
  std::string text;
  for (std::size_t c = 0; c < stage.multiplier.size(); ++c) {
    text += fmt::format("  {}: (x * {}", row_name(stage.per_channel, c), stage.multiplier[c]);
    if (!stage.second.empty()) text += fmt::format(" + y * {}", stage.second[c]);
    text += fmt::format(" + {}) >> {}{}, {} to {}\n", stage.bias[c], stage.shift[c], end_text(stage.end),
                        stage.least, stage.most);
  }
  return text;
}

std::string stage_text(const AffineStage& stage) {
  std::string text;
  for (std::size_t c = 0; c < stage.scale.size(); ++c) {
    text += fmt::format("  {}: * {}", row_name(stage.per_channel, c), stage.scale[c]);
    if (!stage.second.empty()) text += fmt::format(" + y * {}", stage.second[c]);
    text += fmt::format(" + {}", stage.bias[c]);
    if (stage.least > -infinite || stage.most < infinite)
      text += fmt::format(", {} to {}", stage.least, stage.most);
    text += "\n";
  }
  return text;
}

std::string stage_text(const RawStage&) {
  return "";
}

std::string stage_text(const LookupStage& stage) {
  return fmt::format("  {} points, one each 2^{}, {}, {}\n", stage.points.size(), stage.segment_shift,
                     stage.interpolate ? "interpolated" : "the nearest",
                     stage.symmetry == Symmetry::odd ? "odd" : fmt::format("complement to {}", stage.one));
}

std::string stage_text(const MultiplyStage& stage) {
  if (stage.least == stage.most) return "  x * y + z\n";  // floating point, which is not clamped
  return fmt::format("  (x * y + z << {}) >> {}, {} to {}\n", stage.third_shift, stage.shift, stage.least,
                     stage.most);
}

std::string stage_text(const FunctionStage& stage) {
  return fmt::format("  {} of x * {}\n", stage.function == Curve::sigmoid ? "sigmoid" : "tanh", stage.slope);
}

std::string stage_text(const SampleStage& stage) {
  return fmt::format("  the sign where |x| << {} exceeds 16 bits\n", stage.shift);
}

}  // namespace

std::string codes_name(const Codes& codes) {
  switch (codes.kind) {
    case Codes::Kind::binary: return "binary";
    case Codes::Kind::power_of_two: return "pow2";
    case Codes::Kind::float32: return "float32";
    case Codes::Kind::float16: return "float16";
    case Codes::Kind::integer: break;
  }
  return codes.is_ternary() ? "ternary" : integer_name(codes);
}

bool QuantizedTensor::has_channels_first() const {
  return channels_first.value_or(shape.size() == 4 && shape[1] == channels && shape[2] == height &&
                                 shape[3] == width);
}

float as_half(float value) {
  if (!(std::fabs(value) < 65520.0F)) return std::copysign(std::fabs(value) * infinite, value);
  int exponent = 0;
  static_cast<void>(std::frexp(value, &exponent));
  const double unit = std::ldexp(1.0, std::max(exponent - 11, -24));
  return static_cast<float>(std::nearbyint(static_cast<double>(value) / unit) * unit);
}

Codes codes_read(const Window& window, const QuantizedTensor& tensor) {
  Codes codes = tensor.codes;
  if (codes.kind != Codes::Kind::integer || !window.reads_padding()) return codes;
  codes.least = std::min(codes.least, tensor.zero());
  codes.most = std::max(codes.most, tensor.zero());
  return codes;
}

std::int64_t QuantizedNetwork::macs(const QuantizedLayer& layer) const {
  if (layer.kind != LayerKind::product) return 0;
  const QuantizedTensor& in = tensor(layer.inputs[0]);
  return in.images * layer.window.positions() * layer.window.taps() * (in.channels / layer.groups) *
         tensor(layer.output).channels;
}

bool QuantizedNetwork::is_output(int tensor) const {
  return tensor == output_index() ||
         std::any_of(outputs.begin(), outputs.end(),
                     [&](const NetworkOutput& output) { return output.tensor == tensor; });
}

const Loop* QuantizedNetwork::loop_of(std::size_t layer) const {
  const auto found =
      std::partition_point(loops.begin(), loops.end(), [&](const Loop& loop) { return loop.last < layer; });
  return found != loops.end() && found->contains(layer) ? &*found : nullptr;
}

std::string dump(const QuantizedNetwork& network) {
  static const std::array<const char*, 8> kinds = {"product", "max pool", "sum pool", "pointwise",
                                                   "concat",  "gather",   "initial",  "save"};
  std::string text = fmt::format("network {}\n", network.name);
  for (std::size_t index = 0; index < network.layers.size(); ++index) {
    const QuantizedLayer& layer = network.layers[index];
    for (const Loop& loop : network.loops) {
      if (loop.first == index)
        text += fmt::format("loop {}: {} steps{}\n", loop.name, loop.steps,
                            loop.reverse ? ", from the last" : "");
    }
    text += fmt::format("{} ({}):", layer.name, layer.op);
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      text += (i == 0                            ? " "
               : layer.kind == LayerKind::concat ? ", "
                                                 : " and ") +
              tensor_text(network.tensor(layer.inputs[i]));
    }
    const Window& w = layer.window;
    if (layer.kind == LayerKind::product) {
      const QuantizedTensor& in = network.tensor(layer.inputs[0]);
      text += fmt::format(" * {}x{} {}", w.taps() * in.channels / layer.groups,
                          network.tensor(layer.output).channels * (layer.pairs ? 2 : 1),
                          codes_name(layer.weight_codes));
      if (layer.pairs) text += " in pairs";
      if (layer.groups > 1) text += fmt::format(", {} groups", layer.groups);
      if (w.taps() > 1 || w.stride_y > 1 || w.stride_x > 1) text += ", window " + window_text(w);
    } else if (layer.kind >= LayerKind::gather) {
      text += fmt::format(", {}", kinds[static_cast<std::size_t>(layer.kind)]);
    } else if (layer.kind == LayerKind::max_pool || layer.kind == LayerKind::sum_pool) {
      text += fmt::format(", {} {}", kinds[static_cast<std::size_t>(layer.kind)], window_text(w));
    }
    if (layer.pool) text += ", max pool " + window_text(*layer.pool);
    text += " -> " + tensor_text(network.tensor(layer.output)) + "\n";
    text += std::visit([](const auto& stage) { return stage_text(stage); }, layer.stage);
  }
  for (const NetworkOutput& output : network.outputs) {
    if (network.outputs.size() > 1)
      text += fmt::format("output {}: {}\n", output.value, tensor_text(network.tensor(output.tensor)));
  }
  return text;
}

}  // namespace tricycle
