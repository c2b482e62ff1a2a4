// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tricycle {

/// Functions of float32 whose results are the exact values rounded once. They use no libm, so the results are
/// the same on every machine. Each function computes in double precision, with an error far below float32's,
/// and checks whether the error could change the rounding. Where it could (about once in 2^20 values), a
/// computation with 100 decimal digits decides.

/// e^x. Infinite above 88.7, 0 below -103.98, NaN for NaN.
[[nodiscard]] float exact_exp(float x);
/// e^x - 1.
[[nodiscard]] float exact_expm1(float x);
/// 1 / (1 + e^-x).
[[nodiscard]] float exact_sigmoid(float x);
/// log(1 + e^x).
[[nodiscard]] float exact_softplus(float x);
[[nodiscard]] float exact_tanh(float x);
/// x^y. NaN for a negative x and a y that is not an integer.
[[nodiscard]] float exact_power(float x, float y);

}  // namespace tricycle
