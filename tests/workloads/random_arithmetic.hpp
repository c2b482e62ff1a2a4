// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "tests/workloads/random_model.hpp"

namespace tricycle::test {

/// Small models whose numbers are mostly exact in float32, so that integers must give the same: an input
/// quantizer, and what the name says. Where float32 itself rounds, the text says how far an output may be
/// away:
/// "(within 0.25)".

/// Conv or Gemm, perhaps a rectifier, and a quantizer: QuantizeLinear and DequantizeLinear of uint8 or int8
/// with any zero point, or Quant of any width, zero point and range.
[[nodiscard]] RandomModel random_output_quantizer(std::uint64_t seed);
/// The same with a Quant of any rounding mode, 1 to 8 or 16 bits.
[[nodiscard]] RandomModel random_rounding(std::uint64_t seed);
/// The same with steps such as 0.1 and 0.35, which no float32 holds: a quotient is a half only because
/// float32 takes it for one.
[[nodiscard]] RandomModel random_decimal_step(std::uint64_t seed);
/// The mean of a window or of the image, of 1 to 144 values, and a quantizer.
[[nodiscard]] RandomModel random_average(std::uint64_t seed);
/// Channels that are constant, or whose clamps differ: gammas of 0 and below, weights of 0.
[[nodiscard]] RandomModel random_constant_channel(std::uint64_t seed);
/// The concatenation or the sum of two tensors of different scales and zero points, and a quantizer.
[[nodiscard]] RandomModel random_join(std::uint64_t seed);

/// How far an output may be from float32's.
[[nodiscard]] double allowed(const RandomModel& model);

}  // namespace tricycle::test
