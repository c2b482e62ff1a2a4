// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/trits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "arch/datapath/packing.hpp"

namespace tricycle {
namespace {

using Five = std::array<std::int8_t, 5>;

constexpr std::array<Five, 256> five_trits() {
  std::array<Five, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned rest = byte;
    for (std::int8_t& trit : table[byte]) {
      trit = static_cast<std::int8_t>(static_cast<int>(rest % 3) - 1);
      rest /= 3;
    }
  }
  return table;
}
constexpr std::array<Five, 256> trits_of_byte = five_trits();

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

bool bit_of(std::span<const std::uint8_t> bytes, std::int64_t bit) {
  const std::size_t byte = index(bit / 8);
  return byte < bytes.size() && ((bytes[byte] >> static_cast<unsigned>(bit % 8)) & 1U) != 0;
}

/// The number of ones among bits 0 to count - 1.
std::int64_t ones_of(std::span<const std::uint8_t> bytes, std::int64_t count) {
  std::int64_t ones = 0;
  for (std::int64_t byte = 0; byte < count / 8; ++byte) ones += std::popcount(bytes[index(byte)]);
  if (count % 8 != 0)
    ones += std::popcount(bytes[index(count / 8)] & ((1U << static_cast<unsigned>(count % 8)) - 1U));
  return ones;
}

}  // namespace

void encode_trit5(std::span<std::uint8_t> row, std::int64_t first, std::span<const std::int32_t> values) {
  constexpr std::array<int, 5> weights = {1, 3, 9, 27, 81};
  for (std::int64_t i = 0; i < std::ssize(values); ++i) {
    std::uint8_t& byte = row[index((first + i) / 5)];
    const std::size_t place = index((first + i) % 5);
    const int trit = (values[index(i)] > 0) - (values[index(i)] < 0);
    byte = static_cast<std::uint8_t>(byte + (trit - trits_of_byte[byte][place]) * weights[place]);
  }
}

void decode_trit5(std::span<const std::uint8_t> row, std::int64_t first, std::span<std::int32_t> values) {
  std::size_t byte = index(first / 5), place = index(first % 5);
  for (std::int32_t& value : values) {
    value = trits_of_byte[row[byte]][place];
    if (++place == 5) {
      place = 0;
      ++byte;
    }
  }
}

std::int64_t nonzeros_of(std::span<const std::int32_t> values) {
  return std::ssize(values) - std::count(values.begin(), values.end(), 0);
}

void encode_bitmap(std::span<std::uint8_t> row, std::span<const std::int32_t> values) {
  std::fill(row.begin(), row.end(), std::uint8_t{0});
  std::int64_t sign = (std::ssize(values) + 7) / 8 * 8;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0) continue;
    row[i / 8] = static_cast<std::uint8_t>(row[i / 8] | (1U << (i % 8)));
    if (values[i] < 0) {
      std::uint8_t& byte = row[index(sign / 8)];
      byte = static_cast<std::uint8_t>(byte | (1U << static_cast<unsigned>(sign % 8)));
    }
    ++sign;
  }
}

void decode_bitmap(std::span<const std::uint8_t> row, std::int64_t first, std::span<std::int32_t> values) {
  const std::int64_t elements = first + std::ssize(values);
  std::int64_t sign = (elements + 7) / 8 * 8 + ones_of(row, first);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool there = bit_of(row, first + static_cast<std::int64_t>(i));
    values[i] = !there ? 0 : bit_of(row, sign) ? -1 : 1;
    sign += there ? 1 : 0;
  }
}

std::string stream_fault(Format format, std::span<const std::uint8_t> row, std::int64_t elements) {
  if (format == Format::trit5) {
    const auto bytes = row.first(index((elements + 4) / 5));
    const auto bad = std::find_if(bytes.begin(), bytes.end(), [](auto byte) { return byte >= trit5_codes; });
    return bad == bytes.end() ? ""
                              : fmt::format("byte {} is {}; five trits are 0 to {}", bad - bytes.begin(),
                                            *bad, trit5_codes - 1);
  }
  if (format != Format::bitmap) return "";
  const std::int64_t nonzeros = ones_of(row, elements), signs = 8 * (std::ssize(row) - (elements + 7) / 8);
  return nonzeros <= signs ? ""
                           : fmt::format("{} of {} elements are not zero, and there are {} sign bits",
                                         nonzeros, elements, signs);
}

std::vector<std::int32_t> unpack_weight_row(const WeightRow& weights, std::int64_t word_bits,
                                            std::span<const std::uint8_t> row) {
  std::vector<std::int32_t> values(index(weights.count()));
  if (is_stream(weights.format)) {
    decode_row(weights.format, word_bits, row, 0, values);
    return values;
  }
  const std::int64_t bytes = row_bytes(weights.format, weights.elements, word_bits);
  for (std::int64_t tap = 0; tap < weights.taps; ++tap) {
    decode_row(weights.format, word_bits, row.subspan(index(tap * bytes), index(bytes)), 0,
               std::span(values).subspan(index(tap * weights.elements), index(weights.elements)));
  }
  return values;
}

void pack_weight_row(const WeightRow& weights, std::int64_t word_bits, std::span<const std::int32_t> values,
                     std::span<std::uint8_t> row) {
  if (weights.format == Format::bitmap) return encode_bitmap(row, values);
  const bool whole = is_stream(weights.format);
  const std::int64_t rows = whole ? 1 : weights.taps, each = weights.count() / rows;
  std::uint8_t* to = row.data();
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto packed = pack_row(weights.format, word_bits, values.subspan(index(r * each), index(each)));
    to = std::copy(packed.begin(), packed.end(), to);
  }
}

}  // namespace tricycle
