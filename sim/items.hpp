// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "arch/spec/machine.hpp"
#include "support/tensor.hpp"
#include "traces/trace.hpp"
#include "workloads/graph/graph.hpp"

namespace tricycle {

/// A file of inputs: .npy, .pb or idx, any of them gzipped.
[[nodiscard]] Tensor read_data(const std::string& path);

/// How many items of `shape` a tensor of shape `found` holds, or -1: dimensions of 1 do not count, and a
/// batch may stand in front; a flat vector of an item's elements is an item too.
[[nodiscard]] std::int64_t items_in(const Shape& found, const Shape& shape);

/// The inputs of a run from a file's data: one item, or a batch of items in the first dimension. `limit` (not
/// negative) keeps the first so many; `count_all` gets how many there are. Numbers become codes by the
/// trace's reading; integers are bytes, or codes where the reading has them so. Of an input of one-hot rows
/// the file may hold the tokens' numbers instead. Errors name the element: no code, not finite, out of range.
[[nodiscard]] TraceItems file_items(Tensor data, const std::string& path, const Trace& trace,
                                    const MachineSpec& spec, std::int64_t limit, std::uint64_t& count_all);

/// The same from a tensor; `name` is what errors call it. The items have no source.
[[nodiscard]] TraceItems items_of(const Tensor& data, const std::string& name, const Trace& trace,
                                  const MachineSpec& spec, std::int64_t limit, std::uint64_t& count_all);

/// The items of a text's tokens, which an input of one-hot rows takes as real zeros and ones.
[[nodiscard]] TraceItems token_items(const Tensor& ids, const std::string& name, const Trace& trace,
                                     const MachineSpec& spec);

/// One seeded item: uniform codes, or uniform tokens where the input takes them.
[[nodiscard]] TraceItems synthetic_items(const Trace& trace, const MachineSpec& spec, std::uint64_t seed);

/// The first `most` items of a file's data as numbers of a model's input, in its shape and type: floating
/// point as it is, integers as bytes, or as they are where the model takes integers. For the float
/// interpreter. Errors: floating point or numbers out of range for an input of integers; means or deviations
/// that are neither one nor one for each channel.
[[nodiscard]] std::vector<Tensor> real_items(const Tensor& data, const std::string& path,
                                             const GraphInput& input, const ByteMeaning& byte,
                                             bool channels_last, std::int64_t most);

/// Holds what is said of bytes against the channels that there are. Errors name the option.
void check_channels(const ByteMeaning& byte, std::int64_t channels, const std::string& input);

/// The first `count` items of a trace as the numbers that their codes mean, in the model's order.
[[nodiscard]] std::vector<Tensor> decoded_items(const Trace& trace, const MachineSpec& spec,
                                                const Shape& shape, ElementType type, std::uint64_t count);

/// Values in memory's order as the model has them.
[[nodiscard]] std::vector<float> in_model_order(const Binding& binding, const std::vector<float>& values);

/// Reads labels (.npy or idx, a vector of integers), which must be as many as the items of the input file.
[[nodiscard]] std::vector<std::int64_t> read_labels(const std::string& path, std::uint64_t count_all);

/// The values of one item of a bound tensor from its bytes in DRAM.
[[nodiscard]] std::vector<std::int32_t> unpack_tensor(const Binding& binding, const MachineSpec& spec,
                                                      std::span<const std::uint8_t> bytes);

/// The shape that a trace carries as text.
[[nodiscard]] Shape parse_shape(const std::string& text);

}  // namespace tricycle
