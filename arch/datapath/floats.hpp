// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bit>
#include <cstdint>

namespace tricycle {

/// The bits of a float32 sum. Every NaN becomes 0x7fc00000, because processors produce NaNs with different
/// signs and payloads.
[[nodiscard]] inline std::int32_t sum_bits(float sum) {
  const auto bits = std::bit_cast<std::uint32_t>(sum);
  return static_cast<std::int32_t>((bits & 0x7fffffffU) > 0x7f800000U ? 0x7fc00000U : bits);
}

/// Whether two values are the same. In floating point all NaNs are the same.
[[nodiscard]] inline bool same_value(bool is_float, std::int32_t a, std::int32_t b) {
  return a == b || (is_float && sum_bits(std::bit_cast<float>(a)) == sum_bits(std::bit_cast<float>(b)));
}

}  // namespace tricycle
