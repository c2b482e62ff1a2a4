// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/exact.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>

namespace tricycle {
namespace {

using Wide = boost::multiprecision::cpp_bin_float_100;

/// e^r - 1 for |r| <= 0.35 by Taylor's series to r^14, whose rest is below 2^-60 of the value. The largest
/// terms are added last, so that the rounding errors stay below 2^-51.
double small_expm1(double r) {
  double sum = 1;
  for (int n = 14; n >= 2; --n) sum = 1 + r / n * sum;
  return r * sum;
}

/// e^x - 1 for |x| <= 110, within 2^-49 of e^x. For |x| <= 0.3 within 2^-49 of e^x - 1 itself.
struct Exponential {
  double value;   ///< e^x
  double minus1;  ///< e^x - 1
};
Exponential exponential(double x) {
  // ln 2 as a sum: the first part has 32 bits, so that its product with k is exact.
  constexpr double ln2_high = 0x1.62e42ffp-1, ln2_low = -0x1.718432a1b0e26p-35;
  const double k = std::floor(x * 0x1.71547652b82fep+0 + 0.5);
  const double r = (x - k * ln2_high) - k * ln2_low;
  const double part = small_expm1(r);
  const double value = std::ldexp(1 + part, static_cast<int>(k));
  return {value, k == 0 ? part : value - 1};
}

/// `value` as float32 if an error of up to 2^-46 of it cannot move the rounding, `exact()` otherwise.
template <class Exact>
float rounded(double value, Exact exact) {
  constexpr double error = 0x1p-46;
  const auto low = static_cast<float>(value * (1 - error));
  const auto high = static_cast<float>(value * (1 + error));
  return low == high ? low : static_cast<float>(exact());
}

}  // namespace

float exact_exp(float x) {
  if (std::isnan(x)) return x;
  if (x > 89) return std::numeric_limits<float>::infinity();
  if (x < -104) return 0;
  return rounded(exponential(static_cast<double>(x)).value, [&] { return Wide(exp(Wide(x))); });
}

float exact_sigmoid(float x) {
  if (std::isnan(x)) return x;
  if (x > 89) return 1;
  if (x < -104) return 0;
  const double t = exponential(-std::abs(static_cast<double>(x))).value;
  return rounded((x < 0 ? t : 1) / (1 + t), [&] { return Wide(1 / (1 + exp(Wide(-x)))); });
}

float exact_tanh(float x) {
  if (std::isnan(x) || x == 0) return x;
  if (std::abs(x) > 10) return x > 0 ? 1.0F : -1.0F;
  const double twice = exponential(2 * std::abs(static_cast<double>(x))).minus1;
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
