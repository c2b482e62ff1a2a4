// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "arch/params/machine.hpp"
#include "support/tensor.hpp"
#include "traces/trace.hpp"
#include "workloads/graph/graph.hpp"

namespace tricycle {

/// Reads a file of inputs: .npy, .pb or idx; each may be gzipped.
[[nodiscard]] Tensor read_data(const std::string& path);

/// The number of items of shape `shape` in a tensor of shape `found`, or -1 where they do not fit. Dimensions
/// of 1 do not count. A batch may be the first dimension. A flat vector of an item's elements is an item,
/// too.
[[nodiscard]] std::int64_t items_in(const Shape& found, const Shape& shape);

/// The inputs of a run from a file's data: one item, or a batch of items in the first dimension. `limit` (not
/// negative) keeps the first items; `count_all` receives the number of all items. Numbers become codes by the
/// trace's reading. Integers are bytes, or codes where the reading says so. For an input of one-hot rows the
/// file may hold token ids instead. Errors name the element: no code, not finite, out of range.
[[nodiscard]] TraceItems file_items(Tensor data, const std::string& path, const Trace& trace,
                                    const MachineSpec& spec, std::int64_t limit, std::uint64_t& count_all);

/// The same from a tensor, which errors call `name`. The items have no source.
[[nodiscard]] TraceItems items_of(const Tensor& data, const std::string& name, const Trace& trace,
                                  const MachineSpec& spec, std::int64_t limit, std::uint64_t& count_all);

/// The items of a text's tokens. An input of one-hot rows takes them as real zeros and ones.
[[nodiscard]] TraceItems token_items(const Tensor& ids, const std::string& name, const Trace& trace,
                                     const MachineSpec& spec);

/// One seeded item: uniform codes, or uniform tokens where the input takes them.
[[nodiscard]] TraceItems synthetic_items(const Trace& trace, const MachineSpec& spec, std::uint64_t seed);

/// The first `most` items of a file's data for the float interpreter, in the shape and type of a model's
/// input. Floating point numbers stay as they are. Integers are bytes, or stay as they are where the model
/// takes integers. Errors: floating point numbers or numbers out of range for an input of integers; a number
/// of means or deviations that is neither one nor one for each channel.
[[nodiscard]] std::vector<Tensor> real_items(const Tensor& data, const std::string& path,
                                             const GraphInput& input, const ByteMeaning& byte,
                                             bool channels_last, std::int64_t most);

/// Checks the meaning of bytes against the number of channels of the input. Errors name the option.
void check_channels(const ByteMeaning& byte, std::int64_t channels, const std::string& input);

/// The first `count` items of a trace as real numbers, in the model's order.
[[nodiscard]] std::vector<Tensor> decoded_items(const Trace& trace, const MachineSpec& spec,
                                                const Shape& shape, ElementType type, std::uint64_t count);

/// Reorders values from the order in memory to the model's order.
[[nodiscard]] std::vector<float> in_model_order(const Binding& binding, const std::vector<float>& values);

/// Reads labels (.npy or idx, a vector of integers). Error: not as many labels as items of the input file.
[[nodiscard]] std::vector<std::int64_t> read_labels(const std::string& path, std::uint64_t count_all);

/// Unpacks the values of one item of a bound tensor from its bytes in DRAM.
[[nodiscard]] std::vector<std::int32_t> unpack_tensor(const Binding& binding, const MachineSpec& spec,
                                                      std::span<const std::uint8_t> bytes);

/// Parses the shape that a trace carries as text.
[[nodiscard]] Shape parse_shape(const std::string& text);

}  // namespace tricycle
