// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>

#include "traces/reading.hpp"

namespace tricycle {

/// The code of a real number. `clamped`: the number lies beyond the range of codes, and `code` is the least
/// or the most code.
struct Encoded {
  std::int32_t code = 0;
  bool clamped = false;
};

/// Applies the model's own quantizer to a number that is not NaN, in float32 as the model computes it. Only
/// for a reading that quantizes.
[[nodiscard]] Encoded quantized(const InputReading& reading, float real);

/// The code whose real value is `real`. Returns nothing where `real` lies further than a thousandth of a
/// quantizer step from every code.
[[nodiscard]] std::optional<std::int32_t> grid_code(const InputReading& reading, double real,
                                                    std::size_t channel);

}  // namespace tricycle
