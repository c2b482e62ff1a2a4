// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/rules/long.hpp"

#include <algorithm>
#include <bit>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <limits>

#include "support/exact.hpp"

namespace tricycle {

double LongLevels::level(int i) const {
  return i == 0 ? 0 : std::ldexp(q2, i - 1);
}

double LongLevels::quantize(double x) const {
  const double magnitude = std::abs(x);
  int i = 0;
  while (i + 1 < count && magnitude > (level(i) + level(i + 1)) / 2) ++i;
  return x < 0 ? -level(i) : level(i);
}

double long_error(const LongLevels& levels) {
  const boost::math::normal_distribution<double> gauss;
  // An antiderivative of phi(x) (q - x)^2; at infinity it is 1 + q^2.
  const auto primitive = [&](double q, double x) {
    return (1 + q * q) * boost::math::cdf(gauss, x) + (2 * q - x) * boost::math::pdf(gauss, x);
  };
  double error = 0, low = 0;
  for (int i = 0; i < levels.count; ++i) {
    const double q = levels.level(i);
    const bool top = i + 1 == levels.count;
    const double high = top ? 0 : (q + levels.level(i + 1)) / 2;
    error += (top ? 1 + q * q : primitive(q, high)) - primitive(q, low);
    low = high;
  }
  return error;
}

double best_long_q2(int count) {
  const auto error = [count](double q2) { return long_error({q2, count}); };
  double best = 1, least = std::numeric_limits<double>::infinity();
  for (double q2 = 0x1p-12; q2 < 4; q2 *= 1.01) {
    if (error(q2) >= least) continue;
    least = error(q2);
    best = q2;
  }
  constexpr int bits = std::numeric_limits<double>::digits / 2;
  return boost::math::tools::brent_find_minima(error, best / 1.01, best * 1.01, bits).first;
}

std::int64_t LongWeights::state(double x) const {
  return std::llround(std::ldexp(std::clamp(x, -1.0, 1.0), -lowest));
}

bool LongWeights::is_defined(std::int64_t state) {
  return state == 0 || std::has_single_bit(static_cast<std::uint64_t>(state < 0 ? -state : state));
}

std::int64_t LongWeights::defined_state(std::int64_t state, Random& random) {
  if (is_defined(state)) return state;
  const auto magnitude = static_cast<std::uint64_t>(state < 0 ? -state : state);
  const std::uint64_t below = std::bit_floor(magnitude);
  const auto chosen = static_cast<std::int64_t>(random.below(2) == 0 ? below : 2 * below);
  return state < 0 ? -chosen : chosen;
}

double LongWeights::value(std::int64_t state) const {
  return std::ldexp(static_cast<double>(state), lowest);
}

double LongWeights::discretize(double x, Random& random) const {
  return value(defined_state(state(x), random));
}

double LongWeights::updated(double weight, double delta, double th, Random& random) const {
  const double steps = std::ldexp(std::abs(delta), -lowest);
  const double whole = std::floor(steps);
  const auto chance = static_cast<double>(exact_tanh(static_cast<float>(th * (steps - whole))));
  const double moved = std::ldexp(whole + (random.chance(chance) ? 1 : 0), lowest);
  return discretize(delta < 0 ? weight - moved : weight + moved, random);
}

}  // namespace tricycle
