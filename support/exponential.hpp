// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tricycle {

/// Exponentials and logarithms in double precision without libm. They use additions, multiplications,
/// divisions and exact changes of the exponent in a fixed order, so the results have the same bits on every
/// machine.

/// e^x with a relative error within 2^-48 where it is a normal number. Infinite above 709.79, 0 below -746,
/// NaN for NaN.
[[nodiscard]] double exponential(double x);

/// e^x - 1 for |x| <= 700, with an error within 2^-48 (e^x + 1); for |x| <= 0.3 with a relative error within
/// 2^-48.
[[nodiscard]] double exponential_minus_1(double x);

/// ln x with a relative error within 2^-48. -infinity for 0, infinity for infinity, NaN below 0 and for NaN.
[[nodiscard]] double logarithm(double x);

}  // namespace tricycle
