// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tricycle {

/// The symmetry of a function f whose table has only x >= 0: f(-x) = -f(x), as tanh; or f(-x) = one - f(x),
/// as the sigmoid.
enum class Symmetry : std::uint8_t { odd, complement };
inline constexpr int symmetry_count = 2;

/// The functions that the vector unit computes in floating point.
enum class Curve : std::uint8_t { sigmoid, tanh };
inline constexpr int curve_count = 2;

[[nodiscard]] const std::vector<std::string>& names_of(Symmetry);
[[nodiscard]] const std::vector<std::string>& names_of(Curve);

}  // namespace tricycle
