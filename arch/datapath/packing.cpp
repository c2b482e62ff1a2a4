// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/packing.hpp"

namespace tricycle {
namespace {

struct Bit {
  std::size_t byte;
  unsigned shift;
};

Bit bit_at(std::int64_t bit) {
  return {static_cast<std::size_t>(bit / 8), static_cast<unsigned>(bit % 8)};
}

void put_bit(std::span<std::uint8_t> row, std::int64_t bit, bool value) {
  const auto [byte, shift] = bit_at(bit);
  row[byte] = static_cast<std::uint8_t>((row[byte] & ~(1U << shift)) | (unsigned{value} << shift));
}

bool get_bit(std::span<const std::uint8_t> row, std::int64_t bit) {
  const auto [byte, shift] = bit_at(bit);
  return ((row[byte] >> shift) & 1U) != 0;
}

/// Where an element's two bits lie in its row: next to each other in trit2, half a word apart in planes.
struct TritBits {
  std::int64_t low, high, mask;  // mask: of trit2_mask
};

TritBits trit_bits(Format format, std::int64_t word_bits, std::int64_t index) {
  const std::int64_t half = word_bits / 2;
  const std::int64_t start = index / half * bytes_per_word(format, word_bits) * 8;
  const std::int64_t inside = index % half;
  if (format == Format::planes) return {start + inside, start + half + inside, 0};
  return {start + 2 * inside, start + 2 * inside + 1, start + word_bits + inside};
}

}  // namespace

void put_element(Format format, std::int64_t word_bits, std::span<std::uint8_t> row, std::int64_t index,
                 int value) {
  if (format == Format::bit1) {
    put_bit(row, index, value > 0);
    return;
  }
  const TritBits bits = trit_bits(format, word_bits, index);
  if (format == Format::planes) {
    put_bit(row, bits.low, value != 0);
    put_bit(row, bits.high, value < 0);
    return;
  }
  put_bit(row, bits.low, value >= 0);  // 00, 01, 11: as many ones as value + 1
  put_bit(row, bits.high, value > 0);
  if (format == Format::trit2_mask) put_bit(row, bits.mask, value == 0);
}

int get_element(Format format, std::int64_t word_bits, std::span<const std::uint8_t> row,
                std::int64_t index) {
  if (format == Format::bit1) return get_bit(row, index) ? 1 : -1;
  const TritBits bits = trit_bits(format, word_bits, index);
  const int low = get_bit(row, bits.low) ? 1 : 0;
  const int high = get_bit(row, bits.high) ? 1 : 0;
  if (format == Format::planes) return low == 0 ? 0 : 1 - 2 * high;
  return low + high - 1;
}

std::vector<std::uint8_t> pack_row(Format format, std::int64_t word_bits,
                                   std::span<const std::int8_t> values) {
  const auto elements = static_cast<std::int64_t>(values.size());
  std::vector<std::uint8_t> row(static_cast<std::size_t>(row_bytes(format, elements, word_bits)));
  const std::int64_t per_word = elements_per_word(format, word_bits);
  const std::int64_t padded = (elements + per_word - 1) / per_word * per_word;
  for (std::int64_t i = 0; i < padded; ++i) {
    put_element(format, word_bits, row, i, i < elements ? values[static_cast<std::size_t>(i)] : 0);
  }
  return row;
}

std::vector<std::int8_t> unpack_row(Format format, std::int64_t word_bits, std::span<const std::uint8_t> row,
                                    std::int64_t elements) {
  std::vector<std::int8_t> values(static_cast<std::size_t>(elements));
  for (std::int64_t i = 0; i < elements; ++i) {
    values[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(get_element(format, word_bits, row, i));
  }
  return values;
}

}  // namespace tricycle
