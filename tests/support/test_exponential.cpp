// SPDX-License-Identifier: Apache-2.0
#include "support/exponential.hpp"

#include <cmath>
#include <limits>

#include "support/random.hpp"
#include "tests/catch.hpp"

using tricycle::exponential;
using tricycle::exponential_minus_1;
using tricycle::logarithm;
using tricycle::Random;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// How far a value is from the exact one, as a part of `size`.
double error(double value, long double exact, long double size) {
  return static_cast<double>(std::abs((value - exact) / size));
}

}  // namespace

TEST_CASE("two hundred thousand exponentials are within 2^-48 of those of 64 bits of precision") {
  Random random(5);
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const double range = i % 2 == 0 ? 2.0 : 700.0;
    const double x = (2 * random.real() - 1) * range;
    const long double exact = std::exp(static_cast<long double>(x));
    worst = std::max(worst, error(exponential(x), exact, exact));
    worst = std::max(worst, error(exponential_minus_1(x), exact - 1, exact + 1));
  }
  CHECK(worst > 0);
  CHECK(worst < 0x1p-48);
}

TEST_CASE("e^x - 1 is within 2^-48 of itself for small x") {
  Random random(6);
  double worst = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = std::ldexp(2 * random.real() - 1, -2 - i % 50);
    const long double exact = std::expm1(static_cast<long double>(x));
    if (x != 0) worst = std::max(worst, error(exponential_minus_1(x), exact, exact));
  }
  CHECK(worst < 0x1p-48);
}

TEST_CASE("two hundred thousand logarithms are within 2^-48 of those of 64 bits of precision") {
  Random random(7);
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const double m = 0.5 + random.real();
    const double x = i % 2 == 0 ? m : std::ldexp(m, static_cast<int>(random.between(-1074, 1023)));
    if (x == 1 || x == 0) continue;
    const long double exact = std::log(static_cast<long double>(x));
    worst = std::max(worst, error(logarithm(x), exact, exact));
  }
  CHECK(worst > 0);
  CHECK(worst < 0x1p-48);
}

TEST_CASE("a logarithm next to 1 keeps all its digits") {
  for (int k = 1; k <= 52; ++k) {
    for (const double x : {1 + std::ldexp(1, -k), 1 - std::ldexp(1, -k)}) {
      const long double exact = std::log(static_cast<long double>(x));
      CHECK(error(logarithm(x), exact, exact) < 0x1p-48);
    }
  }
}

TEST_CASE("exponentials and logarithms have the ends and the bits that they have on every machine") {
  CHECK(exponential(0) == 1);
  CHECK(exponential(1) == Approx(2.718281828459045).epsilon(1e-15));
  CHECK(exponential(-infinity) == 0);
  CHECK(exponential(-746.5) == 0);
  CHECK(exponential(-745) == 0x1p-1074);
  CHECK(exponential(709.9) == infinity);
  CHECK(exponential(1e300) == infinity);
  CHECK(std::isnan(exponential(std::nan(""))));
  CHECK(logarithm(1) == 0);
  CHECK(logarithm(2) == 0x1.62e42fefa39efp-1);
  CHECK(logarithm(0.5) == -0x1.62e42fefa39efp-1);
  CHECK(logarithm(0) == -infinity);
  CHECK(logarithm(-0.0) == -infinity);
  CHECK(logarithm(infinity) == infinity);
  CHECK(std::isnan(logarithm(-1)));
  CHECK(std::isnan(logarithm(std::nan(""))));
}
