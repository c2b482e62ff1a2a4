// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "arch/params/datapath.hpp"

namespace tricycle {

/// The two byte streams of ternary weights, trit5 and bitmap. Malformed bytes (`stream_fault`) decode to
/// undefined values.

/// The byte of five zero trits: 1 + 3 + 9 + 27 + 81.
inline constexpr std::uint8_t trit5_zeros = 121;
/// The number of codes: this byte and all larger bytes are not codes.
inline constexpr std::uint8_t trit5_codes = 243;

void encode_trit5(std::span<std::uint8_t> row, std::int64_t first, std::span<const std::int32_t> values);
void decode_trit5(std::span<const std::uint8_t> row, std::int64_t first, std::span<std::int32_t> values);

/// Encodes all elements of a row. The row must have room for the signs; further sign bits are 0.
void encode_bitmap(std::span<std::uint8_t> row, std::span<const std::int32_t> values);
/// Decodes the last elements of a row, from element `first` on: the row has first + values.size() elements.
void decode_bitmap(std::span<const std::uint8_t> row, std::int64_t first, std::span<std::int32_t> values);

[[nodiscard]] std::int64_t nonzeros_of(std::span<const std::int32_t> values);

/// The reason why the bytes of a row are malformed, or "": a trit5 byte of 243 or more; a bitmap with fewer
/// sign bits than nonzero elements. In other formats all bytes are valid.
[[nodiscard]] std::string stream_fault(Format format, std::span<const std::uint8_t> row,
                                       std::int64_t elements);

/// Unpacks the weights of one output channel, [tap][element], from its row, and packs them into it. The rest
/// of the words of a tap, of the trits of a byte and of the sign bits is filled with zeros.
[[nodiscard]] std::vector<std::int32_t> unpack_weight_row(const WeightRow& weights, std::int64_t word_bits,
                                                          std::span<const std::uint8_t> row);
void pack_weight_row(const WeightRow& weights, std::int64_t word_bits, std::span<const std::int32_t> values,
                     std::span<std::uint8_t> row);

}  // namespace tricycle
