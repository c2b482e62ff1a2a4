// SPDX-License-Identifier: Apache-2.0
// Equations are those of HitNet (NeurIPS 2018).
#include <cmath>
#include <numbers>

#include "support/random.hpp"
#include "tests/catch.hpp"
#include "workloads/quantize/rules/hitnet.hpp"

namespace {

using tricycle::as_ternary;
using tricycle::Random;
using tricycle::TernaryWeights;
using tricycle::ttq;

using Codes = std::vector<std::int16_t>;
using Floats = std::vector<float>;

float gaussian(Random& random) {
  const double size = std::sqrt(-2 * std::log(1 - random.real()));
  return static_cast<float>(size * std::cos(2 * std::numbers::pi * random.real()));
}

Floats gaussians(Random& random, std::size_t count) {
  Floats values(count);
  for (float& value : values) value = gaussian(random);
  return values;
}

}  // namespace

TEST_CASE("Eqs 5 to 7: of 1, -2, 0.5, 0 and 4 the threshold is 1, and the scale the mean 3 of 2 and 4") {
  const TernaryWeights weights = ttq(Floats{1, -2, 0.5F, 0, 4});
  CHECK(weights.theta == 1);
  CHECK(weights.codes == Codes{0, -1, 0, 0, 1});  // a value on the threshold becomes 0
  CHECK(weights.alpha == 3);
}

TEST_CASE("values of one size a lie above their threshold 2/3 a, and their scale is a") {
  const TernaryWeights weights = ttq(Floats{0.75F, -0.75F, -0.75F});
  CHECK(weights.theta == 0.5);
  CHECK(weights.codes == Codes{1, -1, -1});
  CHECK(weights.alpha == 0.75);
}

TEST_CASE("zeros have threshold 0, scale 0 and codes 0, and so has nothing at all") {
  const TernaryWeights zeros = ttq(Floats(7, 0.0F));
  CHECK(zeros.theta == 0);
  CHECK(zeros.alpha == 0);
  CHECK(zeros.codes == Codes(7, 0));
  const TernaryWeights none = ttq(Floats());
  CHECK(none.theta == 0);
  CHECK(none.alpha == 0);
  CHECK(none.codes.empty());
}

TEST_CASE("the threshold is 2/3 of the mean size and the scale the mean of what is above, of 300 vectors") {
  Random random(31);
  for (int round = 0; round < 300; ++round) {
    const Floats values = gaussians(random, static_cast<std::size_t>(random.between(1, 60)));
    const TernaryWeights weights = ttq(values);
    long double sum = 0, above = 0;
    for (const float value : values) sum += std::abs(value);
    const auto theta = static_cast<double>(2 * sum / 3 / static_cast<long double>(values.size()));
    REQUIRE(weights.theta == Approx(theta).epsilon(1e-14));
    int count = 0;
    REQUIRE(weights.codes.size() == values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int code = values[i] > weights.theta ? 1 : values[i] < -weights.theta ? -1 : 0;
      REQUIRE(weights.codes[i] == code);
      if (code == 0) continue;
      above += std::abs(values[i]);
      ++count;
    }
    REQUIRE(count > 0);  // the largest is never below 2/3 of the mean
    REQUIRE(weights.alpha == Approx(static_cast<double>(above / count)).epsilon(1e-14));
    REQUIRE(weights.alpha > weights.theta);
  }
}

TEST_CASE("values times -8 have the opposite codes and 8 times the threshold and scale, of 100 vectors") {
  Random random(32);
  for (int round = 0; round < 100; ++round) {
    Floats values = gaussians(random, 40);
    const TernaryWeights weights = ttq(values);
    for (float& value : values) value *= -8;
    const TernaryWeights larger = ttq(values);
    REQUIRE(larger.theta == 8 * weights.theta);
    REQUIRE(larger.alpha == 8 * weights.alpha);
    for (std::size_t i = 0; i < values.size(); ++i) REQUIRE(larger.codes[i] == -weights.codes[i]);
  }
}

TEST_CASE("of a normal distribution: threshold 0.532 sigma, 40.5 % zeros, scale 1.1645 sigma, error 0.1934") {
  Random random(33);
  constexpr std::size_t count = 1'000'000;
  Floats values = gaussians(random, count);
  for (float& value : values) value *= 0.05F;
  const TernaryWeights weights = ttq(values);
  CHECK(weights.theta / 0.05 == Approx(0.5319).margin(0.002));
  CHECK(weights.alpha / 0.05 == Approx(1.1645).margin(0.003));
  double zeros = 0, squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (weights.codes[i] == 0) ++zeros;
    const double error = (static_cast<double>(values[i]) - weights.alpha * weights.codes[i]) / 0.05;
    squares += error * error;
  }
  CHECK(zeros / count == Approx(0.4052).margin(0.002));
  CHECK(squares / count == Approx(0.193426).margin(0.002));
}

TEST_CASE("values of -0.25, 0 and 0.25 are ternary already, with the scale 0.25 and no threshold") {
  const auto weights = as_ternary(Floats{0.25F, 0, -0.25F, -0.0F, 0.25F});
  REQUIRE(weights);
  CHECK(weights->codes == Codes{1, 0, -1, 0, 1});
  CHECK(weights->alpha == 0.25);
  CHECK(weights->theta == 0);
}

TEST_CASE("zeros alone are ternary with the scale 0, and two sizes are not ternary") {
  const auto zeros = as_ternary(Floats{0, 0});
  REQUIRE(zeros);
  CHECK(zeros->codes == Codes{0, 0});
  CHECK(zeros->alpha == 0);
  CHECK_FALSE(as_ternary(Floats{0.25F, 0, -0.5F}));
  CHECK_FALSE(as_ternary(Floats{0.25F, -std::nextafter(0.25F, 1.0F)}));
}

TEST_CASE("quantizing what is quantized changes nothing: 100 vectors of codes times a scale") {
  Random random(34);
  for (int round = 0; round < 100; ++round) {
    const TernaryWeights weights = ttq(gaussians(random, 50));
    const auto alpha = static_cast<float>(weights.alpha);
    Floats values;
    for (const std::int16_t code : weights.codes) values.push_back(static_cast<float>(code) * alpha);
    const auto again = as_ternary(values);
    REQUIRE(again);
    REQUIRE(again->codes == weights.codes);
    REQUIRE(again->alpha == static_cast<double>(alpha));
    REQUIRE(ttq(values).codes == weights.codes);
  }
}
