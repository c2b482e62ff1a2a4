// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "tests/workloads/random_model.hpp"

namespace tricycle::test {

/// A model that begins with a quantizer (QuantizeLinear of uint8 or int8, Quant or IntQuant of 1 to 8 bits,
/// signed or not, narrow or not, with any zero point, in any rounding mode, or BipolarQuant), whose codes a
/// convolution or a product reads, and whose output is a real number. Steps are powers of two: its float32
/// sums are exact. Some inputs lie beyond the codes, some on ties.
[[nodiscard]] RandomModel random_input_quantizer(std::uint64_t seed);

}  // namespace tricycle::test
