// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/choice.hpp"

namespace tricycle {

enum class UnitId : std::uint8_t;

/// The arithmetic of a PE on its two operand words (datapaths.def).
enum class Datapath : std::uint8_t {
#define DATAPATH(identifier, ...) identifier,
#include "arch/params/datapaths.def"
#undef DATAPATH
};

inline constexpr int datapath_count = 0
#define DATAPATH(...) +1
#include "arch/params/datapaths.def"
#undef DATAPATH
    ;

/// The layout of a tensor's bits in DRAM and on chip, least significant bit first. In the formats packed in
/// array words of W bits, a row (one pixel, one tap of an output channel) is padded with zeros to whole
/// words.
enum class Format : std::uint8_t {
  bit1,        ///< 1 bit: 0 is -1, 1 is +1
  trit2,       ///< FATNN's codec, 2 bits: 00 is -1, 01 (canonical) and 10 are 0, 11 is +1 (Table 1)
  trit2_mask,  ///< a word of trit2, then its precomputed zero mask, one bit for each trit (mode P)
  planes,      ///< a word is W/2 nonzero bits, then W/2 sign bits (1: negative; 0 where the value is zero)
  uint8,       ///< unsigned bytes
  int32,       ///< two's complement, little-endian: accumulator sums
  float32,     ///< IEEE 754, little-endian
  int8,        ///< two's complement bytes
  int16,       ///< two's complement, little-endian: residual streams
  float16,     ///< IEEE 754 binary16, little-endian
  pow2,        ///< 4 bits: a code k of 3 bits, 0 for zero and else 2^(k-1), then a sign bit (1: negative)
  // Bit planes: W elements are K planes of W bits, the least significant plane first; `u` unsigned, `s` two's
  // complement (its last plane weighs -2^(K-1)).
  u1,
  u2,
  u3,
  u4,
  u5,
  u6,
  u7,
  u8,
  s1,
  s2,
  s3,
  s4,
  s5,
  s6,
  s7,
  s8,
  // Only for ternary weights, byte streams: all taps of an output channel one after another in one row.
  trit5,   ///< base 3, five trits per byte: the sum of (t_i + 1) 3^i, the first trit lowest; 243 to 255 are
           ///< not codes
  bitmap,  ///< a nonzero bit for each element, in whole bytes, then a sign bit for each nonzero element
};

inline constexpr int format_count = 29;

/// Whether a ternary_fatnn array derives the zero mask of Eqs 5-6 from the weights on the fly (D in FATNN's
/// Table 4), or loads it precomputed with the weights (P).
enum class FatnnMask : std::uint8_t { on_the_fly, precomputed };

[[nodiscard]] const std::vector<std::string>& names_of(Datapath);
/// The hardware unit whose lanes perform the datapath's arithmetic (units.hpp).
[[nodiscard]] UnitId unit_of(Datapath datapath);
[[nodiscard]] const std::vector<std::string>& names_of(Format);
[[nodiscard]] const std::vector<std::string>& names_of(FatnnMask);

[[nodiscard]] constexpr bool is_bit_planes(Format format) {
  return format >= Format::u1 && format <= Format::s8;
}

/// The bit-plane format of 1 to 8 bits.
[[nodiscard]] constexpr Format bit_planes(std::int64_t bits, bool is_signed) {
  return static_cast<Format>(static_cast<std::int64_t>(is_signed ? Format::s1 : Format::u1) + bits - 1);
}

/// Whether a format is a byte stream of weights.
[[nodiscard]] constexpr bool is_stream(Format format) {
  return format == Format::trit5 || format == Format::bitmap;
}

/// Whether a format is only for weights.
[[nodiscard]] constexpr bool is_of_weights(Format format) {
  return format == Format::trit2_mask || is_stream(format);
}

/// Whether a format is one of the four formats for ternary weights, which are allowed in every memory.
[[nodiscard]] constexpr bool holds_trits(Format format) {
  return format == Format::planes || format == Format::trit2 || is_stream(format);
}

/// Whether a format is packed in array words. Other formats are plain bytes.
[[nodiscard]] constexpr bool is_packed(Format format) {
  return format == Format::bit1 || format == Format::trit2 || format == Format::trit2_mask ||
         format == Format::planes || format == Format::pow2 || is_bit_planes(format);
}

[[nodiscard]] constexpr bool is_float(Format format) {
  return format == Format::float32 || format == Format::float16;
}

/// Stored bits of an element. For a byte stream: the maximum. For a bit-plane format: the number of planes.
[[nodiscard]] constexpr std::int64_t bits_per_element(Format format) {
  switch (format) {
    case Format::bit1: return 1;
    case Format::trit2:
    case Format::trit5:
    case Format::bitmap:
    case Format::planes: return 2;
    case Format::trit2_mask: return 3;
    case Format::pow2: return 4;
    case Format::uint8:
    case Format::int8: return 8;
    case Format::int16:
    case Format::float16: return 16;
    case Format::int32:
    case Format::float32: return 32;
    default: break;
  }
  const auto plane = static_cast<std::int64_t>(format) - static_cast<std::int64_t>(Format::u1);
  return plane % 8 + 1;
}

/// Elements in one word of a packed format.
[[nodiscard]] constexpr std::int64_t elements_per_word(Format format, std::int64_t word_bits) {
  if (format == Format::bit1 || is_bit_planes(format)) return word_bits;
  return format == Format::pow2 ? word_bits / 4 : word_bits / 2;
}

/// Bytes of one stored word of a packed format: W/8; with a mask W/8 + W/16; with K planes K W/8.
[[nodiscard]] constexpr std::int64_t bytes_per_word(Format format, std::int64_t word_bits) {
  if (is_bit_planes(format)) return bits_per_element(format) * word_bits / 8;
  return format == Format::trit2_mask ? word_bits / 8 + word_bits / 16 : word_bits / 8;
}

/// Bytes of one element of a plain format.
[[nodiscard]] constexpr std::int64_t bytes_per_element(Format format) {
  return bits_per_element(format) / 8;
}

/// Bytes of a row of `elements` elements, padded to whole words if packed. For a bitmap: the maximum.
[[nodiscard]] constexpr std::int64_t row_bytes(Format format, std::int64_t elements, std::int64_t word_bits) {
  if (format == Format::trit5) return (elements + 4) / 5;
  if (format == Format::bitmap) return (elements + 7) / 8 * 2;
  if (!is_packed(format)) return elements * bytes_per_element(format);
  const std::int64_t per_word = elements_per_word(format, word_bits);
  return (elements + per_word - 1) / per_word * bytes_per_word(format, word_bits);
}

/// Bytes of a bitmap row with `nonzeros` nonzero elements.
[[nodiscard]] constexpr std::int64_t bitmap_bytes(std::int64_t elements, std::int64_t nonzeros) {
  return (elements + 7) / 8 + (nonzeros + 7) / 8;
}

/// The weights of one output channel as they lie in memory: one row for each tap, or one row for all taps.
struct WeightRow {
  Format format = Format::bit1;
  std::int64_t taps = 1, elements = 1;  ///< elements of a tap
  [[nodiscard]] constexpr std::int64_t count() const { return taps * elements; }
  /// Bytes of the weights. For a bitmap: the maximum.
  [[nodiscard]] constexpr std::int64_t bytes(std::int64_t word_bits) const {
    return is_stream(format) ? row_bytes(format, count(), word_bits)
                             : taps * row_bytes(format, elements, word_bits);
  }
};

/// The smallest and the largest integer that a format holds (pow2: +-64; bit1: -1 and +1, without 0). Not for
/// floating point.
[[nodiscard]] constexpr std::pair<std::int64_t, std::int64_t> code_range(Format format) {
  switch (format) {
    case Format::bit1:
    case Format::trit2:
    case Format::trit2_mask:
    case Format::trit5:
    case Format::bitmap:
    case Format::planes: return {-1, 1};
    case Format::pow2: return {-64, 64};
    case Format::uint8: return {0, 255};
    default: break;
  }
  const std::int64_t bits = bits_per_element(format);
  const bool is_signed = !(format >= Format::u1 && format <= Format::u8);
  if (!is_signed) return {0, (std::int64_t{1} << bits) - 1};
  return {-(std::int64_t{1} << (bits - 1)), (std::int64_t{1} << (bits - 1)) - 1};
}

/// Whether a datapath takes operands in these formats.
///
/// | datapath       | activations                       | weights                       |
/// |----------------|-----------------------------------|-------------------------------|
/// | binary         | bit1                              | bit1                          |
/// | ternary_fatnn  | trit2                             | trit2 (D), trit2_mask (P)     |
/// | ternary_planes | planes                            | planes                        |
/// | bitserial      | u1 to s8; uint8, int8 (8 planes)  | u1 to s8                      |
/// | shift          | pow2; uint8, int8                 | pow2                          |
/// | mac            | uint8, int8; float16; float32     | int8; float16; float32        |
[[nodiscard]] constexpr bool takes(Datapath datapath, Format activations, Format weights) {
  const bool bytes = activations == Format::uint8 || activations == Format::int8;
  switch (datapath) {
    case Datapath::binary: return activations == Format::bit1 && weights == Format::bit1;
    case Datapath::ternary_fatnn:
      return activations == Format::trit2 && (weights == Format::trit2 || weights == Format::trit2_mask);
    case Datapath::ternary_planes: return activations == Format::planes && weights == Format::planes;
    case Datapath::bitserial: return (bytes || is_bit_planes(activations)) && is_bit_planes(weights);
    case Datapath::shift: return (bytes || activations == Format::pow2) && weights == Format::pow2;
    case Datapath::mac:
      return (bytes && weights == Format::int8) || (is_float(activations) && activations == weights);
  }
  return false;
}

[[nodiscard]] constexpr bool is_ternary(Datapath datapath) {
  return datapath == Datapath::ternary_fatnn || datapath == Datapath::ternary_planes;
}

/// The format in which the PEs take weights that lie in weight memory in the format `stored`. A decoder in
/// between converts ternary formats into the datapath's format, with the mask where it is precomputed.
[[nodiscard]] constexpr Format fed_weights(Datapath datapath, Format stored, FatnnMask mask) {
  if (datapath == Datapath::ternary_planes) return holds_trits(stored) ? Format::planes : stored;
  if (datapath != Datapath::ternary_fatnn || !holds_trits(stored)) return stored;
  return mask == FatnnMask::precomputed ? Format::trit2_mask : Format::trit2;
}

/// Bit-plane passes that one word takes: M x K in bitserial, one in other datapaths.
[[nodiscard]] constexpr std::int64_t passes(Datapath datapath, Format activations, Format weights) {
  return datapath == Datapath::bitserial ? bits_per_element(activations) * bits_per_element(weights) : 1;
}

}  // namespace tricycle
