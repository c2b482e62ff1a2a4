// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/datapath/window.hpp"
#include "arch/isa/instruction.hpp"

namespace tricycle {

/// The window of an instruction that has one.
template <class I>
[[nodiscard]] Window window_of(const I& i) {
  Window w = {i.lines, i.columns, i.kernel_h, i.kernel_w, i.stride_y, i.stride_x,
              1,       1,         i.pad_top,  i.pad_left, i.in_lines, i.in_columns};
  if constexpr (std::is_same_v<I, isa::Matmul>) {
    w.dilation_y = i.dilation_y;
    w.dilation_x = i.dilation_x;
  }
  return w;
}

}  // namespace tricycle
