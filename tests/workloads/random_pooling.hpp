// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "tests/workloads/random_model.hpp"

namespace tricycle::test {

/// A quantizer with any zero point, perhaps a convolution and another quantizer, and one or two pools of any
/// geometry: alone, behind the quantizer, or between the convolution and it. It ends in a pool, in a
/// quantizer behind one, or in a Gemm. All scales are powers of two, so that float32 computes everything
/// exactly but means of windows whose taps are no power of two, and no product reads such a mean's codes. The
/// input may leave the range of its quantizer.
[[nodiscard]] RandomModel random_pooling(std::uint64_t seed);

/// The same without quantizers, for machines of floating point.
[[nodiscard]] RandomModel random_float_pooling(std::uint64_t seed);

}  // namespace tricycle::test
