// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tricycle {

/// Functions of float32 whose results are the exact values rounded once, on every machine: no libm takes
/// part. Each computes in double precision with an error far below float32's and looks whether the error
/// could move the rounding. Where it could (about once in 2^20 values), 100 decimal digits decide.

/// e^x. Infinite above 88.7, 0 below -103.98, NaN for NaN.
[[nodiscard]] float exact_exp(float x);
/// e^x - 1.
[[nodiscard]] float exact_expm1(float x);
/// 1 / (1 + e^-x).
[[nodiscard]] float exact_sigmoid(float x);
/// log(1 + e^x).
[[nodiscard]] float exact_softplus(float x);
[[nodiscard]] float exact_tanh(float x);
/// x^y. NaN for a negative x and a y that is no integer.
[[nodiscard]] float exact_power(float x, float y);

}  // namespace tricycle
