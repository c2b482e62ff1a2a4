// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

namespace tricycle {

/// The arithmetic of QONNX's Quant (IntQuant) and BipolarQuant for one value.

enum class Rounding : std::uint8_t { round, ceil, floor, up, down, half_up, half_down };

/// Codes are integers from `least` to `most`; a value is (code - zero_point) * scale.
struct QuantRange {
  std::int64_t least = -1, most = 1;
  Rounding rounding = Rounding::round;
};

/// min and max of QONNX's definition for a bit width of 1 to 32.
[[nodiscard]] QuantRange quant_range(std::int64_t bits, bool is_signed, bool narrow, Rounding rounding);

/// Reads a rounding mode by QONNX's name for it, or Brevitas' ROUND_TO_ZERO for DOWN, in upper or lower case.
/// Returns false for an unknown name.
[[nodiscard]] bool parse_rounding(const std::string& name, Rounding& rounding);

/// x / scale + zero_point, clamped and then rounded ("ROUND": half to even), in float32. NaN counts as 0.
[[nodiscard]] std::int64_t quantize(float x, float scale, float zero_point, const QuantRange& range);

/// x >= 0 gives +1, anything else -1.
[[nodiscard]] constexpr int bipolar(float x) {
  return x >= 0 ? 1 : -1;
}

}  // namespace tricycle
