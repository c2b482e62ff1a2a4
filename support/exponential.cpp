// SPDX-License-Identifier: Apache-2.0
#include "support/exponential.hpp"

#include <cmath>
#include <limits>

namespace tricycle {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// ln 2 as a sum: the first part has 32 bits, so that its product with an exponent is exact.
constexpr double ln2_high = 0x1.62e42ffp-1, ln2_low = -0x1.718432a1b0e26p-35;

/// e^r - 1 for |r| <= 0.35 by Taylor's series to r^14, whose rest is below 2^-60 of the value. The largest
/// terms are added last, so that the rounding errors stay below 2^-51.
double small_expm1(double r) {
  double sum = 1;
  for (int n = 14; n >= 2; --n) sum = 1 + r / n * sum;
  return r * sum;
}

/// x as k ln 2 + r with |r| <= 0.35, and e^r - 1.
struct Reduced {
  int k;
  double part;
};
Reduced reduced(double x) {
  const double k = std::floor(x * 0x1.71547652b82fep+0 + 0.5);
  return {static_cast<int>(k), small_expm1((x - k * ln2_high) - k * ln2_low)};
}

}  // namespace

double exponential(double x) {
  if (std::isnan(x)) return x;
  if (x > 710) return infinity;
  if (x < -746) return 0;
  const Reduced r = reduced(x);
  return std::ldexp(1 + r.part, r.k);
}

double exponential_minus_1(double x) {
  const Reduced r = reduced(x);
  return r.k == 0 ? r.part : std::ldexp(1 + r.part, r.k) - 1;
}

/// With x = 2^k m and m from sqrt(1/2) to sqrt(2): ln x = k ln 2 + 2 artanh(s) where s = (m - 1) / (m + 1),
/// |s| < 0.172. The series s + s^3 / 3 + s^5 / 5 + ... to s^23 leaves less than 2^-60 of the value.
double logarithm(double x) {
  if (std::isnan(x) || x == infinity) return x;
  if (x <= 0) return x == 0 ? -infinity : std::numeric_limits<double>::quiet_NaN();
  int k = 0;
  double m = std::frexp(x, &k);
  if (m < 0x1.6a09e667f3bcdp-1) {
    m *= 2;
    --k;
  }
  const double s = (m - 1) / (m + 1), square = s * s;
  double sum = 0;
  for (int n = 23; n >= 3; n -= 2) sum = (1.0 / n + sum) * square;
  const double part = 2 * s + 2 * s * sum;
  return k * ln2_high + (k * ln2_low + part);
}

}  // namespace tricycle
