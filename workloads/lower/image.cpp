// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/image.hpp"

#include <algorithm>
#include <bit>
#include <type_traits>

#include "arch/datapath/packing.hpp"
#include "arch/datapath/trits.hpp"
#include "arch/params/weight_stream.hpp"

namespace tricycle {
namespace {

/// The bit pattern of a number: an integer in two's complement, a float in IEEE 754.
template <class T>
std::uint64_t bits_of(T value) {
  if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<std::uint32_t>(value);
  } else {
    static_assert(std::is_integral_v<T>);
    return static_cast<std::uint64_t>(value);
  }
}

/// Appends little-endian words.
class Bytes {
 public:
  template <class T>
  void add(T value, std::int64_t bytes = sizeof(T)) {
    const std::uint64_t bits = bits_of(value);
    for (std::int64_t b = 0; b < bytes; ++b) bytes_.push_back(static_cast<std::uint8_t>(bits >> (8 * b)));
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

template <class T>
T second_of(const std::vector<T>& second, std::size_t row) {
  return second.empty() ? T{0} : second[row];
}

void add_row(Bytes& to, const ThresholdStage& stage, std::size_t row, std::int64_t threshold_bytes) {
  const std::size_t each = stage.codes.size() - 1;
  for (std::size_t t = 0; t < each; ++t) to.add(stage.thresholds[row * each + t], threshold_bytes);
  to.add(static_cast<std::int8_t>(stage.signs[row]));
}
void add_row(Bytes& to, const ScaleStage& stage, std::size_t row, std::int64_t) {
  to.add(stage.multiplier[row]);
  to.add(second_of(stage.second, row));
  to.add(stage.bias[row]);
  to.add(static_cast<std::uint8_t>(stage.shift[row]));
}
void add_row(Bytes& to, const AffineStage& stage, std::size_t row, std::int64_t) {
  to.add(stage.scale[row]);
  to.add(second_of(stage.second, row));
  to.add(stage.bias[row]);
}
void add_row(Bytes& to, const LookupStage& stage, std::size_t, std::int64_t) {
  for (const std::int16_t point : stage.points) to.add(point);
}

}  // namespace

TableShape table_shape(const QuantizedLayer& layer, std::int64_t threshold_bytes) {
  if (const auto* stage = std::get_if<ThresholdStage>(&layer.stage)) {
    return {static_cast<std::int64_t>(stage->codes.size() - 1) * threshold_bytes + 1, stage->per_channel};
  }
  if (const auto* stage = std::get_if<ScaleStage>(&layer.stage)) return {17, stage->per_channel};
  if (const auto* stage = std::get_if<AffineStage>(&layer.stage)) return {12, stage->per_channel};
  if (const auto* stage = std::get_if<LookupStage>(&layer.stage))
    return {2 * static_cast<std::int64_t>(stage->points.size()), false};
  return {};
}

std::vector<std::uint8_t> pack_table(const QuantizedLayer& layer, std::int64_t threshold_bytes,
                                     std::int64_t first, std::int64_t count) {
  Bytes bytes;
  std::visit(
      [&](const auto& stage) {
        if constexpr (requires { add_row(bytes, stage, 0, threshold_bytes); }) {
          const bool per_channel = table_shape(layer, threshold_bytes).per_channel;
          const std::int64_t begin = per_channel ? first : 0, end = per_channel ? first + count : 1;
          for (std::int64_t row = begin; row < end; ++row)
            add_row(bytes, stage, static_cast<std::size_t>(row), threshold_bytes);
        }
      },
      layer.stage);
  return bytes.take();
}

std::int64_t threshold_bytes_of(const ThresholdStage& stage) {
  for (const std::int64_t bytes : {1, 2}) {
    const std::int64_t limit = std::int64_t{1} << (8 * bytes - 1);
    const bool fits = std::all_of(stage.thresholds.begin(), stage.thresholds.end(),
                                  [&](std::int64_t t) { return t >= -limit && t < limit; });
    if (fits) return bytes;
  }
  return 4;
}

std::vector<std::uint8_t> pack_weights(const QuantizedLayer& layer, const TilingProblem& p,
                                       std::int64_t first, std::int64_t count, const ChannelRange& channels) {
  const std::int64_t each = p.inputs[0].channels / p.groups, taps = layer.window.taps();
  const bool floating = !layer.float_weights.empty();
  const WeightRow weights = p.weights_on(p.dram_weights, channels.count);
  const auto bytes = static_cast<std::size_t>(p.weight_row(p.dram_weights, first, count, channels));
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(count * p.sums) * bytes);
  std::vector<std::int32_t> values(static_cast<std::size_t>(weights.count()));
  for (std::int64_t s = first * p.sums; s < (first + count) * p.sums; ++s) {
    const std::int64_t group = s / p.sums / (p.n / p.groups);  // its input channels start at group * each
    auto value = values.begin();
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      for (std::int64_t i = 0; i < channels.count; ++i) {
        const std::int64_t inside = channels.first + i - group * each;
        const auto at = static_cast<std::size_t>((s * taps + tap) * each + inside);
        const bool own = inside >= 0 && inside < each;
        *value++ = !own       ? 0
                   : floating ? std::bit_cast<std::int32_t>(layer.float_weights[at])
                              : layer.weights[at];
      }
    }
    const auto row = static_cast<std::size_t>(s - first * p.sums);
    pack_weight_row(weights, p.word_bits, values, std::span(rows).subspan(row * bytes, bytes));
  }
  return rows;
}

std::vector<std::uint8_t> pack_streamed(const QuantizedLayer& layer, const TilingProblem& p,
                                        const ArraySpec& array, std::int64_t first, std::int64_t count) {
  const std::int64_t all = p.shape.taps * p.inputs[0].channels;  // a row of the layer's weights
  const bool floating = !layer.float_weights.empty();
  const bool is_trit5 = p.dram_weights == Format::trit5;
  std::vector<std::uint8_t> block(static_cast<std::size_t>(p.streamed_bytes(p.dram_weights, count)),
                                  is_trit5 ? trit5_zeros : std::uint8_t{0});
  const std::int64_t cols = geometry_of(array, p.shape).cols, end = (first + count) * p.sums;
  std::vector<std::int32_t> group;
  std::int64_t packed = 0;
  for (std::int64_t row = first * p.sums; row < end; row += cols) {
    group.clear();
    for_each_streamed_word(array, p.shape, [&](const StreamedWord& word) {
      for (std::int64_t s = row; s < std::min(row + cols, end); ++s) {
        for (std::int64_t k = 0; k < word.count; ++k) {
          const auto at = static_cast<std::size_t>(s * all + word.first + k);
          group.push_back(floating ? std::bit_cast<std::int32_t>(layer.float_weights[at])
                                   : layer.weights[at]);
        }
      }
    });
    encode_row(p.dram_weights, p.word_bits, block, packed, group);
    packed += std::ssize(group);
  }
  return block;
}

std::vector<std::uint8_t> pack_rows(Format format, std::int64_t word_bits, std::int64_t cols,
                                    std::span<const std::int32_t> values) {
  std::vector<std::uint8_t> bytes;
  const auto each = static_cast<std::size_t>(cols);
  bytes.reserve(values.size() / each * static_cast<std::size_t>(row_bytes(format, cols, word_bits)));
  for (std::size_t at = 0; at < values.size(); at += each) {
    const auto packed = pack_row(format, word_bits, values.subspan(at, each));
    bytes.insert(bytes.end(), packed.begin(), packed.end());
  }
  return bytes;
}

std::vector<std::uint8_t> pack_gathered(const QuantizedLayer& layer, std::int64_t channels, Format format,
                                        std::int64_t word_bits) {
  std::vector<std::int32_t> values(layer.weights.begin(), layer.weights.end());
  for (const float value : layer.float_weights) values.push_back(std::bit_cast<std::int32_t>(value));
  return pack_rows(format, word_bits, channels, values);
}

}  // namespace tricycle
