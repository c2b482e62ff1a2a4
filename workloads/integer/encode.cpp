// SPDX-License-Identifier: Apache-2.0
#include "workloads/integer/encode.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "workloads/graph/quant.hpp"

namespace tricycle {
namespace {

QuantRange range_of(const InputReading& reading, double least, double most) {
  QuantRange range{static_cast<std::int64_t>(least), static_cast<std::int64_t>(most), Rounding::round};
  if (!parse_rounding(reading.rounding, range.rounding))
    throw std::invalid_argument("unknown rounding mode '" + reading.rounding + "'");
  return range;
}

}  // namespace

Encoded quantized(const InputReading& reading, float real) {
  const auto step = static_cast<float>(reading.step), zero = static_cast<float>(reading.zero_point);
  if (reading.rule == ReadingRule::bipolar_quant) return {bipolar(real), false};
  if (reading.rule == ReadingRule::quant) {
    const QuantRange range = range_of(reading, reading.least, reading.most);
    const float place = real / step + zero;
    const bool outside =
        place < static_cast<float>(range.least) - 0.5F || place > static_cast<float>(range.most) + 0.5F;
    return {static_cast<std::int32_t>(quantize(real, step, zero, range)), outside};
  }
  // The zero point is added after the rounding. The range is wide, so that only the clamp below limits the
  // code.
  constexpr double far = 0x1p20;
  const std::int64_t place = quantize(real, step, 0, range_of(reading, -far, far)) + std::llround(zero);
  const auto code =
      std::clamp(place, static_cast<std::int64_t>(reading.least), static_cast<std::int64_t>(reading.most));
  return {static_cast<std::int32_t>(code), code != place};
}

std::optional<std::int32_t> grid_code(const InputReading& reading, double real, std::size_t channel) {
  // Of a quantizer step: far above float32's rounding, far below a real difference.
  constexpr double tolerance = 1e-3;
  const double place = reading.byte.byte_of(real, channel), code = std::nearbyint(place);
  if (!(code >= reading.least && code <= reading.most) || std::fabs(place - code) > tolerance)
    return std::nullopt;
  return static_cast<std::int32_t>(code);
}

}  // namespace tricycle
