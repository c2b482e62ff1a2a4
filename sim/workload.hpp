// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "traces/trace.hpp"
#include "workloads/graph/graph.hpp"
#include "workloads/quantized.hpp"

namespace tricycle {

/// `--set KEY=VALUE`, split at the first '='.
struct Setting {
  std::string key, value;
  [[nodiscard]] std::string origin() const { return "--set " + key + "=" + value; }
};

/// Splits `KEY=VALUE`. Errors: no '=', an empty key.
[[nodiscard]] Setting parse_setting(const std::string& text);

/// The settings below `prefix.`, with the prefix taken off, applied to a document.
void apply_settings(Document& document, const std::vector<Setting>& settings, const std::string& prefix);

/// Loads a workload: an .onnx file, a network description, or a zoo network's name. What the settings below
/// `workload.` set is the keys of a description, or the sizes of a model's symbolic dimensions. What a
/// model's import warns of goes to stderr.
/// `seed` (not negative) replaces the description's own.
[[nodiscard]] Graph load_workload(const std::string& name_or_path, const std::vector<Setting>& settings,
                                  std::int64_t seed);

/// The machine that a network description names as its own (`arch`), or edge.
[[nodiscard]] std::string default_machine(const std::string& name_or_path);

/// `1/255` or a decimal number, greater than zero.
[[nodiscard]] InputScale parse_input_scale(const std::string& text);

/// What the codes of an input mean: real value = (code - zero) * scale.
struct InputCodes {
  InputScale scale;
  std::int64_t zero = 0;
  bool rounds = false;  ///< real inputs are rounded and clamped to the codes: the model quantizes its input
  std::size_t vocabulary = 0;  ///< entries of it: inputs are tokens where the binding takes them
  /// The codes that the network takes, where they are fewer than the format has.
  std::optional<std::pair<std::int64_t, std::int64_t>> range = std::nullopt;
};

/// Reads the inputs of a run from a file (.npy, .pb, idx, any of them gzipped): one item, or a batch of items
/// in the first dimension. `limit` (not negative) keeps the first so many; `count_all` gets how many there
/// are. Values become codes of `binding`: integers as they are, real ones
/// as multiples of the input scale. Images come with channels in front and lie in memory with channels last.
/// Of an input of one-hot rows the file may hold the tokens' numbers instead.
[[nodiscard]] TraceItems read_items(const std::string& path, const Binding& binding, const MachineSpec& spec,
                                    const Shape& shape, const InputCodes& input, std::int64_t limit,
                                    std::uint64_t& count_all);

/// The same from a tensor; `name` is what errors call it. The items have no source.
[[nodiscard]] TraceItems items_of(const Tensor& data, const std::string& name, const Binding& binding,
                                  const MachineSpec& spec, const Shape& shape, const InputCodes& input,
                                  std::int64_t limit, std::uint64_t& count_all);

/// The items of a text's tokens, which an input of one-hot rows takes as real zeros and ones.
[[nodiscard]] TraceItems token_items(const Tensor& ids, const std::string& name, const Binding& binding,
                                     const MachineSpec& spec, const InputCodes& input);

/// The first `most` items of a file of inputs as real tensors of the graph's input shape; integers times the
/// input scale.
[[nodiscard]] std::vector<Tensor> read_real_items(const std::string& path, const Shape& shape,
                                                  const InputScale& scale, std::int64_t most);

/// One seeded item: uniform codes, or uniform tokens where the input takes them.
[[nodiscard]] TraceItems synthetic_items(const Binding& binding, const MachineSpec& spec,
                                         const InputCodes& input, std::uint64_t seed);

/// Reads labels (.npy or idx, a vector of integers), which must be as many as the items of the input file.
[[nodiscard]] std::vector<std::int64_t> read_labels(const std::string& path, std::uint64_t count_all);

/// The values of one item of a bound tensor from its bytes in DRAM.
[[nodiscard]] std::vector<std::int32_t> unpack_tensor(const Binding& binding, const MachineSpec& spec,
                                                      std::span<const std::uint8_t> bytes);

/// The shape that a trace carries as text.
[[nodiscard]] Shape parse_shape(const std::string& text);

}  // namespace tricycle
