// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>

#include "traces/reading.hpp"

namespace tricycle {

/// The code of a real number, and whether it lies beyond the codes: its own place is clamped to the least or
/// the most.
struct Encoded {
  std::int32_t code = 0;
  bool clamped = false;
};

/// What the model's own quantizer makes of a number that is not NaN, in float32 as the model computes it. For
/// a reading that quantizes.
[[nodiscard]] Encoded quantized(const InputReading& reading, float real);

/// The code whose meaning a number is, on a grid: nothing where it is none of the codes, by more than a
/// thousandth of a step.
[[nodiscard]] std::optional<std::int32_t> grid_code(const InputReading& reading, double real,
                                                    std::size_t channel);

}  // namespace tricycle
