// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/lower/tiling.hpp"

namespace tricycle {

// Helpers shared by the files that write instructions.

[[nodiscard]] inline std::uint32_t u32(std::int64_t value) {
  return static_cast<std::uint32_t>(value);
}
[[nodiscard]] inline std::uint16_t u16(std::int64_t value) {
  return static_cast<std::uint16_t>(value);
}

/// Sets the window fields of an instruction.
template <class I>
void set_window(I& i, const Window& w) {
  i.lines = u32(w.lines);
  i.columns = u32(w.columns);
  i.kernel_h = u16(w.kernel_h);
  i.kernel_w = u16(w.kernel_w);
  i.stride_y = u16(w.stride_y);
  i.stride_x = u16(w.stride_x);
  i.pad_top = u16(w.pad_top);
  i.pad_left = u16(w.pad_left);
  i.in_lines = u32(w.in_lines);
  i.in_columns = u32(w.in_columns);
}

/// The window of a tile over the block that it reads.
[[nodiscard]] inline Window tile_window(const TilingProblem& p, std::int64_t line, std::int64_t lines,
                                        std::int64_t column, std::int64_t columns) {
  Window w = p.window;
  const InputRange y = input_lines(p.window, line, lines), x = input_columns(p.window, column, columns);
  w.lines = lines;
  w.columns = columns;
  w.pad_top = y.pad;
  w.pad_left = x.pad;
  w.in_lines = y.count;
  w.in_columns = x.count;
  return w;
}

}  // namespace tricycle
