// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/interpolate.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>

namespace tricycle {

using Wide = boost::multiprecision::cpp_bin_float_50;

double log_ratio(double x, double base) {
  return static_cast<double>(log(Wide(x)) / log(Wide(base)));
}
double power(double base, double exponent) {
  return static_cast<double>(pow(Wide(base), Wide(exponent)));
}

}  // namespace tricycle
