// SPDX-License-Identifier: Apache-2.0
#include "support/exact.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>

#include "support/exponential.hpp"

namespace tricycle {
namespace {

using Wide = boost::multiprecision::cpp_bin_float_100;

/// `value` as float32 if an error of up to `error` of it cannot move the rounding, `exact()` otherwise.
template <class Exact>
float rounded(double value, Exact exact, double error = 0x1p-46) {
  const auto low = static_cast<float>(value * (1 - error));
  const auto high = static_cast<float>(value * (1 + error));
  return low == high ? low : static_cast<float>(exact());
}

}  // namespace

float exact_exp(float x) {
  if (std::isnan(x)) return x;
  if (x > 89) return std::numeric_limits<float>::infinity();
  if (x < -104) return 0;
  return rounded(exponential(static_cast<double>(x)), [&] { return Wide(exp(Wide(x))); });
}

float exact_expm1(float x) {
  if (std::isnan(x) || x == 0) return x;
  if (x > 89) return std::numeric_limits<float>::infinity();
  if (x < -104) return -1;
  // Beyond |x| = 0.3 the error is 2^-48 of e^x + 1, which is at most seven times |e^x - 1|.
  return rounded(
      exponential_minus_1(static_cast<double>(x)), [&] { return Wide(exp(Wide(x)) - 1); }, 0x1p-45);
}

float exact_softplus(float x) {
  if (std::isnan(x) || x > 30) return x;  // beyond 30 e^-x is below half of the last bit
  if (x < -104) return 0;
  return static_cast<float>(Wide(log(1 + exp(Wide(x)))));
}

float exact_sigmoid(float x) {
  if (std::isnan(x)) return x;
  if (x > 89) return 1;
  if (x < -104) return 0;
  const double t = exponential(-std::abs(static_cast<double>(x)));
  return rounded((x < 0 ? t : 1) / (1 + t), [&] { return Wide(1 / (1 + exp(Wide(-x)))); });
}

float exact_tanh(float x) {
  if (std::isnan(x) || x == 0) return x;
  if (std::abs(x) > 10) return x > 0 ? 1.0F : -1.0F;
  const double twice = exponential_minus_1(2 * std::abs(static_cast<double>(x)));
  const double size = twice / (twice + 2);
  return rounded(x > 0 ? size : -size, [&] { return Wide(tanh(Wide(x))); });
}

float exact_power(float x, float y) {
  if (y == 0.5F && x >= 0) return std::sqrt(x);
  if (y == 1.0F) return x;
  if (y == 2.0F) return x * x;
  const auto wide = [&] { return Wide(pow(Wide(x), Wide(y))); };
  if (y == 0.75F && x > 0 && std::isfinite(x)) {
    const auto wider = static_cast<double>(x);
    return rounded(std::sqrt(wider * std::sqrt(wider)), wide);
  }
  return static_cast<float>(wide());
}

}  // namespace tricycle
