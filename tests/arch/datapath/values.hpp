// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bit>
#include <cstdint>
#include <vector>

#include "arch/datapath/half.hpp"
#include "arch/params/datapath.hpp"
#include "support/random.hpp"

namespace tricycle {

inline constexpr std::int64_t word_widths[] = {16, 32, 48, 64, 128, 512};

/// But bitmap, whose elements have no places of their own (test_trits.cpp).
[[nodiscard]] inline std::vector<Format> all_formats() {
  std::vector<Format> formats;
  for (int i = 0; i < format_count; ++i)
    if (static_cast<Format>(i) != Format::bitmap) formats.push_back(static_cast<Format>(i));
  return formats;
}

/// A value that the format holds: of floating point small multiples of powers of two apart by up to 2^16, so
/// that the order of additions shows.
[[nodiscard]] inline std::int32_t random_value(Random& random, Format format) {
  if (is_float(format)) {
    const double scale = static_cast<double>(1 << random.between(0, 16)) * 0x1p-8;
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>((random.real() - 0.5) * scale));
    const bool half = format == Format::float16;
    return static_cast<std::int32_t>(half ? half_to_float_bits(float_bits_to_half(bits)) : bits);
  }
  if (format == Format::bit1) return random.chance(0.5) ? 1 : -1;
  if (format == Format::pow2) {
    const std::int32_t magnitude = (1 << random.between(0, 7)) >> 1;
    return random.chance(0.5) ? magnitude : -magnitude;
  }
  const auto [low, high] = code_range(format);
  return static_cast<std::int32_t>(random.between(low, high));
}

[[nodiscard]] inline std::vector<std::int32_t> random_values(Random& random, Format format,
                                                             std::int64_t count) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(count));
  for (auto& value : values) value = random_value(random, format);
  return values;
}

}  // namespace tricycle
