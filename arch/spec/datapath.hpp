// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tricycle {

/// The arithmetic a processing element does on its two operand words.
enum class Datapath : std::uint8_t {
  binary,          ///< {-1,+1} x {-1,+1}: 2 popcount(xnor) - N (FATNN Eq 1)
  ternary_fatnn,   ///< {-1,0,+1}: popcount(TM(x, y)) - N (FATNN Eqs 3-7)
  ternary_planes,  ///< {-1,0,+1} as nonzero and sign planes: two popcounts and a subtraction
};

inline constexpr int datapath_count = 3;

/// How the bits of a tensor lie in DRAM and on chip. Least significant bit first; a row (one output channel
/// of weights, one row of activations) is padded to whole words.
enum class Format : std::uint8_t {
  bit1,        ///< 1 bit: 0 is -1, 1 is +1
  trit2,       ///< FATNN's codec, 2 bits: 00 is -1, 01 (canonical) and 10 are 0, 11 is +1 (Table 1)
  trit2_mask,  ///< a word of trit2, then its precomputed zero mask, one bit for each trit (mode P)
  planes,      ///< a word is W/2 nonzero bits, then W/2 sign bits (1: negative; 0 where the value is zero)
  uint8,       ///< unsigned bytes
  int32,       ///< two's complement, little-endian: accumulator sums
  float32,     ///< IEEE 754, little-endian
};

inline constexpr int format_count = 7;

/// Whether a ternary_fatnn array derives the zero mask of Eqs 5-6 from the weights on the fly (D in FATNN's
/// Table 4) or loads it precomputed beside them (P).
enum class FatnnMask : std::uint8_t { on_the_fly, precomputed };

[[nodiscard]] const std::vector<std::string>& datapath_names();
[[nodiscard]] const std::vector<std::string>& format_names();

/// Elements that one PE takes from an operand word of `word_bits` bits: W for binary, W/2 for ternary.
[[nodiscard]] constexpr std::int64_t lanes_per_word(Datapath datapath, std::int64_t word_bits) {
  return datapath == Datapath::binary ? word_bits : word_bits / 2;
}

/// Whether a format is packed in array words (the others are plain bytes).
[[nodiscard]] constexpr bool is_packed(Format format) {
  return format == Format::bit1 || format == Format::trit2 || format == Format::trit2_mask ||
         format == Format::planes;
}

/// Elements in one word of a packed format.
[[nodiscard]] constexpr std::int64_t elements_per_word(Format format, std::int64_t word_bits) {
  return format == Format::bit1 ? word_bits : word_bits / 2;
}

/// Bytes of one stored word of a packed format: W/8, and half as much again with a mask.
[[nodiscard]] constexpr std::int64_t bytes_per_word(Format format, std::int64_t word_bits) {
  return format == Format::trit2_mask ? word_bits / 8 + word_bits / 16 : word_bits / 8;
}

/// Bytes of one element of a plain format.
[[nodiscard]] constexpr std::int64_t bytes_per_element(Format format) {
  return format == Format::uint8 ? 1 : 4;
}

/// Bytes of a row of `elements` elements, padded to whole words if packed.
[[nodiscard]] constexpr std::int64_t row_bytes(Format format, std::int64_t elements, std::int64_t word_bits) {
  if (!is_packed(format)) return elements * bytes_per_element(format);
  const std::int64_t per_word = elements_per_word(format, word_bits);
  return (elements + per_word - 1) / per_word * bytes_per_word(format, word_bits);
}

/// The formats a datapath takes its activations and weights in.
[[nodiscard]] constexpr Format activation_format(Datapath datapath) {
  switch (datapath) {
    case Datapath::binary: return Format::bit1;
    case Datapath::ternary_fatnn: return Format::trit2;
    case Datapath::ternary_planes: return Format::planes;
  }
  return Format::bit1;
}
[[nodiscard]] constexpr Format weight_format(Datapath datapath, FatnnMask mask) {
  const bool with_mask = datapath == Datapath::ternary_fatnn && mask == FatnnMask::precomputed;
  return with_mask ? Format::trit2_mask : activation_format(datapath);
}

}  // namespace tricycle
