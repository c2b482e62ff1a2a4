// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "arch/spec/datapath.hpp"

namespace tricycle {

/// Elements of rows of every format, as int32: the integers of `code_range`; of floating point the bits of
/// the float32 (float16 is widened exactly, and rounded to nearest, ties to even, when written). A value
/// must be one that the format holds: of bit1 not 0, of pow2 zero or a power of two; of the integer formats
/// too wide a value loses its upper bits. A row is its format's row_bytes, padded to whole words if packed.

/// Writes element `index` of a row; the others stay as they are. Not of a bitmap.
void put_element(Format format, std::int64_t word_bits, std::span<std::uint8_t> row, std::int64_t index,
                 std::int32_t value);

/// Reads element `index` of a row. Both codes of zero in trit2, and both signs of zero in pow2, are 0.
[[nodiscard]] std::int32_t get_element(Format format, std::int64_t word_bits,
                                       std::span<const std::uint8_t> row, std::int64_t index);

/// Reads elements first to first + values.size() - 1, as get_element does, fast.
void decode_row(Format format, std::int64_t word_bits, std::span<const std::uint8_t> row, std::int64_t first,
                std::span<std::int32_t> values);

/// Writes elements first to first + values.size() - 1, as put_element does, fast. Of a bitmap these are all,
/// and `first` is 0.
void encode_row(Format format, std::int64_t word_bits, std::span<std::uint8_t> row, std::int64_t first,
                std::span<const std::int32_t> values);

/// A row of `values`, packed and padded to whole words with zeros (with -1 in bit1, which has no zero: the
/// dot product counts only the valid elements there; with the code 01 in trit2, with trits of zero in trit5).
/// A bitmap's row has as many sign bits as it needs.
[[nodiscard]] std::vector<std::uint8_t> pack_row(Format format, std::int64_t word_bits,
                                                 std::span<const std::int32_t> values);

/// The first `elements` elements of a row.
[[nodiscard]] std::vector<std::int32_t> unpack_row(Format format, std::int64_t word_bits,
                                                   std::span<const std::uint8_t> row, std::int64_t elements);

}  // namespace tricycle
