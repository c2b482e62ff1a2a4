// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/half.hpp"

#include <cmath>

#include "support/random.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

/// A finite binary16 by its definition.
double value_of(std::uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

std::uint32_t bits(double value) {
  return std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

}  // namespace

TEST_CASE("all 63,488 finite halves widen to their values and all 65,536 come back in the same bits") {
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto half = static_cast<std::uint16_t>(i);
    if ((half >> 10 & 31) != 31) REQUIRE(half_to_float_bits(half) == bits(value_of(half)));
    REQUIRE(float_bits_to_half(half_to_float_bits(half)) == half);
  }
}

TEST_CASE("between two neighbouring halves the nearer is taken, and the even one from the middle") {
  for (std::uint16_t half = 0; half < 0x7bff; ++half) {
    const auto next = static_cast<std::uint16_t>(half + 1);
    const double low = value_of(half), high = value_of(next), middle = (low + high) / 2;
    const std::uint16_t even = half % 2 == 0 ? half : next;
    const std::uint32_t at = bits(middle);  // exact: a float32 has 13 bits more
    REQUIRE(float_bits_to_half(at) == even);
    REQUIRE(float_bits_to_half(at - 1) == half);
    REQUIRE(float_bits_to_half(at + 1) == next);
    REQUIRE(float_bits_to_half(at | 0x80000000U) == (even | 0x8000U));
  }
}

TEST_CASE("from 65,520 on a float32 becomes infinity as a half, and 65,519 becomes 65,504") {
  CHECK(float_bits_to_half(bits(65519)) == 0x7bff);
  CHECK(float_bits_to_half(bits(65520)) == 0x7c00);
  CHECK(float_bits_to_half(bits(-65520)) == 0xfc00);
  CHECK(float_bits_to_half(0x7f7fffffU) == 0x7c00);
  CHECK(float_bits_to_half(0x7f800000U) == 0x7c00);
  CHECK(float_bits_to_half(0xff800000U) == 0xfc00);
}

TEST_CASE("up to 2^-25 a float32 becomes a zero of its sign as a half") {
  CHECK(float_bits_to_half(bits(0x1p-25)) == 0);
  CHECK(float_bits_to_half(bits(0x1p-25) + 1) == 1);
  CHECK(float_bits_to_half(bits(-0x1p-25)) == 0x8000);
  CHECK(float_bits_to_half(1) == 0);
  CHECK(float_bits_to_half(0x80000001U) == 0x8000);
}

TEST_CASE("a NaN stays a NaN even if its upper payload is 0") {
  CHECK(float_bits_to_half(0x7f800001U) == 0x7e00);
  CHECK(float_bits_to_half(0xffc00000U) == 0xfe00);
  Random random(40);
  for (int i = 0; i < 1000; ++i) {
    const auto nan = static_cast<std::uint32_t>(0x7f800001U + random.below(0x7fffff));
    CHECK((float_bits_to_half(nan) & 0x7fffU) > 0x7c00U);
  }
}
