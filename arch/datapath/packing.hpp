// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "arch/params/datapath.hpp"

namespace tricycle {

/// Reads and writes elements of rows in every format, as int32. They are the integers of `code_range`, or the
/// bits of float32 in floating point formats (float16 is widened exactly when read, and rounded to nearest,
/// ties to even, when written). The format must hold the value: no 0 in bit1; zero or a power of two in pow2.
/// In integer formats a value that is too wide loses its upper bits. A row has the row_bytes of its format,
/// padded to whole words if packed.

/// Writes element `index` of a row; other elements stay as they are. Not for bitmap.
void put_element(Format format, std::int64_t word_bits, std::span<std::uint8_t> row, std::int64_t index,
                 std::int32_t value);

/// Reads element `index` of a row. Both codes of zero in trit2 and both signs of zero in pow2 give 0.
[[nodiscard]] std::int32_t get_element(Format format, std::int64_t word_bits,
                                       std::span<const std::uint8_t> row, std::int64_t index);

/// Reads elements first to first + values.size() - 1, as get_element does, fast.
void decode_row(Format format, std::int64_t word_bits, std::span<const std::uint8_t> row, std::int64_t first,
                std::span<std::int32_t> values);

/// Writes elements first to first + values.size() - 1, as put_element does, fast. In a bitmap they must be
/// all elements, with `first` 0.
void encode_row(Format format, std::int64_t word_bits, std::span<std::uint8_t> row, std::int64_t first,
                std::span<const std::int32_t> values);

/// A row of `values`, packed and padded to whole words with zeros. The padding is -1 in bit1, which has no
/// zero (its dot product counts only the valid elements), the code 01 in trit2, and zero trits in trit5. A
/// row of a bitmap has only the sign bits that it needs.
[[nodiscard]] std::vector<std::uint8_t> pack_row(Format format, std::int64_t word_bits,
                                                 std::span<const std::int32_t> values);

/// The first `elements` elements of a row.
[[nodiscard]] std::vector<std::int32_t> unpack_row(Format format, std::int64_t word_bits,
                                                   std::span<const std::uint8_t> row, std::int64_t elements);

}  // namespace tricycle
