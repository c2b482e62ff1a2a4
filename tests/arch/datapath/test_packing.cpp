// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/packing.hpp"

#include "support/random.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

/// The trits of a number in base 3, the lowest digit first.
std::vector<std::int8_t> trits_of(int number, std::size_t count) {
  std::vector<std::int8_t> trits(count);
  for (auto& trit : trits) {
    trit = static_cast<std::int8_t>(number % 3 - 1);
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
    std::vector<std::int8_t> signs(16);
    for (unsigned i = 0; i < 16; ++i) signs[i] = (number >> i & 1U) != 0 ? std::int8_t{1} : std::int8_t{-1};
    const Bytes row = pack_row(Format::bit1, 16, signs);
    REQUIRE(row == Bytes{static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8U)});
    REQUIRE(unpack_row(Format::bit1, 16, row, 16) == signs);
  }
}

TEST_CASE("rows of 1 to 100 elements come back in every format and word width") {
  Random random(5);
  for (const Format format : {Format::bit1, Format::trit2, Format::trit2_mask, Format::planes}) {
    for (const std::int64_t word_bits : {16, 32, 48, 64, 128, 512}) {
      for (std::int64_t elements = 1; elements <= 100; ++elements) {
        std::vector<std::int8_t> values(static_cast<std::size_t>(elements));
        for (auto& value : values) {
          value = static_cast<std::int8_t>(format == Format::bit1 ? 2 * random.between(0, 1) - 1
                                                                  : random.between(-1, 1));
        }
        const Bytes row = pack_row(format, word_bits, values);
        REQUIRE(static_cast<std::int64_t>(row.size()) == row_bytes(format, elements, word_bits));
        REQUIRE(unpack_row(format, word_bits, row, elements) == values);
      }
    }
  }
}

TEST_CASE("the bits of -1, 0, +1 lie where the formats say, least significant first") {
  const std::vector<std::int8_t> trits = {-1, 0, 1, 0};
  // trit2: 00, 01, 11, 01, then four zeros 01 behind the last.
  CHECK(pack_row(Format::trit2, 16, trits) == Bytes{0b01'11'01'00, 0b01'01'01'01});
  // Its mask: one bit for each zero, those behind the last included.
  CHECK(pack_row(Format::trit2_mask, 16, trits) == Bytes{0b01'11'01'00, 0b01'01'01'01, 0b1111'1010});
  // planes: 8 nonzero bits, then 8 signs.
  CHECK(pack_row(Format::planes, 16, trits) == Bytes{0b0000'0101, 0b0000'0001});
  CHECK(pack_row(Format::bit1, 16, std::vector<std::int8_t>{1, -1, 1, 1}) == Bytes{0b1101, 0});
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
  const std::vector<std::int8_t> values = {1, -1, 1, -1};
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
      std::vector<std::int8_t> values(24);
      for (auto& value : values) value = static_cast<std::int8_t>(random.between(-1, 1));
      Bytes row = pack_row(format, 16, values);
      for (const int value : {1, -1, 0, 1}) {
        put_element(format, 16, row, index, value);
        values[static_cast<std::size_t>(index)] = static_cast<std::int8_t>(value);
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
