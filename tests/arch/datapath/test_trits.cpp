// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/trits.hpp"

#include "arch/datapath/packing.hpp"
#include "support/random.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Values = std::vector<std::int32_t>;

/// The trits of a number in base 3, the lowest digit first.
Values trits_of(int number, std::size_t count) {
  Values trits(count);
  for (auto& trit : trits) {
    trit = number % 3 - 1;
    number /= 3;
  }
  return trits;
}

Values random_trits(Random& random, std::int64_t count, double density) {
  Values trits(static_cast<std::size_t>(count));
  for (auto& trit : trits) trit = random.chance(density) ? (random.chance(0.5) ? 1 : -1) : 0;
  return trits;
}

}  // namespace

TEST_CASE("all 243 groups of five trits are the bytes 0 to 242: the sum of (t_i + 1) 3^i") {
  for (int number = 0; number < 243; ++number) {
    const Values trits = trits_of(number, 5);
    int sum = 0;
    for (std::size_t i = 5; i-- > 0;) sum = 3 * sum + trits[i] + 1;
    REQUIRE(sum == number);
    const Bytes row = pack_row(Format::trit5, 64, trits);
    REQUIRE(row == Bytes{static_cast<std::uint8_t>(number)});
    REQUIRE(unpack_row(Format::trit5, 64, row, 5) == trits);
    REQUIRE(stream_fault(Format::trit5, row, 5).empty());
  }
}

TEST_CASE("the bytes 243 to 255 are no trits, 242 is, and only those that hold elements are looked at") {
  for (int byte = 243; byte < 256; ++byte) {
    const Bytes row = {121, static_cast<std::uint8_t>(byte)};
    CHECK(stream_fault(Format::trit5, row, 6) ==
          "byte 1 is " + std::to_string(byte) + "; five trits are 0 to 242");
    CHECK(stream_fault(Format::trit5, row, 5).empty());
  }
  CHECK(stream_fault(Format::trit5, Bytes{121, 242}, 6).empty());
}

TEST_CASE("all rows of 0 to 10 trits come back from trit5 and from a bitmap") {
  int cases = 1;
  for (std::size_t count = 0; count <= 10; ++count, cases *= 3) {
    for (int number = 0; number < cases; ++number) {
      const Values trits = trits_of(number, count);
      for (const Format format : {Format::trit5, Format::bitmap}) {
        const Bytes row = pack_row(format, 64, trits);
        REQUIRE(unpack_row(format, 64, row, static_cast<std::int64_t>(count)) == trits);
        REQUIRE(stream_fault(format, row, static_cast<std::int64_t>(count)).empty());
      }
    }
  }
}

TEST_CASE("three trits behind 7 of trit5 are zeros: the second byte is 1 + 1 x 3 + 27 + 9 + 81 for 0, 0") {
  const Bytes row = pack_row(Format::trit5, 64, Values{1, 1, 1, 1, 1, 0, 0});
  CHECK(row == Bytes{242, 121});
  CHECK(unpack_row(Format::trit5, 64, row, 10) == Values{1, 1, 1, 1, 1, 0, 0, 0, 0, 0});
}

TEST_CASE("10 elements of which 3 are not zero are 2 bytes of bits and 1 of signs, lowest bits first") {
  const Values trits = {0, -1, 0, 0, 1, 0, 0, 0, 0, -1};
  CHECK(pack_row(Format::bitmap, 64, trits) == Bytes{0b0001'0010, 0b10, 0b101});
  CHECK(bitmap_bytes(10, 3) == 3);
  CHECK(bitmap_bytes(10, 8) == 3);
  CHECK(bitmap_bytes(10, 9) == 4);
  CHECK(pack_row(Format::bitmap, 64, Values(10)) == Bytes{0, 0});
}

TEST_CASE("a bitmap of 9 nonzeros with one byte of signs is none, with two it is") {
  const Values ones(9, 1);
  Bytes row = pack_row(Format::bitmap, 64, ones);
  REQUIRE(row.size() == 4);
  CHECK(stream_fault(Format::bitmap, row, 9).empty());
  row.pop_back();
  CHECK(stream_fault(Format::bitmap, row, 9) == "9 of 9 elements are not zero, and there are 8 sign bits");
}

TEST_CASE("random rows of up to 3,000 trits come back whole, from any element on, and from longer rows") {
  Random random(31);
  for (int round = 0; round < 300; ++round) {
    const std::int64_t count = random.between(1, 3000);
    const Values trits = random_trits(random, count, random.real());
    const std::int64_t first = random.between(0, count - 1);
    for (const Format format : {Format::trit5, Format::bitmap}) {
      Bytes row = pack_row(format, 64, trits);
      REQUIRE(static_cast<std::int64_t>(row.size()) <= row_bytes(format, count, 64));
      if (format == Format::bitmap)
        REQUIRE(static_cast<std::int64_t>(row.size()) == bitmap_bytes(count, nonzeros_of(trits)));
      row.resize(row.size() + static_cast<std::size_t>(random.between(0, 3)));
      REQUIRE(unpack_row(format, 64, row, count) == trits);
      Values tail(static_cast<std::size_t>(count - first));
      decode_row(format, 64, row, first, tail);
      REQUIRE(tail == Values(trits.begin() + first, trits.end()));
    }
  }
}

TEST_CASE("a channel of 3 taps of 40 trits has 48 bytes in words of 64 bits, 24 of trit5 and one bitmap") {
  Random random(32);
  const Values trits = random_trits(random, 120, 0.5);
  const std::int64_t signs = (nonzeros_of(trits) + 7) / 8;
  const auto bytes_of = [](Format format) { return WeightRow{format, 3, 40}.bytes(64); };
  CHECK(bytes_of(Format::planes) == 48);
  CHECK(bytes_of(Format::trit2) == 48);
  CHECK(bytes_of(Format::trit2_mask) == 72);
  CHECK(bytes_of(Format::trit5) == 24);
  CHECK(bytes_of(Format::bitmap) == 30);  // at most
  for (const Format format :
       {Format::planes, Format::trit2, Format::trit2_mask, Format::trit5, Format::bitmap}) {
    const WeightRow weights = {format, 3, 40};
    Bytes row(static_cast<std::size_t>(format == Format::bitmap ? 15 + signs : weights.bytes(64)));
    pack_weight_row(weights, 64, trits, row);
    CHECK(unpack_weight_row(weights, 64, row) == trits);
  }
}
