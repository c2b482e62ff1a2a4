// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/packing.hpp"

#include <cstdlib>

#include "support/random.hpp"
#include "tests/arch/datapath/values.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

/// The trits of a number in base 3, the lowest digit first.
std::vector<std::int32_t> trits_of(int number, std::size_t count) {
  std::vector<std::int32_t> trits(count);
  for (auto& trit : trits) {
    trit = number % 3 - 1;
    number /= 3;
  }
  return trits;
}

using Bytes = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("all 6,561 patterns of 8 trits come back from a word of 16 bits in each ternary format") {
  for (const Format format : {Format::trit2, Format::trit2_mask, Format::planes}) {
    const std::size_t bytes = format == Format::trit2_mask ? 3 : 2;
    for (int number = 0; number < 6561; ++number) {
      const auto trits = trits_of(number, 8);
      const Bytes row = pack_row(format, 16, trits);
      REQUIRE(row.size() == bytes);
      REQUIRE(unpack_row(format, 16, row, 8) == trits);
    }
  }
}

TEST_CASE("all 65,536 patterns of 16 signs come back from a word of 16 bits") {
  for (unsigned number = 0; number < 65536; ++number) {
    std::vector<std::int32_t> signs(16);
    for (unsigned i = 0; i < 16; ++i) signs[i] = (number >> i & 1U) != 0 ? 1 : -1;
    const Bytes row = pack_row(Format::bit1, 16, signs);
    REQUIRE(row == Bytes{static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8U)});
    REQUIRE(unpack_row(Format::bit1, 16, row, 16) == signs);
  }
}

TEST_CASE("rows of 1 to 100 elements come back in every format and word width") {
  Random random(5);
  for (const Format format : all_formats()) {
    for (const std::int64_t word_bits : word_widths) {
      for (std::int64_t elements = 1; elements <= 100; ++elements) {
        const auto values = random_values(random, format, elements);
        const Bytes row = pack_row(format, word_bits, values);
        INFO("format " << static_cast<int>(format) << ", word " << word_bits << ", " << elements
                       << " elements");
        REQUIRE(static_cast<std::int64_t>(row.size()) == row_bytes(format, elements, word_bits));
        REQUIRE(unpack_row(format, word_bits, row, elements) == values);
      }
    }
  }
}

TEST_CASE("every value of every integer format comes back from all places of a word of 16 bits") {
  for (const Format format : all_formats()) {
    if (is_float(format) || format == Format::int32) continue;
    const auto [low, high] = code_range(format);
    for (std::int64_t index = 0; index < 16; ++index) {
      Bytes row(static_cast<std::size_t>(row_bytes(format, 16, 16)));
      for (std::int64_t i = low; i <= high; i += format == Format::int16 ? 7 : 1) {
        const auto value = static_cast<std::int32_t>(i);
        if (format == Format::bit1 && value == 0) continue;
        if (format == Format::pow2 && (std::abs(value) & (std::abs(value) - 1)) != 0) continue;
        put_element(format, 16, row, index, value);
        REQUIRE(get_element(format, 16, row, index) == value);
      }
    }
  }
}

TEST_CASE(
    "encode_row and decode_row equal element by element from any place, in every format and word width") {
  Random random(7);
  for (const Format format : all_formats()) {
    for (const std::int64_t word_bits : word_widths) {
      for (int i = 0; i < 30; ++i) {
        const std::int64_t elements = random.between(1, 300);
        const std::int64_t first = random.between(0, elements - 1);
        const std::int64_t count = random.between(0, elements - first);
        Bytes row(static_cast<std::size_t>(row_bytes(format, elements, word_bits)));
        for (auto& byte : row) byte = static_cast<std::uint8_t>(random.next());
        INFO("format " << static_cast<int>(format) << ", word " << word_bits << ", elements " << first
                       << " to " << first + count << " of " << elements);
        std::vector<std::int32_t> read(static_cast<std::size_t>(count));
        decode_row(format, word_bits, row, first, read);
        for (std::int64_t k = 0; k < count; ++k) {
          REQUIRE(read[static_cast<std::size_t>(k)] == get_element(format, word_bits, row, first + k));
        }
        const auto values = random_values(random, format, count);
        Bytes expected = row;
        for (std::int64_t k = 0; k < count; ++k) {
          put_element(format, word_bits, expected, first + k, values[static_cast<std::size_t>(k)]);
        }
        encode_row(format, word_bits, row, first, values);
        REQUIRE(row == expected);
      }
    }
  }
}

TEST_CASE("a value too wide for its integer format loses its upper bits, alone and in a row") {
  Random random(8);
  for (const Format format : all_formats()) {
    if (!is_bit_planes(format) && format != Format::uint8 && format != Format::int8 &&
        format != Format::int16)
      continue;
    std::vector<std::int32_t> values(24);
    for (auto& value : values) value = static_cast<std::int32_t>(static_cast<std::uint32_t>(random.next()));
    Bytes row = pack_row(format, 16, values), alone(row.size());
    for (std::int64_t i = 0; i < 24; ++i)
      put_element(format, 16, alone, i, values[static_cast<std::size_t>(i)]);
    CHECK(row.size() == static_cast<std::size_t>(row_bytes(format, 24, 16)));
    CHECK(row == alone);
    const auto mask = (1U << bits_per_element(format)) - 1;
    for (std::int64_t i = 0; i < 24; ++i) {
      const auto read = static_cast<std::uint32_t>(get_element(format, 16, row, i));
      CHECK((read & mask) == (static_cast<std::uint32_t>(values[static_cast<std::size_t>(i)]) & mask));
    }
  }
}

TEST_CASE("the bits of pow2 and of bit planes lie where the formats say, least significant first") {
  // 4 bits each: 0 is 0, 1 is code 1, -1 has the sign bit, 64 is code 7, -8 is code 4.
  CHECK(pack_row(Format::pow2, 16, std::vector<std::int32_t>{0, 1, -1, 64, -8}) ==
        Bytes{0x10, 0x79, 0x0c, 0x00});
  CHECK(get_element(Format::pow2, 16, Bytes{0x08, 0}, 0) == 0);
  // Plane 0 in 16 bits, then plane 1: 3 is 11, 1 is 01, 2 is 10.
  CHECK(pack_row(Format::u2, 16, std::vector<std::int32_t>{3, 1, 2}) == Bytes{0b011, 0, 0b101, 0});
  CHECK(pack_row(Format::s2, 16, std::vector<std::int32_t>{-1, 1, -2}) == Bytes{0b011, 0, 0b101, 0});
  // The 17th element begins a word of its own.
  std::vector<std::int32_t> values(17);
  values[16] = 5;
  CHECK(pack_row(Format::u3, 16, values) == Bytes{0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0});
}

TEST_CASE("plain formats are little-endian, and float16 rounds to nearest even") {
  CHECK(pack_row(Format::int16, 16, std::vector<std::int32_t>{-2, 258}) == Bytes{0xfe, 0xff, 2, 1});
  CHECK(pack_row(Format::int32, 16, std::vector<std::int32_t>{-2}) == Bytes{0xfe, 0xff, 0xff, 0xff});
  CHECK(pack_row(Format::float32, 16, std::vector<std::int32_t>{0x3f800000}) == Bytes{0, 0, 0x80, 0x3f});
  // 1, and 1 + 2^-11 which lies midway between 1 and the next half.
  CHECK(pack_row(Format::float16, 16, std::vector<std::int32_t>{0x3f800000, 0x3f801000}) ==
        Bytes{0, 0x3c, 0, 0x3c});
}

TEST_CASE("the lanes behind a row's last element hold zeros in pow2 and bit planes") {
  const std::vector<std::int32_t> values = {1, 1, 1};
  for (const Format format : all_formats()) {
    if (!is_bit_planes(format) && format != Format::pow2) continue;
    const std::int64_t lanes = elements_per_word(format, 64);
    const auto all = unpack_row(format, 64, pack_row(format, 64, values), lanes);
    for (std::size_t i = 3; i < all.size(); ++i) CHECK(all[i] == 0);
  }
}

TEST_CASE("the bits of -1, 0, +1 lie where the formats say, least significant first") {
  const std::vector<std::int32_t> trits = {-1, 0, 1, 0};
  // trit2: 00, 01, 11, 01, then four zeros 01 behind the last.
  CHECK(pack_row(Format::trit2, 16, trits) == Bytes{0b01'11'01'00, 0b01'01'01'01});
  // Its mask: one bit for each zero, those behind the last included.
  CHECK(pack_row(Format::trit2_mask, 16, trits) == Bytes{0b01'11'01'00, 0b01'01'01'01, 0b1111'1010});
  // planes: 8 nonzero bits, then 8 signs.
  CHECK(pack_row(Format::planes, 16, trits) == Bytes{0b0000'0101, 0b0000'0001});
  CHECK(pack_row(Format::bit1, 16, std::vector<std::int32_t>{1, -1, 1, 1}) == Bytes{0b1101, 0});
}

TEST_CASE("cleared memory is -1 in trit2 and bit1, and 0 in planes") {
  const Bytes cleared(6);
  for (std::int64_t i = 0; i < 16; ++i) {
    CHECK(get_element(Format::trit2, 16, cleared, i) == -1);
    CHECK(get_element(Format::trit2_mask, 16, cleared, i) == -1);
    CHECK(get_element(Format::planes, 16, cleared, i) == 0);
    CHECK(get_element(Format::bit1, 16, cleared, i) == -1);
  }
}

TEST_CASE("both codes of zero are read as 0") {
  CHECK(get_element(Format::trit2, 16, Bytes{0b01, 0}, 0) == 0);
  CHECK(get_element(Format::trit2, 16, Bytes{0b10, 0}, 0) == 0);
}

TEST_CASE("the 28 tail lanes behind 4 elements of a 64-bit word hold zeros, in bit1 60 times -1") {
  const std::vector<std::int32_t> values = {1, -1, 1, -1};
  for (const Format format : {Format::trit2, Format::trit2_mask, Format::planes}) {
    const auto all = unpack_row(format, 64, pack_row(format, 64, values), 32);
    for (std::size_t i = 4; i < 32; ++i) CHECK(all[i] == 0);
  }
  const auto all = unpack_row(Format::bit1, 64, pack_row(Format::bit1, 64, values), 64);
  for (std::size_t i = 4; i < 64; ++i) CHECK(all[i] == -1);
}

TEST_CASE("writing element 5 of 24 leaves the other 23 as they are") {
  Random random(6);
  for (const Format format : {Format::trit2, Format::trit2_mask, Format::planes}) {
    for (std::int64_t index = 0; index < 24; ++index) {
      std::vector<std::int32_t> values(24);
      for (auto& value : values) value = static_cast<std::int32_t>(random.between(-1, 1));
      Bytes row = pack_row(format, 16, values);
      for (const int value : {1, -1, 0, 1}) {
        put_element(format, 16, row, index, value);
        values[static_cast<std::size_t>(index)] = value;
        CHECK(row == pack_row(format, 16, values));
      }
    }
  }
}

TEST_CASE("a row of 40 elements takes the bytes that its format says") {
  // 64-bit words: 40 bits fill one, 40 trits two.
  CHECK(row_bytes(Format::bit1, 40, 64) == 8);
  CHECK(row_bytes(Format::trit2, 40, 64) == 16);
  CHECK(row_bytes(Format::planes, 40, 64) == 16);
  CHECK(row_bytes(Format::trit2_mask, 40, 64) == 24);
  CHECK(row_bytes(Format::uint8, 40, 64) == 40);
  CHECK(row_bytes(Format::int32, 40, 64) == 160);
  CHECK(row_bytes(Format::float32, 40, 64) == 160);
  CHECK(row_bytes(Format::bit1, 64, 64) == 8);
  CHECK(row_bytes(Format::bit1, 65, 64) == 16);
}
