// SPDX-License-Identifier: Apache-2.0
#include "support/exact.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>

#include "support/random.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("exponentials, sigmoids and hyperbolic tangents are correctly rounded at 6000 points") {
  using Wide = boost::multiprecision::cpp_bin_float_100;
  Random random(17);
  for (int i = 0; i < 2000; ++i) {
    const int exponent = static_cast<int>(random.between(-20, 6));
    const float x = static_cast<float>(std::ldexp(random.real() - 0.5, exponent));
    const Wide power = exp(Wide(x));
    CHECK(exact_exp(x) == static_cast<float>(power));
    CHECK(exact_sigmoid(x) == static_cast<float>(Wide(power / (1 + power))));
    CHECK(exact_tanh(x) == static_cast<float>(Wide(tanh(Wide(x)))));
    CHECK(exact_expm1(x) == static_cast<float>(Wide(power - 1)));
    CHECK(exact_softplus(x) == static_cast<float>(Wide(log(1 + power))));
  }
}

TEST_CASE("exponentials, sigmoids and hyperbolic tangents have limits") {
  CHECK(exact_exp(0) == 1);
  CHECK(exact_exp(1) == 0x1.5bf0a8p+1F);
  CHECK(exact_exp(88.8F) == infinity);
  CHECK(exact_exp(88.7F) == 0x1.f46ff8p+127F);
  CHECK(exact_exp(-103) == 0x1p-149F);
  CHECK(exact_exp(-105) == 0);
  CHECK(exact_exp(-infinity) == 0);
  CHECK(exact_sigmoid(0) == 0.5F);
  CHECK(exact_sigmoid(infinity) == 1);
  CHECK(exact_sigmoid(-infinity) == 0);
  CHECK(exact_tanh(-0x1p-149F) == -0x1p-149F);
  CHECK(exact_tanh(infinity) == 1);
  CHECK(exact_tanh(-20) == -1);
  CHECK(exact_expm1(0x1p-149F) == 0x1p-149F);
  CHECK(exact_expm1(-200) == -1);
  CHECK(exact_expm1(88.8F) == infinity);
  CHECK(exact_softplus(-103) == 0x1p-149F);
  CHECK(exact_softplus(-infinity) == 0);
  CHECK(exact_softplus(30.5F) == 30.5F);
  for (const auto f : {exact_exp, exact_sigmoid, exact_tanh}) CHECK(std::isnan(f(std::nanf(""))));
}
