// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "arch/datapath/tile.hpp"

namespace tricycle {

/// Some positions of a grid: from (line, column) on, lines `line_step` and columns `column_step` apart.
struct Lattice {
  std::int64_t line = 0, column = 0;
  std::int64_t line_step = 1, column_step = 1;
  bool operator==(const Lattice&) const = default;
};

/// A window without dilation: over some positions of an image, for some of the outputs.
struct PlainWindow {
  Window window;
  Lattice inputs, outputs;
};

/// Vector instructions have no dilation and need none: windows whose taps are d positions apart are plain
/// windows over every d-th position. Of outputs s positions apart, those read the same positions, modulo d,
/// that are d / gcd(d, s) outputs apart; so a dilated axis falls into that many plain ones, whose strides are
/// s / gcd(d, s). A window without dilation is one, itself.
[[nodiscard]] std::vector<PlainWindow> plain_windows(const Window& window);

}  // namespace tricycle
