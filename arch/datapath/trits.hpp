// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "arch/spec/datapath.hpp"

namespace tricycle {

/// The two streams of ternary weights. Bytes that are no weights (`stream_fault`) decode to anything.

/// Five trits of zero: 1 + 3 + 9 + 27 + 81.
inline constexpr std::uint8_t trit5_zeros = 121;
/// The bytes from here on are no code.
inline constexpr std::uint8_t trit5_codes = 243;

void encode_trit5(std::span<std::uint8_t> row, std::int64_t first, std::span<const std::int32_t> values);
void decode_trit5(std::span<const std::uint8_t> row, std::int64_t first, std::span<std::int32_t> values);

/// All elements of a row, which has room for their signs; sign bits behind them are 0.
void encode_bitmap(std::span<std::uint8_t> row, std::span<const std::int32_t> values);
/// Elements from `first` on of a row of as many as end with them.
void decode_bitmap(std::span<const std::uint8_t> row, std::int64_t first, std::span<std::int32_t> values);

[[nodiscard]] std::int64_t nonzeros_of(std::span<const std::int32_t> values);

/// Why the bytes of a row are no `elements` elements, or "": a byte of trit5 from 243 on, a bitmap with fewer
/// sign bits than it has elements that are not zero. Other formats have a meaning for all bytes.
[[nodiscard]] std::string stream_fault(Format format, std::span<const std::uint8_t> row,
                                       std::int64_t elements);

/// An output channel's weights, [tap][element], from its row and into it. What the row has behind them (words
/// of a tap, trits of a byte, sign bits) is filled with zeros.
[[nodiscard]] std::vector<std::int32_t> unpack_weight_row(const WeightRow& weights, std::int64_t word_bits,
                                                          std::span<const std::uint8_t> row);
void pack_weight_row(const WeightRow& weights, std::int64_t word_bits, std::span<const std::int32_t> values,
                     std::span<std::uint8_t> row);

}  // namespace tricycle
