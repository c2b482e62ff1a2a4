// SPDX-License-Identifier: Apache-2.0
#include "sim/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "arch/datapath/packing.hpp"
#include "sim/text.hpp"
#include "support/data_file.hpp"
#include "support/diagnostics.hpp"
#include "support/fields.hpp"
#include "support/files.hpp"
#include "support/random.hpp"
#include "workloads/lower/lower.hpp"
#include "workloads/network/network_import.hpp"
#include "workloads/onnx/onnx_import.hpp"
#include "workloads/recurrent/from_graph.hpp"

namespace tricycle {
namespace {

constexpr std::uint64_t most_model_bytes = std::uint64_t{1} << 31U;
constexpr std::uint64_t most_data_bytes = std::uint64_t{1} << 31U;

[[noreturn]] void fail(const std::string& file, const std::string& message) {
  Place place;
  place.file = file;
  throw InputError(place, message);
}

bool is_yaml(const std::string& path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

std::int64_t item_bytes(const Binding& binding, const MachineSpec& spec) {
  return binding.rows * row_bytes(binding.format, binding.cols, spec.array.word_bits);
}

/// Dimensions that are not 1.
Shape squeezed(const Shape& shape) {
  Shape result;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(result), [](std::int64_t d) { return d != 1; });
  return result;
}

/// How many items of `shape` a tensor of shape `found` holds, or -1: dimensions of 1 do not count, and a
/// batch may stand in front; a flat vector of an item's elements is an item too.
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
  const Bytes bytes = read_bytes_unpacked(path, most_data_bytes);
  if (looks_like_npy(bytes)) return parse_npy(bytes, path);
  if (looks_like_idx(bytes)) return parse_idx(bytes, path);
  const std::string name = path.ends_with(".gz") ? path.substr(0, path.size() - 3) : path;
  if (name.ends_with(".pb")) return import_tensor(bytes, path);
  fail(path, "is neither a .npy nor an idx file, and its name does not end in .pb");
}

/// The codes that an input may have.
std::pair<std::int64_t, std::int64_t> range_of(const Binding& binding, const InputCodes& input) {
  if (token_input(binding, input.vocabulary) == TokenInput::ids)
    return {0, static_cast<std::int64_t>(input.vocabulary) - 1};
  if (is_float(binding.format)) return {0, 0};
  const auto [least, most] = code_range(binding.format);
  if (!input.range) return {least, most};
  return {std::max(least, input.range->first), std::min(most, input.range->second)};
}

/// The code of a real input: rounded and clamped where the model itself quantizes its input; else it must lie
/// on the grid of the codes.
std::int32_t code_of(double real, const InputCodes& input, const Binding& binding, const std::string& path,
                     std::uint64_t index) {
  const auto [least, most] = range_of(binding, input);
  const double steps = real * input.scale.den / input.scale.num + static_cast<double>(input.zero);
  const double code = std::nearbyint(steps);
  if (input.rounds && !std::isnan(real)) {
    return static_cast<std::int32_t>(std::clamp(code, static_cast<double>(least), static_cast<double>(most)));
  }
  constexpr double tolerance = 1e-3;  // of a step: far above float32's rounding, far below a real difference
  if (!(code >= static_cast<double>(least) && code <= static_cast<double>(most)) ||
      std::abs(steps - code) > tolerance) {
    fail(path,
         fmt::format(
             "element {} is {}, which is not one of {} to {} times the input scale {}/{}; give the scale of "
             "the data with --input-scale",
             index, real, least, most, input.scale.num, input.scale.den));
  }
  return static_cast<std::int32_t>(code);
}

/// The sizes that `--set workload.NAME=N` gives to symbolic dimensions of a model.
ImportOptions dimensions_of(const std::vector<Setting>& settings, const Bytes& bytes,
                            const std::string& path) {
  const std::string prefix = "workload.";
  ImportOptions options;
  for (const Setting& setting : settings) {
    if (!setting.key.starts_with(prefix)) continue;
    const std::vector<std::string> names = symbolic_dimensions(bytes, path);
    if (names.empty()) fail(setting.origin(), "an ONNX model has no keys to set");
    const std::string name = setting.key.substr(prefix.size());
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      fail(setting.origin(), fmt::format("the model has no symbolic dimension '{}', only '{}'{}", name,
                                         fmt::join(names, "', '"), did_you_mean(name, names)));
    }
    constexpr std::int64_t most = std::int64_t{1} << 27U;
    std::int64_t size = 0;
    if (!parse_integer(setting.value, size) || size < 1 || size > most) {
      fail(setting.origin(), fmt::format("expected a size from 1 to {}, not '{}'", most, setting.value));
    }
    options.dimensions[name] = size;
  }
  return options;
}

/// For every value of an item as it lies in memory (positions, each with its channels) the index of that
/// value in the model's tensor, which has channels in front of height and width.
std::vector<std::uint64_t> channels_last(const Binding& binding, const Shape& shape) {
  const auto each = static_cast<std::uint64_t>(binding.rows * binding.cols);
  std::vector<std::uint64_t> order(each);
  const bool image = shape.size() == 4 && shape[1] == binding.cols;
  const auto channels = static_cast<std::uint64_t>(binding.cols);
  const auto plane = image ? static_cast<std::uint64_t>(shape[2] * shape[3]) : 1;
  for (std::uint64_t i = 0; i < each; ++i) {
    const std::uint64_t position = i / channels, channel = i % channels;
    order[i] = image ? (position / plane * channels + channel) * plane + position % plane : i;
  }
  return order;
}

}  // namespace

Setting parse_setting(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    fail("--set " + text, "expected KEY=VALUE, such as arch.array.rows=16");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void apply_settings(Document& document, const std::vector<Setting>& settings, const std::string& prefix) {
  for (const Setting& setting : settings) {
    if (!setting.key.starts_with(prefix + ".")) continue;
    set_value(document, setting.key.substr(prefix.size() + 1), setting.value, setting.origin());
  }
}

/// A model or a description as its file has it.
static Graph import_workload(const std::string& name_or_path, const std::vector<Setting>& settings,
                             std::int64_t seed) {
  const bool is_onnx = name_or_path.ends_with(".onnx");
  const std::string path = is_onnx ? name_or_path : find_preset("workloads/zoo", name_or_path, "workload");
  if (!is_yaml(path)) {
    const Bytes bytes = read_bytes(path, most_model_bytes);
    Graph graph = import_onnx(bytes, path, dimensions_of(settings, bytes, path));
    for (const std::string& warning : graph.warnings) fmt::print(stderr, "warning: {}\n", warning);
    const std::string base = base_name(path);
    graph.name = base.substr(0, base.rfind('.'));
    // Models in the ONNX test layout are all called model.onnx: their folder names them.
    const std::string folder =
        base_name(path.substr(0, path.size() - std::min(path.size(), base.size() + 1)));
    if (graph.name == "model" && !folder.empty() && folder != ".") graph.name = folder;
    graph.weights_source = fmt::format("{}, sha256 {}", base, sha256(bytes));
    return graph;
  }
  Document document = read_document(path);
  apply_settings(document, settings, "workload");
  return import_network(document, seed);
}

Graph load_workload(const std::string& name_or_path, const std::vector<Setting>& settings,
                    std::int64_t seed) {
  Graph graph = import_workload(name_or_path, settings, seed);
  const auto is_recurrent_key = [](const Setting& setting) { return setting.key.starts_with("recurrent."); };
  const auto first = std::find_if(settings.begin(), settings.end(), is_recurrent_key);
  if (first == settings.end()) return graph;
  if (!is_recurrent(graph)) fail(first->origin(), "the workload has no recurrent layer");
  Document document = parse_document(write_fields(graph.recurrent), first->origin());
  apply_settings(document, settings, "recurrent");
  read_fields(document, "'recurrent'", graph.recurrent);
  return graph;
}

std::string default_machine(const std::string& name_or_path) {
  if (!name_or_path.ends_with(".onnx")) {
    const std::string path = find_preset("workloads/zoo", name_or_path, "workload");
    if (is_yaml(path)) {
      const Document document = read_document(path);
      const Document* arch = document.find("arch");
      if (arch != nullptr && arch->kind == Document::Kind::scalar) return arch->scalar;
    }
  }
  return "edge";
}

InputScale parse_input_scale(const std::string& text) {
  InputScale scale{1, 1};
  const std::size_t slash = text.find('/');
  const bool fraction = slash != std::string::npos;
  const bool numbers = parse_number(text.substr(0, slash), scale.num) &&
                       (!fraction || parse_number(text.substr(slash + 1), scale.den));
  const double value = scale.num / scale.den;
  if (!numbers || !(scale.num > 0) || !(scale.den > 0) || !(value > 1e-30 && value < 1e30)) {
    fail("--input-scale",
         "expected a number greater than zero or a fraction such as 1/255, not '" + text + "'");
  }
  return scale;
}

TraceItems read_items(const std::string& path, const Binding& binding, const MachineSpec& spec,
                      const Shape& shape, const InputCodes& input, std::int64_t limit,
                      std::uint64_t& count_all) {
  Tensor data = read_data(path);
  const bool rows = token_input(binding, input.vocabulary) == TokenInput::one_hot;
  if (rows && !data.is_float() && items_in(data.shape, shape) < 1) {
    const Sequence sequence = *sequence_of(binding);
    const std::int64_t count = items_in(data.shape, {sequence.steps, sequence.streams});
    if (count > 0) {
      data.shape = {count, sequence.steps, sequence.streams};
      data = one_hot(data, input.vocabulary, path);
    }
  }
  TraceItems items = items_of(data, path, binding, spec, shape, input, limit, count_all);
  items.source = printable(base_name(path));
  items.sha256 = sha256(read_bytes(path, most_data_bytes));
  return items;
}

TraceItems items_of(const Tensor& data, const std::string& path, const Binding& binding,
                    const MachineSpec& spec, const Shape& shape, const InputCodes& input, std::int64_t limit,
                    std::uint64_t& count_all) {
  if (element_count(shape) != binding.rows * binding.cols) {
    fail(path, fmt::format("cannot be an input: the trace's '{}' of {} x {} has the shape {}", binding.name,
                           binding.rows, binding.cols, shape_text(shape)));
  }
  const std::int64_t count = items_in(data.shape, shape);
  if (count < 1) {
    fail(path,
         fmt::format("has the shape {}; the input '{}' has the shape {}, with a number of items in front",
                     shape_text(data.shape), binding.name, shape_text(shape)));
  }
  count_all = static_cast<std::uint64_t>(count);
  TraceItems items;
  items.count =
      limit >= 0 ? std::min<std::uint64_t>(count_all, static_cast<std::uint64_t>(limit)) : count_all;
  const auto each = static_cast<std::uint64_t>(element_count(shape));
  const auto range = range_of(binding, input);
  items.bytes.reserve(items.count * static_cast<std::uint64_t>(item_bytes(binding, spec)));
  std::vector<std::int32_t> codes(each);
  const std::vector<std::uint64_t> order = channels_last(binding, shape);
  std::visit(
      [&](const auto& values) {
        using T = typename std::remove_cvref_t<decltype(values)>::value_type;
        for (std::uint64_t item = 0; item < items.count; ++item) {
          for (std::uint64_t i = 0; i < each; ++i) {
            const std::uint64_t index = item * each + order[i];
            if (is_float(binding.format)) {
              const auto value = static_cast<double>(values[index]);
              const double unit = std::is_floating_point_v<T> ? 1.0 : input.scale.num / input.scale.den;
              codes[i] = std::bit_cast<std::int32_t>(static_cast<float>(value * unit));
            } else if constexpr (std::is_floating_point_v<T>) {
              codes[i] = code_of(static_cast<double>(values[index]), input, binding, path, index);
            } else {
              const auto value = static_cast<std::int64_t>(values[index]);
              if (value < range.first || value > range.second) {
                fail(path, fmt::format("element {} is {}; the input takes integers from {} to {}", index,
                                       value, range.first, range.second));
              }
              codes[i] = static_cast<std::int32_t>(value);
            }
          }
          const auto packed = pack_tensor(binding, spec, codes);
          items.bytes.insert(items.bytes.end(), packed.begin(), packed.end());
        }
      },
      data.data);
  return items;
}

TraceItems token_items(const Tensor& ids, const std::string& name, const Binding& binding,
                       const MachineSpec& spec, const InputCodes& input) {
  const bool rows = token_input(binding, input.vocabulary) == TokenInput::one_hot;
  std::uint64_t count_all = 0;
  return items_of(rows ? one_hot(ids, input.vocabulary, name) : ids, name, binding, spec,
                  parse_shape(binding.shape), input, -1, count_all);
}

std::vector<Tensor> read_real_items(const std::string& path, const Shape& shape, const InputScale& scale,
                                    std::int64_t most) {
  const Tensor data = read_data(path);
  const std::int64_t count = items_in(data.shape, shape);
  if (count < 1) {
    fail(path,
         fmt::format("has the shape {}; the model's input has the shape {}, with a number of items in front",
                     shape_text(data.shape), shape_text(shape)));
  }
  const auto each = static_cast<std::size_t>(element_count(shape));
  std::vector<Tensor> items;
  std::visit(
      [&](const auto& values) {
        using T = typename std::remove_cvref_t<decltype(values)>::value_type;
        for (std::size_t item = 0; item < static_cast<std::size_t>(std::min(count, most)); ++item) {
          std::vector<float> reals(each);
          for (std::size_t i = 0; i < each; ++i) {
            const auto value = static_cast<double>(values[item * each + i]);
            reals[i] =
                static_cast<float>(std::is_floating_point_v<T> ? value : value * scale.num / scale.den);
          }
          items.push_back({shape, std::move(reals)});
        }
      },
      data.data);
  return items;
}

TraceItems synthetic_items(const Binding& binding, const MachineSpec& spec, const InputCodes& input,
                           std::uint64_t seed) {
  if (token_input(binding, input.vocabulary) != TokenInput::none) {
    const auto last = static_cast<std::int64_t>(input.vocabulary) - 1;
    const Sequence sequence = *sequence_of(binding);
    Random random(seed, 0);
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(binding.rows));
    for (std::int32_t& token : tokens) token = static_cast<std::int32_t>(random.between(0, last));
    const Tensor ids{{1, sequence.steps, sequence.streams}, std::move(tokens)};
    TraceItems items = token_items(ids, binding.name, binding, spec, input);
    items.source = fmt::format("synthetic, uniform tokens from 0 to {}, seed {}", last, seed);
    return items;
  }
  const bool real = is_float(binding.format);
  const auto [least, most] = real ? std::pair<std::int64_t, std::int64_t>{0, 1} : range_of(binding, input);
  Random random(seed, 0);
  std::vector<std::int32_t> codes(static_cast<std::size_t>(binding.rows * binding.cols));
  for (std::int32_t& code : codes) {
    code = real ? std::bit_cast<std::int32_t>(static_cast<float>(random.real()))
                : static_cast<std::int32_t>(random.between(least, most));
  }
  TraceItems items;
  items.source = fmt::format("synthetic, uniform from {} to {}, seed {}", least, most, seed);
  items.count = 1;
  items.bytes = pack_tensor(binding, spec, codes);
  return items;
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
