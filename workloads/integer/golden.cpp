// SPDX-License-Identifier: Apache-2.0
#include "workloads/integer/golden.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <stdexcept>

#include "support/exact.hpp"
#include "support/room.hpp"
#include "workloads/integer/encode.hpp"

namespace tricycle {
namespace {

using Values = std::vector<std::int32_t>;

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

/// The position of the image that a tap reads, or -1 outside of it.
std::int64_t position_of(const Window& w, std::int64_t line, std::int64_t column, std::int64_t tap_y,
                         std::int64_t tap_x) {
  const std::int64_t y = line * w.stride_y + tap_y * w.dilation_y - w.pad_top;
  const std::int64_t x = column * w.stride_x + tap_x * w.dilation_x - w.pad_left;
  if (y < 0 || y >= w.in_lines || x < 0 || x >= w.in_columns) return -1;
  return y * w.in_columns + x;
}

std::int32_t dot(const std::int16_t* x, const std::int16_t* w, std::size_t count) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += std::int32_t{x[i]} * std::int32_t{w[i]};
  return sum;
}

/// Adds the products of one array step in a balanced tree: neighbours are added until one value is left.
float tree(std::vector<float>& products) {
  std::size_t width = products.size();
  while (width > 1) {
    for (std::size_t i = 0; i < width / 2; ++i) products[i] = products[2 * i] + products[2 * i + 1];
    if (width % 2 != 0) products[width / 2] = products[width - 1];
    width = (width + 1) / 2;
  }
  return products[0];
}

/// Taps of `channels` elements each, `lanes` products per array step; zeros fill the last array step of a
/// tap.
float dot(const float* x, const float* w, std::size_t taps, std::size_t channels, std::size_t lanes) {
  float sum = 0;
  if (lanes == 1) {
    for (std::size_t i = 0; i < taps * channels; ++i) sum += x[i] * w[i];
    return sum;
  }
  std::vector<float> products(lanes);
  for (std::size_t tap = 0; tap < taps; ++tap) {
    for (std::size_t start = 0; start < channels; start += lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::size_t i = start + lane;
        products[lane] = i < channels ? x[tap * channels + i] * w[tap * channels + i] : 0.0F;
      }
      sum += tree(products);
    }
  }
  return sum;
}

/// sums[position][sum] of a product: for each group the window's elements side by side, then one dot product
/// for each output channel. Element is std::int16_t or float.
template <class Element, class Dot>
Values products(const QuantizedLayer& layer, const QuantizedTensor& in, const Values& values,
                const std::vector<Element>& weights, std::int64_t sums, Element pad, const Dot& dot_of) {
  const Window& w = layer.window;
  const std::int64_t channels = in.channels / layer.groups, per_group = sums / layer.groups;
  const std::int64_t length = w.taps() * channels;
  std::vector<Element> elements(values.size());
  std::transform(values.begin(), values.end(), elements.begin(), [](std::int32_t v) {
    if constexpr (std::is_same_v<Element, float>) {
      return std::bit_cast<float>(v);
    } else {
      return static_cast<Element>(v);
    }
  });
  std::vector<Element> window(index(length));
  Values result(index(in.images * w.positions() * sums));
  std::size_t at = 0;
  for (std::int64_t image = 0; image < in.images; ++image) {
    const Element* base = elements.data() + index(image * in.height * in.width * in.channels);
    for (std::int64_t line = 0; line < w.lines; ++line) {
      for (std::int64_t column = 0; column < w.columns; ++column) {
        for (std::int64_t group = 0; group < layer.groups; ++group) {
          Element* to = window.data();
          for (std::int64_t tap = 0; tap < w.taps(); ++tap, to += channels) {
            const std::int64_t from = position_of(w, line, column, tap / w.kernel_w, tap % w.kernel_w);
            if (from < 0) {
              std::fill_n(to, channels, pad);
            } else {
              std::copy_n(base + from * in.channels + group * channels, channels, to);
            }
          }
          for (std::int64_t n = group * per_group; n < (group + 1) * per_group; ++n) {
            result[at++] = dot_of(window.data(), weights.data() + n * length);
          }
        }
      }
    }
  }
  return result;
}

Values product(const QuantizedLayer& layer, const QuantizedTensor& in, const Values& values,
               std::int64_t sums, std::int64_t lanes) {
  const auto length = index(layer.window.taps() * (in.channels / layer.groups));
  if (in.codes.is_float()) {
    const auto taps = index(layer.window.taps());
    return products<float>(
        layer, in, values, layer.float_weights, sums, 0.0F, [&](const float* x, const float* w) {
          return std::bit_cast<std::int32_t>(dot(x, w, taps, length / taps, static_cast<std::size_t>(lanes)));
        });
  }
  // With binary codes a tap outside of the image adds nothing.
  const bool binary = in.codes.kind == Codes::Kind::binary;
  const auto pad = static_cast<std::int16_t>(binary ? 0 : in.zero());
  return products<std::int16_t>(
      layer, in, values, layer.weights, sums, pad,
      [&](const std::int16_t* x, const std::int16_t* w) { return dot(x, w, length); });
}

/// The larger of two values: codes, or the bits of float32.
std::int32_t larger(bool is_float, std::int32_t a, std::int32_t b) {
  if (is_float) return std::bit_cast<float>(a) < std::bit_cast<float>(b) ? b : a;
  return std::max(a, b);
}

std::int32_t sum_of(bool is_float, std::int32_t a, std::int32_t b) {
  if (is_float) return std::bit_cast<std::int32_t>(std::bit_cast<float>(a) + std::bit_cast<float>(b));
  return a + b;
}

/// The maximum or the sum of each window, channel by channel. A maximum ignores taps outside of the image; a
/// sum reads the code of 0 there.
Values pool(const Window& w, std::int64_t images, std::int64_t channels, const Values& values, bool is_float,
            bool sums, std::int32_t outside) {
  Values result;
  result.reserve(index(images * w.positions() * channels));
  for (std::int64_t image = 0; image < images; ++image) {
    const auto base = index(image * w.in_lines * w.in_columns * channels);
    for (std::int64_t position = 0; position < w.positions(); ++position) {
      for (std::int64_t c = 0; c < channels; ++c) {
        std::int32_t pooled = 0;
        bool first = !sums || is_float;  // a floating point sum begins with its first value, not with 0
        for (std::int64_t tap = 0; tap < w.taps(); ++tap) {
          const std::int64_t from =
              position_of(w, position / w.columns, position % w.columns, tap / w.kernel_w, tap % w.kernel_w);
          if (from < 0 && (!sums || is_float)) continue;
          const std::int32_t value = from < 0 ? outside : values[base + index(from * channels + c)];
          if (first) {
            pooled = value;
          } else {
            pooled = sums ? sum_of(is_float, pooled, value) : larger(is_float, pooled, value);
          }
          first = false;
        }
        result.push_back(pooled);
      }
    }
  }
  return result;
}

/// The operands of a stage: x and, where there is one, y.
struct Operand {
  std::int32_t x = 0, y = 0, z = 0;
  bool has_y = false, has_z = false, x_float = false, y_float = false;

  [[nodiscard]] float real_x() const { return x_float ? std::bit_cast<float>(x) : static_cast<float>(x); }
  [[nodiscard]] float real_y() const { return y_float ? std::bit_cast<float>(y) : static_cast<float>(y); }
};

std::int32_t apply(const RawStage&, const Operand& on, std::size_t) {
  return on.x;
}

std::int32_t apply(const ThresholdStage& stage, const Operand& on, std::size_t channel) {
  const std::size_t each = stage.codes.size() - 1;
  const std::size_t row = stage.per_channel ? channel : 0;
  std::size_t level = 0;
  while (level < each && std::int64_t{stage.signs[row]} * on.x >= stage.thresholds[row * each + level])
    ++level;
  return stage.codes[level];
}

/// x / 2^shift to the nearest integer, halves to the even one.
std::int64_t divide_rounding(std::int64_t x, int shift) {
  if (shift == 0) return x;
  const std::int64_t below = x >> shift, rest = x - (below << shift);
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  return below + (rest > half || (rest == half && below % 2 != 0) ? 1 : 0);
}

/// x as the nearest float32, divided by 2^shift, plus the zero point as float32 where it comes before the
/// rounding; then rounded in double precision, which loses nothing more.
std::int64_t divide_float(std::int64_t x, int shift, const ScaleEnd& end) {
  float quotient = std::ldexp(static_cast<float>(x), -shift);
  if (!end.zero_behind) quotient = quotient + static_cast<float>(end.zero);
  const double v = static_cast<double>(quotient);
  const double below = std::floor(v), above = std::ceil(v);
  const bool half = v - below == 0.5;
  const double nearest = v - below < 0.5 ? below : above;
  const double outer = v < 0 ? below : above, inner = v < 0 ? above : below;
  double code = nearest;
  switch (end.rounding) {
    case ScaleRounding::exact: break;
    case ScaleRounding::half_to_even:
      code = half ? (std::fmod(below, 2.0) == 0 ? below : above) : nearest;
      break;
    case ScaleRounding::away: code = outer; break;
    case ScaleRounding::toward: code = inner; break;
    case ScaleRounding::half_away: code = half ? outer : nearest; break;
    case ScaleRounding::half_toward: code = half ? inner : nearest; break;
    case ScaleRounding::floor: code = below; break;
    case ScaleRounding::ceil: code = above; break;
  }
  return static_cast<std::int64_t>(code) + (end.zero_behind ? end.zero : 0);
}

std::int64_t divide(std::int64_t x, int shift, const ScaleEnd& end) {
  if (end.rounding != ScaleRounding::exact) return divide_float(x, shift, end);
  if (end.zero_behind) return divide_rounding(x, shift) + end.zero;
  return divide_rounding(x + (std::int64_t{end.zero} << shift), shift);
}

std::int32_t apply(const ScaleStage& stage, const Operand& on, std::size_t channel) {
  return scaled(stage, channel, on.x, on.has_y ? on.y : 0);
}

std::int32_t apply(const AffineStage& stage, const Operand& on, std::size_t channel) {
  const std::size_t row = stage.per_channel ? channel : 0;
  float r = on.real_x() * stage.scale[row];
  if (on.has_y) r = r + on.real_y() * stage.second[row];
  r = r + stage.bias[row];
  r = std::min(std::max(r, stage.least), stage.most);
  return std::bit_cast<std::int32_t>(r);
}

std::int32_t apply(const LookupStage& stage, const Operand& on, std::size_t) {
  const std::int64_t most = std::int64_t{1} << stage.segments;
  const std::int64_t size = on.x < 0 ? -std::int64_t{on.x} : std::int64_t{on.x};
  const std::int64_t width = std::int64_t{1} << stage.segment_shift;
  std::int64_t value = 0;
  if (stage.interpolate && size / width < most) {
    const std::int64_t left = stage.points[index(size / width)],
                       right = stage.points[index(size / width + 1)];
    value = left + divide_rounding((right - left) * (size % width), stage.segment_shift);
  } else {
    const std::int64_t nearest = (size + (stage.interpolate ? 0 : width / 2)) / width;
    value = stage.points[index(std::min(nearest, most))];
  }
  if (on.x >= 0) return static_cast<std::int32_t>(value);
  return static_cast<std::int32_t>(stage.symmetry == Symmetry::odd ? -value : stage.one - value);
}

std::int32_t apply(const MultiplyStage& stage, const Operand& on, std::size_t) {
  if (on.x_float) {
    float r = on.real_x() * on.real_y();
    if (on.has_z) r = r + std::bit_cast<float>(on.z);
    return std::bit_cast<std::int32_t>(r);
  }
  std::int64_t value = std::int64_t{on.x} * on.y;
  if (on.has_z) value += std::int64_t{on.z} * (std::int64_t{1} << stage.third_shift);
  return static_cast<std::int32_t>(std::clamp(divide_rounding(value, stage.shift), stage.least, stage.most));
}

std::int32_t apply(const FunctionStage& stage, const Operand& on, std::size_t) {
  const float x = on.real_x() * stage.slope;
  return std::bit_cast<std::int32_t>(stage.function == Curve::sigmoid ? exact_sigmoid(x) : exact_tanh(x));
}

/// Compares the register's 16 new bits with the magnitude of x; y is the register after its shifts.
std::int32_t apply(const SampleStage& stage, const Operand& on, std::size_t) {
  const std::int64_t bits = static_cast<std::uint32_t>(on.y) % 65536;
  const std::int64_t size = on.x < 0 ? -std::int64_t{on.x} : std::int64_t{on.x};
  if (size * (std::int64_t{1} << stage.shift) <= bits) return 0;
  return on.x < 0 ? -1 : 1;
}

/// A register after 16 shifts to the left, bit by bit: each new bit is the sum, modulo 2, of the bits that
/// came in 32, 31, 30 and 10 shifts before (x^32 + x^22 + x^2 + x + 1).
std::int32_t shifted(std::int32_t value) {
  auto bits = static_cast<std::uint32_t>(value);
  for (int i = 0; i < 16; ++i) {
    const std::uint32_t in = (bits >> 31U) ^ (bits >> 30U) ^ (bits >> 29U) ^ (bits >> 9U);
    bits = (bits << 1U) | (in & 1U);
  }
  return static_cast<std::int32_t>(bits);
}

class Interpreter {
 public:
  Interpreter(const QuantizedNetwork& network, const GoldenOptions& options)
      : network_(network), options_(options), values_(network.tensors.size()) {}

  std::vector<Values> run(std::span<const std::int32_t> input) {
    values_[0].assign(input.begin(), input.end());
    for (std::size_t i = 0; i < network_.layers.size();) {
      const Loop* loop = network_.loop_of(i);
      if (loop == nullptr) {
        const QuantizedLayer& layer = network_.layers[i];
        values_[index(layer.output)] = run(layer);
        count(layer);
        ++i;
      } else {
        run(*loop);
        i = loop->last + 1;
      }
    }
    for (auto& [tensor, values] : steps_) values_[index(tensor)] = std::move(values);
    return std::move(values_);
  }

 private:
  void count(const QuantizedLayer& layer) {
    macs_ += static_cast<std::uint64_t>(network_.macs(layer));
    if (options_.progress) options_.progress(macs_);
  }

  /// Runs all time steps of a loop. Each step leaves its results in `values_` and appends them to `steps`,
  /// which moves to `steps_` at the end. Meanwhile `values_` has only the current line of a sequence.
  void run(const Loop& loop) {
    std::map<int, Values> whole, steps;
    const auto is_sequence = [&](int t) { return network_.tensor(t).role == Role::sequence; };
    for (std::size_t i = loop.first; i <= loop.last; ++i) {
      const QuantizedLayer& layer = network_.layers[i];
      for (const int input : layer.inputs) {
        if (is_sequence(input)) whole[input] = values_[index(input)];
      }
      if (is_sequence(layer.output)) {
        const QuantizedTensor& t = network_.tensor(layer.output);
        whole[layer.output].resize(index(t.rows() * t.channels));
      }
    }
    for (std::int64_t step = 0; step < loop.steps; ++step) {
      const auto line_of = [&](Values& values) {
        const auto length = static_cast<std::ptrdiff_t>(values.size()) / loop.steps;
        return std::pair(values.begin() + loop.time(step) * length, length);
      };
      for (auto& [tensor, values] : whole) {
        const auto [begin, length] = line_of(values);
        values_[index(tensor)].assign(begin, begin + length);
      }
      for (std::size_t i = loop.first; i <= loop.last; ++i) {
        const QuantizedLayer& layer = network_.layers[i];
        if (std::holds_alternative<SampleStage>(layer.stage)) {
          Values& registers = values_[index(layer.inputs[1])];
          std::transform(registers.begin(), registers.end(), registers.begin(), shifted);
          steps[layer.inputs[1]].insert(steps[layer.inputs[1]].end(), registers.begin(), registers.end());
        }
        Values& result = values_[index(layer.output)] = run(layer);
        count(layer);
        if (is_sequence(layer.output)) {
          std::copy(result.begin(), result.end(), line_of(whole[layer.output]).first);
        } else {
          steps[layer.output].insert(steps[layer.output].end(), result.begin(), result.end());
        }
      }
    }
    for (auto& [tensor, values] : whole) values_[index(tensor)] = std::move(values);
    for (auto& [tensor, values] : steps) steps_[tensor] = std::move(values);
  }

  /// The rows of a table that the input's values select.
  Values gather(const QuantizedLayer& layer, const Values& rows) const {
    const auto channels = index(network_.tensor(layer.output).channels);
    Values result;
    for (const std::int32_t row : rows) {
      for (std::size_t c = index(row) * channels; c < (index(row) + 1) * channels; ++c) {
        result.push_back(layer.float_weights.empty() ? layer.weights[c]
                                                     : std::bit_cast<std::int32_t>(layer.float_weights[c]));
      }
    }
    return result;
  }

  /// The value of a state before its loop: the previous item's last value where the network saves the state,
  /// else `start`.
  Values initial(const QuantizedLayer& layer) const {
    const bool kept = std::any_of(network_.layers.begin(), network_.layers.end(), [&](const auto& other) {
      return other.kind == LayerKind::save && other.output == layer.output;
    });
    if (!kept || options_.before == nullptr) return layer.start;
    const Values& all = (*options_.before)[index(layer.output)];
    return Values(all.end() - static_cast<std::ptrdiff_t>(layer.start.size()), all.end());
  }

  Values run(const QuantizedLayer& layer) const {
    const QuantizedTensor& in = network_.tensor(layer.inputs[0]);
    const QuantizedTensor& out = network_.tensor(layer.output);
    const Values& x = values_[index(layer.inputs[0])];
    const std::int64_t channels = out.channels;
    Values sums;
    switch (layer.kind) {
      case LayerKind::concat: return concat(layer);
      case LayerKind::gather: return gather(layer, x);
      case LayerKind::initial: return initial(layer);
      case LayerKind::save: return x;
      case LayerKind::product:
        sums = product(layer, in, x, layer.pairs ? 2 * channels : channels, options_.lanes);
        break;
      case LayerKind::max_pool:
        sums = pool(layer.window, in.images, channels, x, in.codes.is_float(), false, 0);
        break;
      case LayerKind::sum_pool:
        sums = pool(layer.window, in.images, channels, x, in.codes.is_float(), true,
                    static_cast<std::int32_t>(in.codes.is_float() ? 0 : in.zero()));
        break;
      case LayerKind::pointwise:  // the first channels of each position
        for (std::size_t i = 0; i < x.size(); ++i) {
          if (i % index(in.channels) < index(channels)) sums.push_back(x[i]);
        }
    }
    Values result = finish(layer, in, sums, channels);
    if (out.codes.kind == Codes::Kind::float16) {
      for (std::int32_t& v : result) v = std::bit_cast<std::int32_t>(as_half(std::bit_cast<float>(v)));
    }
    if (layer.pool) {
      result = pool(*layer.pool, in.images, channels, result, out.codes.is_float(), false, 0);
    }
    return result;
  }

  /// Applies the stage to every sum, with its second operand.
  Values finish(const QuantizedLayer& layer, const QuantizedTensor& in, const Values& sums,
                std::int64_t channels) const {
    const bool two = layer.inputs.size() > 1;
    const Values* second = two ? &values_[index(layer.inputs[1])] : nullptr;
    const Values* third = layer.inputs.size() > 2 ? &values_[index(layer.inputs[2])] : nullptr;
    Operand on;
    on.has_y = two || layer.pairs;
    on.has_z = third != nullptr;
    on.x_float = in.codes.is_float();
    on.y_float = two ? network_.tensor(layer.inputs[1]).codes.is_float() : on.x_float;
    const std::size_t each = layer.pairs ? 2 : 1;
    Values result(sums.size() / each);
    for (std::size_t i = 0; i < result.size(); ++i) {
      on.x = sums[i * each];
      on.y = layer.pairs ? sums[i * each + 1] : two ? (*second)[i] : 0;
      on.z = third != nullptr ? (*third)[i] : 0;
      result[i] =
          std::visit([&](const auto& stage) { return apply(stage, on, i % index(channels)); }, layer.stage);
    }
    return result;
  }

  Values concat(const QuantizedLayer& layer) const {
    Values result;
    for (std::int64_t row = 0; row < network_.tensor(layer.output).rows(); ++row) {
      for (const int input : layer.inputs) {
        const std::int64_t channels = network_.tensor(input).channels;
        const auto start = values_[index(input)].begin() + row * channels;
        result.insert(result.end(), start, start + channels);
      }
    }
    return result;
  }

  const QuantizedNetwork& network_;
  const GoldenOptions& options_;
  std::vector<Values> values_;   ///< of each tensor; of a tensor within a loop, of the current time step
  std::map<int, Values> steps_;  ///< of tensors within loops, of all time steps
  std::uint64_t macs_ = 0;
};

/// The index in the model's order of element i of the tensor (NHWC).
std::size_t model_place(const QuantizedTensor& tensor, bool first, std::size_t i) {
  if (!first) return i;
  const auto channels = index(tensor.channels), area = index(tensor.height * tensor.width);
  const std::size_t c = i % channels, position = i / channels % area, image = i / channels / area;
  return (image * channels + c) * area + position;
}

}  // namespace

std::int32_t scaled(const ScaleStage& stage, std::size_t channel, std::int32_t x, std::int32_t y) {
  const std::size_t row = stage.per_channel ? channel : 0;
  std::int64_t value = std::int64_t{x} * stage.multiplier[row];
  if (!stage.second.empty()) value += std::int64_t{y} * stage.second[row];
  value = divide(value + stage.bias[row], stage.shift[row], stage.end);
  return static_cast<std::int32_t>(std::clamp(value, stage.least, stage.most));
}

std::vector<std::vector<std::int32_t>> run_golden(const QuantizedNetwork& network,
                                                  std::span<const std::int32_t> input,
                                                  const GoldenOptions& options) {
  std::uint64_t values = 0;
  for (const QuantizedTensor& tensor : network.tensors)
    values += static_cast<std::uint64_t>(tensor.rows() * tensor.channels);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {  // a loop's tensors keep all time steps
    const QuantizedTensor& output = network.tensor(network.layers[i].output);
    if (output.role != Role::sequence)
      values += static_cast<std::uint64_t>((network.steps_of(i) - 1) * output.rows() * output.channels);
  }
  return with_room_for("the values of all tensors in the golden interpreter", 4 * values,
                       [&] { return Interpreter(network, options).run(input); });
}

std::vector<std::int32_t> input_codes(const QuantizedNetwork& network, std::span<const float> values) {
  const QuantizedTensor& tensor = network.input();
  if (values.size() != index(tensor.rows() * tensor.channels)) {
    throw std::invalid_argument(
        fmt::format("{} values for an input of {}", values.size(), tensor.rows() * tensor.channels));
  }
  const bool first = tensor.has_channels_first();
  const InputReading& reading = network.reading;
  std::vector<std::int32_t> codes(values.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const float value = values[model_place(tensor, first, i)];
    if (tensor.codes.is_float()) {
      const bool half = tensor.codes.kind == Codes::Kind::float16;
      codes[i] = std::bit_cast<std::int32_t>(half ? as_half(value) : value);
    } else if (reading.quantizes()) {
      codes[i] = quantized(reading, value).code;
    } else {
      const auto code = grid_code(reading, value, i % index(tensor.channels));
      if (!code)
        throw std::invalid_argument(fmt::format("the input {} is no code times {}", value, tensor.scale));
      codes[i] = *code;
    }
  }
  return codes;
}

std::vector<float> real_values(const QuantizedTensor& tensor, std::span<const std::int32_t> values) {
  const bool first = tensor.has_channels_first();
  std::vector<float> reals(values.size());
  for (std::size_t i = 0; i < reals.size(); ++i) {
    const auto code = static_cast<double>(values[i] + tensor.offset);
    const double scale =
        tensor.channel_scales.empty() ? tensor.scale : tensor.channel_scales[i % index(tensor.channels)];
    reals[model_place(tensor, first, i)] =
        tensor.codes.is_float() ? std::bit_cast<float>(values[i]) : static_cast<float>(code * scale);
  }
  return reals;
}

}  // namespace tricycle
