// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/packing.hpp"

#include <algorithm>

#include "arch/datapath/codecs.hpp"
#include "arch/datapath/half.hpp"
#include "arch/datapath/trits.hpp"

namespace tricycle {
namespace {

void put_bit(std::span<std::uint8_t> row, std::int64_t bit, bool value) {
  const auto byte = static_cast<std::size_t>(bit / 8);
  const auto shift = static_cast<unsigned>(bit % 8);
  row[byte] = static_cast<std::uint8_t>((row[byte] & ~(1U << shift)) | (unsigned{value} << shift));
}

unsigned get_bit(std::span<const std::uint8_t> row, std::int64_t bit) {
  return (row[static_cast<std::size_t>(bit / 8)] >> static_cast<unsigned>(bit % 8)) & 1U;
}

/// The bit of the row at which an element's word starts, and the element's place in the word.
struct Place {
  std::int64_t start, inside;
};

Place place_of(Format format, std::int64_t word_bits, std::int64_t index) {
  const std::int64_t per_word = elements_per_word(format, word_bits);
  return {index / per_word * bytes_per_word(format, word_bits) * 8, index % per_word};
}

void put_packed(Format format, std::int64_t word_bits, std::span<std::uint8_t> row, std::int64_t index,
                std::int32_t value) {
  const auto [start, i] = place_of(format, word_bits, index);
  switch (format) {
    case Format::bit1: return put_bit(row, index, value > 0);
    case Format::planes:
      put_bit(row, start + i, value != 0);
      return put_bit(row, start + word_bits / 2 + i, value < 0);
    case Format::trit2:
    case Format::trit2_mask:
      put_bit(row, start + 2 * i, value >= 0);  // 00, 01, 11: the number of ones is value + 1
      put_bit(row, start + 2 * i + 1, value > 0);
      if (format == Format::trit2_mask) put_bit(row, start + word_bits + i, value == 0);
      return;
    case Format::pow2: {
      const unsigned code = codecs::pow2_code(value);
      for (unsigned b = 0; b < 4; ++b) put_bit(row, 4 * index + b, ((code >> b) & 1U) != 0);
      return;
    }
    default: break;
  }
  const auto bits = static_cast<std::uint32_t>(value);
  for (std::int64_t m = 0; m < bits_per_element(format); ++m) {
    put_bit(row, start + m * word_bits + i, ((bits >> static_cast<unsigned>(m)) & 1U) != 0);
  }
}

std::int32_t get_packed(Format format, std::int64_t word_bits, std::span<const std::uint8_t> row,
                        std::int64_t index) {
  const auto [start, i] = place_of(format, word_bits, index);
  switch (format) {
    case Format::bit1: return get_bit(row, index) != 0 ? 1 : -1;
    case Format::planes:
      if (get_bit(row, start + i) == 0) return 0;
      return get_bit(row, start + word_bits / 2 + i) != 0 ? -1 : 1;
    case Format::trit2:
    case Format::trit2_mask:
      return static_cast<std::int32_t>(get_bit(row, start + 2 * i) + get_bit(row, start + 2 * i + 1)) - 1;
    case Format::pow2: {
      unsigned code = 0;
      for (unsigned b = 0; b < 4; ++b) code |= get_bit(row, 4 * index + b) << b;
      return codecs::pow2_value(code);
    }
    default: break;
  }
  const std::int64_t bits = bits_per_element(format);
  std::int32_t value = 0;
  for (std::int64_t m = 0; m < bits; ++m) {
    value |= static_cast<std::int32_t>(get_bit(row, start + m * word_bits + i) << static_cast<unsigned>(m));
  }
  const bool is_signed = code_range(format).first < 0;
  return is_signed && value >= 1 << (bits - 1) ? value - (1 << bits) : value;
}

/// Goes over elements first to first + count - 1. Calls `alone(i)` for the elements at either end that share
/// their group of 8 with others, and `together(i, byte, group)` for each whole group between. `i` counts from
/// `first`; `byte` is the place in the row where the group's word starts.
template <class Codec, class Alone, class Together>
void by_groups(std::int64_t word_bits, std::int64_t first, std::int64_t count, Alone alone,
               Together together) {
  const std::int64_t groups = elements_per_word(Codec::format, word_bits) / 8;  // of a word
  const std::int64_t word_bytes = bytes_per_word(Codec::format, word_bits);
  const std::int64_t head = std::min(count, (8 - first % 8) % 8);
  const std::int64_t tail = head + (count - head) / 8 * 8;
  for (std::int64_t i = 0; i < head; ++i) alone(i);
  std::int64_t group = (first + head) / 8;
  std::int64_t byte = 0;
  if constexpr (!Codec::seamless) {
    byte = group / groups * word_bytes;
    group %= groups;
  }
  for (std::int64_t i = head; i < tail; i += 8) {
    together(i, byte, group);
    ++group;
    if (!Codec::seamless && group == groups) {
      group = 0;
      byte += word_bytes;
    }
  }
  for (std::int64_t i = tail; i < count; ++i) alone(i);
}

template <class Codec>
void decode_packed(std::int64_t word_bits, std::span<const std::uint8_t> row, std::int64_t first,
                   std::span<std::int32_t> values) {
  by_groups<Codec>(
      word_bits, first, std::ssize(values),
      [&](std::int64_t i) {
        values[static_cast<std::size_t>(i)] = get_packed(Codec::format, word_bits, row, first + i);
      },
      [&](std::int64_t i, std::int64_t byte, std::int64_t group) {
        const std::uint64_t bytes = Codec::load(row.data() + byte, group, word_bits);
        std::int32_t* at = values.data() + i;
        for (unsigned k = 0; k < 8; ++k) {
          const auto value = static_cast<std::uint8_t>(bytes >> (8 * k));
          at[k] = Codec::is_signed ? static_cast<std::int8_t>(value) : static_cast<std::int32_t>(value);
        }
      });
}

template <class Codec>
void encode_packed(std::int64_t word_bits, std::span<std::uint8_t> row, std::int64_t first,
                   std::span<const std::int32_t> values) {
  by_groups<Codec>(
      word_bits, first, std::ssize(values),
      [&](std::int64_t i) {
        put_packed(Codec::format, word_bits, row, first + i, values[static_cast<std::size_t>(i)]);
      },
      [&](std::int64_t i, std::int64_t byte, std::int64_t group) {
        Codec::store(row.data() + byte, group, word_bits, values.data() + i);
      });
}

/// Plain formats: elements of type `Stored`.
template <class Stored>
void decode_plain(std::span<const std::uint8_t> row, std::int64_t first, std::span<std::int32_t> values) {
  const std::uint8_t* from = row.data() + first * static_cast<std::int64_t>(sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, from + i * sizeof(Stored), sizeof(Stored));
    values[i] = stored;
  }
}

template <class Stored>
void encode_plain(std::span<std::uint8_t> row, std::int64_t first, std::span<const std::int32_t> values) {
  std::uint8_t* to = row.data() + first * static_cast<std::int64_t>(sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto stored = static_cast<Stored>(values[i]);
    std::memcpy(to + i * sizeof(Stored), &stored, sizeof(Stored));
  }
}

void decode_halves(std::span<const std::uint8_t> row, std::int64_t first, std::span<std::int32_t> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, row.data() + 2 * (first + static_cast<std::int64_t>(i)), 2);
    values[i] = static_cast<std::int32_t>(half_to_float_bits(half));
  }
}

void encode_halves(std::span<std::uint8_t> row, std::int64_t first, std::span<const std::int32_t> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t half = float_bits_to_half(static_cast<std::uint32_t>(values[i]));
    std::memcpy(row.data() + 2 * (first + static_cast<std::int64_t>(i)), &half, 2);
  }
}

/// Calls `f.template operator()<Codec>()` with the codec of a packed format.
template <class F>
void with_codec(Format format, F f) {
  using namespace codecs;
  switch (format) {
    case Format::bit1: return f.template operator()<Bit1>();
    case Format::trit2: return f.template operator()<Trit2<false>>();
    case Format::trit2_mask: return f.template operator()<Trit2<true>>();
    case Format::planes: return f.template operator()<Planes>();
    case Format::pow2: return f.template operator()<Pow2>();
    case Format::u1: return f.template operator()<BitPlanes<1, false>>();
    case Format::u2: return f.template operator()<BitPlanes<2, false>>();
    case Format::u3: return f.template operator()<BitPlanes<3, false>>();
    case Format::u4: return f.template operator()<BitPlanes<4, false>>();
    case Format::u5: return f.template operator()<BitPlanes<5, false>>();
    case Format::u6: return f.template operator()<BitPlanes<6, false>>();
    case Format::u7: return f.template operator()<BitPlanes<7, false>>();
    case Format::u8: return f.template operator()<BitPlanes<8, false>>();
    case Format::s1: return f.template operator()<BitPlanes<1, true>>();
    case Format::s2: return f.template operator()<BitPlanes<2, true>>();
    case Format::s3: return f.template operator()<BitPlanes<3, true>>();
    case Format::s4: return f.template operator()<BitPlanes<4, true>>();
    case Format::s5: return f.template operator()<BitPlanes<5, true>>();
    case Format::s6: return f.template operator()<BitPlanes<6, true>>();
    case Format::s7: return f.template operator()<BitPlanes<7, true>>();
    case Format::s8: return f.template operator()<BitPlanes<8, true>>();
    default: return;
  }
}

}  // namespace

void put_element(Format format, std::int64_t word_bits, std::span<std::uint8_t> row, std::int64_t index,
                 std::int32_t value) {
  if (is_packed(format)) return put_packed(format, word_bits, row, index, value);
  encode_row(format, word_bits, row, index, std::span(&value, 1));
}

std::int32_t get_element(Format format, std::int64_t word_bits, std::span<const std::uint8_t> row,
                         std::int64_t index) {
  if (is_packed(format)) return get_packed(format, word_bits, row, index);
  std::int32_t value = 0;
  decode_row(format, word_bits, row, index, std::span(&value, 1));
  return value;
}

void decode_row(Format format, std::int64_t word_bits, std::span<const std::uint8_t> row, std::int64_t first,
                std::span<std::int32_t> values) {
  switch (format) {
    case Format::uint8: return decode_plain<std::uint8_t>(row, first, values);
    case Format::int8: return decode_plain<std::int8_t>(row, first, values);
    case Format::int16: return decode_plain<std::int16_t>(row, first, values);
    case Format::int32:
    case Format::float32: return decode_plain<std::int32_t>(row, first, values);
    case Format::float16: return decode_halves(row, first, values);
    case Format::trit5: return decode_trit5(row, first, values);
    case Format::bitmap: return decode_bitmap(row, first, values);
    default: break;
  }
  with_codec(format, [&]<class Codec>() { decode_packed<Codec>(word_bits, row, first, values); });
}

void encode_row(Format format, std::int64_t word_bits, std::span<std::uint8_t> row, std::int64_t first,
                std::span<const std::int32_t> values) {
  switch (format) {
    case Format::uint8: return encode_plain<std::uint8_t>(row, first, values);
    case Format::int8: return encode_plain<std::int8_t>(row, first, values);
    case Format::int16: return encode_plain<std::int16_t>(row, first, values);
    case Format::int32:
    case Format::float32: return encode_plain<std::int32_t>(row, first, values);
    case Format::float16: return encode_halves(row, first, values);
    case Format::trit5: return encode_trit5(row, first, values);
    case Format::bitmap: return encode_bitmap(row, values);
    default: break;
  }
  with_codec(format, [&]<class Codec>() { encode_packed<Codec>(word_bits, row, first, values); });
}

std::vector<std::uint8_t> pack_row(Format format, std::int64_t word_bits,
                                   std::span<const std::int32_t> values) {
  const std::int64_t elements = std::ssize(values);
  const std::int64_t bytes = format == Format::bitmap ? bitmap_bytes(elements, nonzeros_of(values))
                                                      : row_bytes(format, elements, word_bits);
  // In trit5 a cleared byte would stand for values of -1.
  const std::uint8_t filling = format == Format::trit5 ? trit5_zeros : 0;
  std::vector<std::uint8_t> row(static_cast<std::size_t>(bytes), filling);
  encode_row(format, word_bits, row, 0, values);
  if (format == Format::trit2 || format == Format::trit2_mask) {  // others are filled with zeros already
    const std::int64_t per_word = elements_per_word(format, word_bits);
    const std::vector<std::int32_t> zeros(
        static_cast<std::size_t>((per_word - elements % per_word) % per_word));
    encode_row(format, word_bits, row, elements, zeros);
  }
  return row;
}

std::vector<std::int32_t> unpack_row(Format format, std::int64_t word_bits, std::span<const std::uint8_t> row,
                                     std::int64_t elements) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(elements));
  decode_row(format, word_bits, row, 0, values);
  return values;
}

}  // namespace tricycle
