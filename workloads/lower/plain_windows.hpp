// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "arch/datapath/tile.hpp"

namespace tricycle {

/// Regularly spaced positions of a grid: from (line, column) on, lines `line_step` apart and columns
/// `column_step` apart.
struct Lattice {
  std::int64_t line = 0, column = 0;
  std::int64_t line_step = 1, column_step = 1;
  bool operator==(const Lattice&) const = default;
};

/// A window without dilation over the positions `inputs` of an image. It gives the outputs `outputs`.
struct PlainWindow {
  Window window;
  Lattice inputs, outputs;
};

/// Divides a dilated window into plain windows. Vector instructions have no dilation and need none: a window
/// whose taps are d positions apart is a plain window over every d-th position. Let the stride be s. Outputs
/// that are d / gcd(d, s) apart read the same positions modulo d. So a dilated axis is divided into (at most)
/// d / gcd(d, s) plain axes with stride s / gcd(d, s). A window without dilation remains one window.
[[nodiscard]] std::vector<PlainWindow> plain_windows(const Window& window);

}  // namespace tricycle
