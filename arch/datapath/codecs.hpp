// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

#include "arch/params/datapath.hpp"

/// Codecs of the packed formats, 8 elements at a time. packing.cpp reads and writes rows with them. A group
/// is 8 elements whose first index is a multiple of 8, so a group never crosses a word. `load` returns the
/// elements as the 8 bytes of an integer, the first lowest; `store` takes their values. `word` points at the
/// first byte of a word. In a seamless format it points at the first byte of the row. `group` counts from
/// there.
namespace tricycle::codecs {

static_assert(std::endian::native == std::endian::little, "loads are least significant byte first");

inline constexpr std::uint64_t ones = 0x0101010101010101U;

/// 1 in every byte that is not 0. No byte may exceed 128.
[[nodiscard]] constexpr std::uint64_t nonzero(std::uint64_t bytes) {
  return ((bytes + 0x7f * ones) >> 7U) & ones;
}

/// Moves bit i to byte i, and back.
[[nodiscard]] constexpr std::uint64_t spread(std::uint8_t bits) {
  return nonzero((bits * ones) & 0x8040201008040201U);
}
[[nodiscard]] constexpr std::uint8_t collect(std::uint64_t zeros_and_ones) {
  return static_cast<std::uint8_t>((zeros_and_ones * 0x0102040810204080U) >> 56U);
}

/// Maps 0, 1, 2 in each byte to -1, 0, +1.
[[nodiscard]] constexpr std::uint64_t minus_one(std::uint64_t bytes) {
  return (bytes + 0x7f * ones) ^ (0x80 * ones);
}

/// Bit i of the result tells whether `test` holds for values[i].
template <class Test>
[[nodiscard]] constexpr std::uint8_t bits_where(const std::int32_t* values, Test test) {
  unsigned bits = 0;
  for (unsigned i = 0; i < 8; ++i) bits |= (test(values[i]) ? 1U : 0U) << i;
  return static_cast<std::uint8_t>(bits);
}

[[nodiscard]] constexpr bool is_positive(std::int32_t value) {
  return value > 0;
}
[[nodiscard]] constexpr bool is_negative(std::int32_t value) {
  return value < 0;
}
[[nodiscard]] constexpr bool is_zero(std::int32_t value) {
  return value == 0;
}

struct Bit1 {
  static constexpr Format format = Format::bit1;
  static constexpr bool seamless = true, is_signed = true;
  static std::uint64_t load(const std::uint8_t* word, std::int64_t group, std::int64_t) {
    return minus_one(2 * spread(word[group]));
  }
  static void store(std::uint8_t* word, std::int64_t group, std::int64_t, const std::int32_t* values) {
    word[group] = bits_where(values, is_positive);
  }
};

/// Moves the 8 bits of a byte to the even bits.
[[nodiscard]] constexpr unsigned to_even_bits(unsigned x) {
  x = (x | (x << 4U)) & 0x0f0fU;
  x = (x | (x << 2U)) & 0x3333U;
  return (x | (x << 1U)) & 0x5555U;
}

template <bool Mask>
struct Trit2 {
  static constexpr Format format = Mask ? Format::trit2_mask : Format::trit2;
  static constexpr bool seamless = !Mask, is_signed = true;
  static std::uint64_t load(const std::uint8_t* word, std::int64_t group, std::int64_t) {
    // Byte i gets the code byte that holds trit i; the number of ones in the trit's two bits is its value
    // + 1.
    const std::uint64_t codes = word[2 * group] * std::uint64_t{0x01010101U} |
                                (word[2 * group + 1] * std::uint64_t{0x01010101U}) << 32U;
    return minus_one(nonzero(codes & 0x4010040140100401U) + nonzero(codes & 0x8020080280200802U));
  }
  static void store(std::uint8_t* word, std::int64_t group, std::int64_t word_bits,
                    const std::int32_t* values) {
    const unsigned low = to_even_bits(bits_where(values, [](std::int32_t v) { return v >= 0; }));
    const unsigned high = to_even_bits(bits_where(values, is_positive));
    const unsigned codes = low | high << 1U;
    word[2 * group] = static_cast<std::uint8_t>(codes);
    word[2 * group + 1] = static_cast<std::uint8_t>(codes >> 8U);
    if constexpr (Mask) word[word_bits / 8 + group] = bits_where(values, is_zero);
  }
};

struct Planes {
  static constexpr Format format = Format::planes;
  static constexpr bool seamless = false, is_signed = true;
  static std::uint64_t load(const std::uint8_t* word, std::int64_t group, std::int64_t word_bits) {
    const std::uint8_t there = word[group];
    const auto negative = static_cast<std::uint8_t>(there & word[word_bits / 16 + group]);
    return spread(there) + 0xfe * spread(negative);  // 1 + 0xfe is -1
  }
  static void store(std::uint8_t* word, std::int64_t group, std::int64_t word_bits,
                    const std::int32_t* values) {
    word[group] = static_cast<std::uint8_t>(~bits_where(values, is_zero));
    word[word_bits / 16 + group] = bits_where(values, is_negative);
  }
};

/// Converts a pow2 code of 4 bits to its value, and back.
[[nodiscard]] constexpr std::int32_t pow2_value(unsigned code) {
  const auto magnitude = static_cast<std::int32_t>((1U << (code & 7U)) >> 1U);
  return (code & 8U) != 0 ? -magnitude : magnitude;
}
[[nodiscard]] constexpr unsigned pow2_code(std::int32_t value) {
  const std::uint32_t magnitude =
      value < 0 ? 0U - static_cast<std::uint32_t>(value) : static_cast<std::uint32_t>(value);
  return (static_cast<unsigned>(std::bit_width(magnitude)) & 7U) | (value < 0 ? 8U : 0U);
}

struct Pow2 {
  static constexpr Format format = Format::pow2;
  static constexpr bool seamless = true, is_signed = true;
  static std::uint64_t load(const std::uint8_t* word, std::int64_t group, std::int64_t) {
    std::uint32_t codes = 0;
    std::memcpy(&codes, word + 4 * group, 4);
    std::uint64_t bytes = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const auto value = static_cast<std::uint8_t>(pow2_value((codes >> (4 * i)) & 15U));
      bytes |= std::uint64_t{value} << (8 * i);
    }
    return bytes;
  }
  static void store(std::uint8_t* word, std::int64_t group, std::int64_t, const std::int32_t* values) {
    std::uint32_t codes = 0;
    for (unsigned i = 0; i < 8; ++i) codes |= pow2_code(values[i]) << (4 * i);
    std::memcpy(word + 4 * group, &codes, 4);
  }
};

template <int Bits, bool Signed>
struct BitPlanes {
  static constexpr Format format = bit_planes(Bits, Signed);
  static constexpr bool seamless = false, is_signed = Signed;
  static std::uint64_t load(const std::uint8_t* word, std::int64_t group, std::int64_t word_bits) {
    std::uint64_t bytes = 0;
    for (int m = 0; m < Bits; ++m)
      bytes |= spread(word[m * word_bits / 8 + group]) << static_cast<unsigned>(m);
    if constexpr (Signed) {  // the sign bit is copied to the bits above it
      const std::uint64_t negative = (bytes >> static_cast<unsigned>(Bits - 1)) & ones;
      bytes |= negative * (0xffU & (0xffU << static_cast<unsigned>(Bits - 1)));
    }
    return bytes;
  }
  static void store(std::uint8_t* word, std::int64_t group, std::int64_t word_bits,
                    const std::int32_t* values) {
    std::uint64_t bytes = 0;
    for (unsigned i = 0; i < 8; ++i) {
      bytes |= std::uint64_t{static_cast<std::uint8_t>(values[i])} << (8 * i);
    }
    for (int m = 0; m < Bits; ++m) {
      word[m * word_bits / 8 + group] = collect((bytes >> static_cast<unsigned>(m)) & ones);
    }
  }
};

}  // namespace tricycle::codecs
