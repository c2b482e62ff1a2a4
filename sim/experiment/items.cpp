// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/items.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "arch/datapath/packing.hpp"
#include "sim/experiment/text.hpp"
#include "support/data_file.hpp"
#include "support/diagnostics.hpp"
#include "support/file_kind.hpp"
#include "support/files.hpp"
#include "support/random.hpp"
#include "workloads/import/onnx/onnx_import.hpp"
#include "workloads/integer/encode.hpp"
#include "workloads/lower/lower.hpp"

namespace tricycle {
namespace {

constexpr std::uint64_t most_data_bytes = std::uint64_t{1} << 31U;

/// The dimensions that are not 1.
Shape squeezed(const Shape& shape) {
  Shape result;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(result), [](std::int64_t d) { return d != 1; });
  return result;
}

/// The number of items in a file. Errors: no items, or another shape.
std::int64_t count_items(const std::string& path, const Shape& found, const std::string& input,
                         const Shape& shape) {
  const std::int64_t count = items_in(found, shape);
  if (count >= 1) return count;
  fail(path, fmt::format("has the shape {}; the input '{}' has the shape {}, with a number of items in front",
                         shape_text(found), input, shape_text(shape)));
}

/// Converts the numbers of a file to codes.
class Encoder {
 public:
  Encoder(const Trace& trace, const std::string& path)
      : binding_(trace.input),
        reading_(trace.reading),
        path_(path),
        real_(is_float(binding_.format)),
        half_(binding_.type == "float16") {
    const bool ids = token_input(trace.input, trace.vocabulary.size()) == TokenInput::ids;
    least_ = static_cast<std::int64_t>(reading_.least);
    most_ = ids ? static_cast<std::int64_t>(trace.vocabulary.size()) - 1
                : static_cast<std::int64_t>(reading_.most);
    if (ids) least_ = 0;
  }

  std::uint64_t clamped = 0;

  std::int32_t code(double real, std::uint64_t index, std::size_t channel) {
    const double value = half_ ? static_cast<double>(as_half(static_cast<float>(real))) : real;
    if (real_) return std::bit_cast<std::int32_t>(static_cast<float>(value));
    if (reading_.rule == ReadingRule::integers)
      fail(path_, fmt::format("holds floating point; the input '{}' takes integers ({})", binding_.name,
                              binding_.type));
    if (!std::isfinite(value)) fail(path_, fmt::format("element {} is {}: not finite", index, value));
    if (reading_.quantizes()) return quantize(static_cast<float>(value));
    const std::optional<std::int32_t> code = grid_code(reading_, value, channel);
    if (code) return *code;
    fail(
        path_,
        fmt::format(
            "element {} is {}, which is not one of {} to {} times the input scale {}/{}{}; give the scale of "
            "the data with --input-scale",
            index, value, least_, most_, reading_.byte.num, reading_.byte.den,
            reading_.byte.normalizes() ? " behind the mean and deviation of bytes" : ""));
  }
  std::int32_t code(std::int64_t integer, std::uint64_t index, std::size_t channel) {
    const auto byte = static_cast<double>(integer);
    if (real_) return std::bit_cast<std::int32_t>(reading_.byte.real(byte, channel));
    if (reading_.quantizes()) return quantize(reading_.byte.real(byte, channel));
    if (integer >= least_ && integer <= most_) return static_cast<std::int32_t>(integer);
    fail(path_, fmt::format("element {} is {}; the input takes integers from {} to {}", index, integer,
                            least_, most_));
  }

 private:
  std::int32_t quantize(float real) {
    const Encoded encoded = quantized(reading_, real);
    clamped += encoded.clamped ? 1 : 0;
    return encoded.code;
  }

  const Binding& binding_;
  const InputReading& reading_;
  const std::string& path_;
  bool real_, half_;
  std::int64_t least_ = 0, most_ = 0;
};

}  // namespace

std::int64_t items_in(const Shape& found, const Shape& shape) {
  const std::int64_t each = element_count(shape);
  const Shape wanted = squeezed(shape), given = squeezed(found);
  if (given == wanted) return 1;
  if (given.size() == wanted.size() + 1 && std::equal(wanted.begin(), wanted.end(), given.begin() + 1))
    return given[0];
  if (given.size() == 1 && given[0] == each) return 1;
  if (given.size() == 2 && given[1] == each) return given[0];
  return -1;
}

Tensor read_data(const std::string& path) {
  const Bytes bytes = read_bytes(path, most_data_bytes);
  if (looks_like_npy(bytes)) return parse_npy(bytes, path);
  if (looks_like_idx(bytes)) return parse_idx(bytes, path);
  if (has_ending(path, ".pb")) return import_tensor(bytes, path);
  const std::string kind = kind_of_file(bytes, unpacked_name(path));
  fail(path, (kind.empty() ? "is neither a .npy nor an idx file, and its name does not end in .pb"
                           : "is " + kind + "; expected a .npy, .pb (ONNX tensor) or idx file"));
}

TraceItems file_items(Tensor data, const std::string& path, const Trace& trace, const MachineSpec& spec,
                      std::int64_t limit, std::uint64_t& count_all) {
  const bool rows = token_input(trace.input, trace.vocabulary.size()) == TokenInput::one_hot;
  if (rows && !data.is_float() && items_in(data.shape, parse_shape(trace.input.shape)) < 1) {
    const Sequence sequence = *sequence_of(trace.input);
    const std::int64_t count = items_in(data.shape, {sequence.steps, sequence.streams});
    if (count > 0) {
      data.shape = {count, sequence.steps, sequence.streams};
      data = one_hot(data, trace.vocabulary.size(), path);
    }
  }
  // Rows of zeros and ones are numbers, not bytes, unless the rule is `grid`.
  if (rows && !data.is_float() && trace.reading.rule != ReadingRule::grid) data.data = data.floats();
  TraceItems items = items_of(data, path, trace, spec, limit, count_all);
  items.source = printable(base_name(path));
  items.sha256 = sha256_of_file(path);
  return items;
}

TraceItems items_of(const Tensor& data, const std::string& path, const Trace& trace, const MachineSpec& spec,
                    std::int64_t limit, std::uint64_t& count_all) {
  const Binding& binding = trace.input;
  const Shape shape = parse_shape(binding.shape);
  if (element_count(shape) != binding.rows * binding.cols) {
    fail(path, fmt::format("cannot be an input: the trace's '{}' of {} x {} has the shape {}", binding.name,
                           binding.rows, binding.cols, shape_text(shape)));
  }
  count_all = static_cast<std::uint64_t>(count_items(path, data.shape, binding.name, shape));
  TraceItems items;
  items.count =
      limit >= 0 ? std::min<std::uint64_t>(count_all, static_cast<std::uint64_t>(limit)) : count_all;
  const auto each = static_cast<std::size_t>(element_count(shape));
  const auto channels = static_cast<std::size_t>(binding.cols);
  const std::int64_t bytes = binding.rows * row_bytes(binding.format, binding.cols, spec.array.word_bits);
  items.bytes.reserve(items.count * static_cast<std::uint64_t>(bytes));
  Encoder encoder(trace, path);
  std::vector<std::int32_t> codes(each);
  std::vector<std::size_t> places(each);
  for (std::size_t i = 0; i < each; ++i) places[i] = model_place(binding, i);
  std::visit(
      [&](const auto& values) {
        using T = typename std::remove_cvref_t<decltype(values)>::value_type;
        using Number = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;
        for (std::uint64_t item = 0; item < items.count; ++item) {
          for (std::size_t i = 0; i < each; ++i) {
            const std::uint64_t index = item * each + places[i];
            codes[i] = encoder.code(static_cast<Number>(values[index]), index, i % channels);
          }
          const auto packed = pack_tensor(binding, spec, codes);
          items.bytes.insert(items.bytes.end(), packed.begin(), packed.end());
        }
      },
      data.data);
  items.clamped = encoder.clamped;
  return items;
}

TraceItems token_items(const Tensor& ids, const std::string& name, const Trace& trace,
                       const MachineSpec& spec) {
  const bool rows = token_input(trace.input, trace.vocabulary.size()) == TokenInput::one_hot;
  std::uint64_t count_all = 0;
  return items_of(rows ? one_hot(ids, trace.vocabulary.size(), name) : ids, name, trace, spec, -1, count_all);
}

TraceItems synthetic_items(const Trace& trace, const MachineSpec& spec, std::uint64_t seed) {
  const Binding& binding = trace.input;
  Random random(seed, 0);
  if (token_input(binding, trace.vocabulary.size()) != TokenInput::none) {
    const auto last = static_cast<std::int64_t>(trace.vocabulary.size()) - 1;
    const Sequence sequence = *sequence_of(binding);
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(binding.rows));
    for (std::int32_t& token : tokens) token = static_cast<std::int32_t>(random.between(0, last));
    const Tensor ids{{1, sequence.steps, sequence.streams}, std::move(tokens)};
    TraceItems items = token_items(ids, binding.name, trace, spec);
    items.source = fmt::format("synthetic, uniform tokens from 0 to {}, seed {}", last, seed);
    return items;
  }
  const bool real = is_float(binding.format), binary = binding.format == Format::bit1;
  const std::int64_t least = real ? 0 : static_cast<std::int64_t>(trace.reading.least);
  const std::int64_t most = real ? 1 : static_cast<std::int64_t>(trace.reading.most);
  std::vector<std::int32_t> codes(static_cast<std::size_t>(binding.rows * binding.cols));
  for (std::int32_t& code : codes) {
    code = real     ? std::bit_cast<std::int32_t>(static_cast<float>(random.real()))
           : binary ? (random.between(0, 1) != 0 ? 1 : -1)
                    : static_cast<std::int32_t>(random.between(least, most));
  }
  TraceItems items;
  items.source = fmt::format("synthetic, uniform from {} to {}, seed {}", least, most, seed);
  items.count = 1;
  items.bytes = pack_tensor(binding, spec, codes);
  return items;
}

namespace {

/// The smallest and the largest value of an integer type.
std::pair<std::int64_t, std::int64_t> range_of(ElementType type) {
  switch (type) {
    case ElementType::uint8: return {0, 255};
    case ElementType::int8: return {-128, 127};
    case ElementType::boolean: return {0, 1};
    case ElementType::int32: return {-(std::int64_t{1} << 31), (std::int64_t{1} << 31) - 1};
    default: break;
  }
  return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
}

}  // namespace

void check_channels(const ByteMeaning& byte, std::int64_t channels, const std::string& input) {
  const auto check = [&](const char* option, const std::vector<double>& values) {
    if (values.size() <= 1 || values.size() == static_cast<std::uint64_t>(channels)) return;
    fail(option,
         fmt::format("has {} numbers for the {} channels of the input '{}'", values.size(), channels, input));
  };
  check("--input-mean", byte.means);
  check("--input-std", byte.deviations);
}

std::vector<Tensor> real_items(const Tensor& data, const std::string& path, const GraphInput& input,
                               const ByteMeaning& byte, bool channels_last, std::int64_t most) {
  const bool integers = !is_floating_type(input.type);
  const Shape& shape = input.shape;
  const std::int64_t count = count_items(path, data.shape, input.name, shape);
  const auto each = static_cast<std::size_t>(element_count(shape));
  if (integers && data.is_float())
    fail(path, fmt::format("holds floating point; the input '{}' takes integers ({})", input.name,
                           name_of(input.type)));
  // The places of a channel's values: contiguous in an image of [N, C, H, W], else one in each row.
  const bool planes = shape.size() == 4 && !channels_last;
  const std::size_t behind = planes ? static_cast<std::size_t>(shape[2] * shape[3]) : 1;
  const std::int64_t channels = shape.empty() ? 1 : planes ? shape[1] : shape.back();
  check_channels(byte, channels, input.name);
  const auto [least, greatest] = range_of(input.type);
  std::vector<Tensor> items;
  std::visit(
      [&, least = least, greatest = greatest](const auto& values) {
        using T = typename std::remove_cvref_t<decltype(values)>::value_type;
        for (std::size_t item = 0; item < static_cast<std::size_t>(std::min(count, most)); ++item) {
          const auto begin = values.begin() + static_cast<std::ptrdiff_t>(item * each);
          const auto end = begin + static_cast<std::ptrdiff_t>(each);
          if constexpr (!std::is_floating_point_v<T>) {
            if (integers) {
              std::vector<std::int64_t> numbers(begin, end);
              for (std::size_t i = 0; i < each; ++i) {
                if (numbers[i] >= least && numbers[i] <= greatest) continue;
                fail(path, fmt::format("element {} is {}; the input takes integers from {} to {}",
                                       item * each + i, numbers[i], least, greatest));
              }
              items.push_back({shape, std::move(numbers)});
              continue;
            }
          }
          std::vector<float> reals(each);
          for (std::size_t i = 0; i < each; ++i) {
            const auto value = static_cast<double>(begin[static_cast<std::ptrdiff_t>(i)]);
            const std::size_t channel = i / behind % static_cast<std::size_t>(channels);
            reals[i] = std::is_floating_point_v<T> ? static_cast<float>(value) : byte.real(value, channel);
            if (input.type == ElementType::float16) reals[i] = as_half(reals[i]);
          }
          items.push_back({shape, std::move(reals)});
        }
      },
      data.data);
  return items;
}

std::vector<Tensor> decoded_items(const Trace& trace, const MachineSpec& spec, const Shape& shape,
                                  ElementType type, std::uint64_t count) {
  std::vector<Tensor> items;
  const std::size_t each = trace.items.bytes.size() / trace.items.count;
  for (std::uint64_t item = 0; item < count; ++item) {
    const auto codes =
        unpack_tensor(trace.input, spec, std::span(trace.items.bytes).subspan(item * each, each));
    std::vector<float> numbers = real_values(trace.input, codes);
    // The model itself sees the pixels after the mean and deviation are applied.
    for (std::size_t i = 0; i < numbers.size() && trace.reading.rule == ReadingRule::grid; ++i) {
      if (trace.reading.byte.normalizes())
        numbers[i] = trace.reading.byte.real(codes[i], i % static_cast<std::size_t>(trace.input.cols));
    }
    const std::vector<float> reals = in_model_order(trace.input, numbers);
    if (is_floating_type(type)) {
      items.push_back({shape, reals});
    } else {
      items.push_back({shape, std::vector<std::int64_t>(reals.begin(), reals.end())});
    }
  }
  return items;
}

std::vector<float> in_model_order(const Binding& binding, const std::vector<float>& values) {
  std::vector<float> ordered(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) ordered[model_place(binding, i)] = values[i];
  return ordered;
}

std::vector<std::int64_t> read_labels(const std::string& path, std::uint64_t count_all) {
  const Tensor labels = read_data(path);
  if (labels.is_float() || squeezed(labels.shape).size() > 1) {
    fail(path, fmt::format("labels are a vector of integers, not {} of shape {}", labels.type_name(),
                           shape_text(labels.shape)));
  }
  std::vector<std::int64_t> values = labels.integers();
  if (values.size() != count_all) {
    fail(path, fmt::format("holds {} labels for {} inputs", values.size(), count_all));
  }
  return values;
}

std::vector<std::int32_t> unpack_tensor(const Binding& binding, const MachineSpec& spec,
                                        std::span<const std::uint8_t> bytes) {
  const auto cols = static_cast<std::size_t>(binding.cols);
  std::vector<std::int32_t> values(static_cast<std::size_t>(binding.rows) * cols);
  const std::int64_t stride = row_bytes(binding.format, binding.cols, spec.array.word_bits);
  for (std::size_t row = 0; row < static_cast<std::size_t>(binding.rows); ++row) {
    decode_row(binding.format, spec.array.word_bits, bytes.subspan(row * static_cast<std::size_t>(stride)), 0,
               std::span(values).subspan(row * cols, cols));
  }
  return values;
}

Shape parse_shape(const std::string& text) {
  Shape shape;
  std::int64_t value = -1;
  for (const char c : text) {
    if (c >= '0' && c <= '9' && value < (std::int64_t{1} << 50U)) {
      value = std::max<std::int64_t>(value, 0) * 10 + (c - '0');
    } else if (value >= 0) {
      shape.push_back(value);
      value = -1;
    }
  }
  return shape;
}

}  // namespace tricycle
