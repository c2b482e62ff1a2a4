// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "arch/spec/datapath.hpp"

namespace tricycle {

/// Writes element `index` of a packed row. `value` is -1, 0 or +1 (never 0 in bit1).
void put_element(Format format, std::int64_t word_bits, std::span<std::uint8_t> row, std::int64_t index,
                 int value);

/// Reads element `index` of a packed row.
[[nodiscard]] int get_element(Format format, std::int64_t word_bits, std::span<const std::uint8_t> row,
                              std::int64_t index);

/// A row of `values` packed and padded to whole words with zeros (with -1 in bit1, which has no zero: the dot
/// product counts only the valid elements there).
[[nodiscard]] std::vector<std::uint8_t> pack_row(Format format, std::int64_t word_bits,
                                                 std::span<const std::int8_t> values);

/// The first `elements` elements of a packed row.
[[nodiscard]] std::vector<std::int8_t> unpack_row(Format format, std::int64_t word_bits,
                                                  std::span<const std::uint8_t> row, std::int64_t elements);

}  // namespace tricycle
