// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/dot.hpp"

#include <bit>
#include <vector>

#include "support/random.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

std::vector<std::int32_t> random_trits(Random& random, std::size_t count) {
  std::vector<std::int32_t> trits(count);
  for (auto& trit : trits) trit = static_cast<std::int32_t>(random.between(-1, 1));
  return trits;
}

/// Random signs: the operands of the binary datapath.
std::vector<std::int32_t> random_signs(Random& random, std::size_t count) {
  std::vector<std::int32_t> signs(count);
  for (auto& sign : signs) sign = random.chance(0.5) ? 1 : -1;
  return signs;
}

void set_bit(std::vector<std::uint64_t>& words, std::size_t bit) {
  words[bit / 64] |= std::uint64_t{1} << bit % 64;
}

/// Table 1's codes, zeros drawn from both of theirs; the lanes behind the last are zero.
std::vector<std::uint64_t> codes_of(const std::vector<std::int32_t>& trits, Random& random) {
  std::vector<std::uint64_t> words((trits.size() + 31) / 32, fatnn::auxi);
  for (std::size_t i = 0; i < trits.size(); ++i) {
    const std::uint64_t code = trits[i] < 0 ? 0U : trits[i] > 0 ? 3U : 1U + random.below(2);
    const unsigned shift = 2 * static_cast<unsigned>(i % 32);
    words[i / 32] = (words[i / 32] & ~(std::uint64_t{3} << shift)) | code << shift;
  }
  return words;
}

}  // namespace

TEST_CASE("Eq 3 equals the plain dot product for every length from 1 to 300") {
  Random random(1);
  for (std::size_t length = 1; length <= 300; ++length) {
    const auto x = random_trits(random, length);
    const auto y = random_trits(random, length);
    CHECK(fatnn::dot(codes_of(x, random), codes_of(y, random)) == dot_reference(x, y));
  }
}

TEST_CASE(
    "Eq 1 equals the plain dot product for every length from 1 to 300, whatever lies behind the last bit") {
  Random random(2);
  for (std::size_t length = 1; length <= 300; ++length) {
    const auto x = random_signs(random, length);
    const auto y = random_signs(random, length);
    std::vector<std::uint64_t> x_bits((length + 63) / 64), y_bits((length + 63) / 64);
    for (std::size_t i = 0; i < length; ++i) {
      if (x[i] > 0) set_bit(x_bits, i);
      if (y[i] > 0) set_bit(y_bits, i);
    }
    for (std::size_t i = length; i < 64 * x_bits.size(); ++i) {
      if (random.chance(0.5)) set_bit(x_bits, i);
      if (random.chance(0.5)) set_bit(y_bits, i);
    }
    CHECK(binary_dot(x_bits, y_bits, static_cast<std::int64_t>(length)) == dot_reference(x, y));
  }
}

TEST_CASE("the planes' two popcounts equal the plain dot product for every length from 1 to 300") {
  Random random(3);
  for (std::size_t length = 1; length <= 300; ++length) {
    const auto x = random_trits(random, length);
    const auto y = random_trits(random, length);
    const std::size_t words = (length + 63) / 64;
    std::vector<std::uint64_t> x_nonzero(words), x_sign(words), y_nonzero(words), y_sign(words);
    for (std::size_t i = 0; i < length; ++i) {
      if (x[i] != 0) set_bit(x_nonzero, i);
      if (x[i] < 0) set_bit(x_sign, i);
      if (y[i] != 0) set_bit(y_nonzero, i);
      if (y[i] < 0) set_bit(y_sign, i);
    }
    CHECK(planes_dot(x_nonzero, x_sign, y_nonzero, y_sign) == dot_reference(x, y));
  }
}

TEST_CASE("the extremes of 300 elements are 300 and -300") {
  const std::vector<std::int32_t> plus(300, 1), minus(300, -1);
  Random random(4);
  CHECK(fatnn::dot(codes_of(plus, random), codes_of(plus, random)) == 300);
  CHECK(fatnn::dot(codes_of(minus, random), codes_of(minus, random)) == 300);
  CHECK(fatnn::dot(codes_of(plus, random), codes_of(minus, random)) == -300);
}

TEST_CASE("the dot product of no elements is 0") {
  CHECK(dot_reference({}, {}) == 0);
  CHECK(fatnn::dot({}, {}) == 0);
  CHECK(binary_dot({}, {}, 0) == 0);
  CHECK(planes_dot({}, {}, {}, {}) == 0);
}

TEST_CASE("Eq 3 with the mask computed before equals Eq 3 with the mask on the fly") {
  Random random(5);
  for (std::size_t length = 1; length <= 300; ++length) {
    const auto x = codes_of(random_trits(random, length), random);
    const auto y = codes_of(random_trits(random, length), random);
    std::vector<std::uint64_t> mask;
    for (const std::uint64_t word : y) mask.push_back(fatnn::zero_mask(word));
    CHECK(fatnn::dot(x, y, mask) == fatnn::dot(x, y));
  }
}

TEST_CASE("Eq 2 over bit planes equals the plain dot product for every pair of 1 to 8 bits, signed or not") {
  Random random(6);
  struct Operand {
    std::vector<std::int32_t> values;
    std::vector<std::vector<std::uint64_t>> planes;
  };
  const auto draw = [&](std::int64_t bits, bool is_signed, std::size_t length) {
    const std::int64_t low = is_signed ? -(1 << (bits - 1)) : 0;
    Operand operand{std::vector<std::int32_t>(length), {}};
    for (auto& value : operand.values)
      value = static_cast<std::int32_t>(random.between(low, low + (1 << bits) - 1));
    for (std::int64_t m = 0; m < bits; ++m) {
      operand.planes.emplace_back((length + 63) / 64);
      for (std::size_t i = 0; i < length; ++i) {
        if (((operand.values[i] >> m) & 1) != 0) set_bit(operand.planes.back(), i);
      }
    }
    return operand;
  };
  for (std::int64_t m = 1; m <= 8; ++m) {
    for (std::int64_t k = 1; k <= 8; ++k) {
      for (const bool x_signed : {false, true}) {
        for (const bool y_signed : {false, true}) {
          const auto length = static_cast<std::size_t>(random.between(1, 300));
          const Operand x = draw(m, x_signed, length), y = draw(k, y_signed, length);
          INFO(m << " x " << k << " bits, " << length << " elements");
          CHECK(bitserial_dot({x.planes, x_signed}, {y.planes, y_signed}) ==
                dot_reference(x.values, y.values));
        }
      }
    }
  }
}

TEST_CASE(
    "the shift arithmetic gives the product of all 16 x 16 pairs of codes and of all bytes with a code") {
  const auto value = [](Power p) {
    const int magnitude = p.code == 0 ? 0 : 1 << (p.code - 1);
    return p.negative ? -magnitude : magnitude;
  };
  for (unsigned y = 0; y < 16; ++y) {
    const Power power{y & 7U, y >= 8};
    for (unsigned x = 0; x < 16; ++x) {
      const Power other{x & 7U, x >= 8};
      CHECK(shift_product(other, power) == value(other) * value(power));
    }
    for (int x = -128; x < 256; ++x) CHECK(shift_product(x, power) == x * value(power));
  }
}

TEST_CASE("a tree of 4 lanes adds the two outer pairs first and 3 lanes count as 4 with a +0") {
  // 2^24 + 1 is no float32: what is added first shows.
  const float big = 0x1p24F;
  CHECK(lane_tree(std::vector<float>{big, 1, 1, -big}) == (big + 1) + (1 - big));
  CHECK(lane_tree(std::vector<float>{big, 1, 1, -big}) == 1);
  CHECK(lane_tree(std::vector<float>{1, 1, big, -big}) == 2);
  CHECK(lane_tree(std::vector<float>{1, big, 1}) == big);
  CHECK(std::bit_cast<std::uint32_t>(lane_tree(std::vector<float>{-0.0F})) == 0x80000000U);
  CHECK(std::bit_cast<std::uint32_t>(lane_tree(std::vector<float>{-0.0F, -0.0F, -0.0F})) == 0);
}

TEST_CASE("one lane adds in time and 4 lanes add 4 products before they meet the sum") {
  const float big = 0x1p24F;
  const std::vector<float> x = {1, 1, 1, 1, 1}, one = {1, 1, 1, 1, 1};
  CHECK(mac_tree(x, one, 1, big) == big);
  CHECK(mac_tree(x, one, 4, big) == big + 4);
  CHECK(mac_tree(x, one, 8, 0) == 5);
}
