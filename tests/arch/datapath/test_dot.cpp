// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/dot.hpp"

#include <vector>

#include "support/random.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

std::vector<std::int8_t> random_trits(Random& random, std::size_t count) {
  std::vector<std::int8_t> trits(count);
  for (auto& trit : trits) trit = static_cast<std::int8_t>(random.between(-1, 1));
  return trits;
}

/// Random signs: the operands of the binary datapath.
std::vector<std::int8_t> random_signs(Random& random, std::size_t count) {
  std::vector<std::int8_t> signs(count);
  for (auto& sign : signs) sign = random.chance(0.5) ? std::int8_t{1} : std::int8_t{-1};
  return signs;
}

void set_bit(std::vector<std::uint64_t>& words, std::size_t bit) {
  words[bit / 64] |= std::uint64_t{1} << bit % 64;
}

/// Table 1's codes, zeros drawn from both of theirs; the lanes behind the last are zero.
std::vector<std::uint64_t> codes_of(const std::vector<std::int8_t>& trits, Random& random) {
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
  const std::vector<std::int8_t> plus(300, 1), minus(300, -1);
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
