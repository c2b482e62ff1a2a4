// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace tricycle {

/// A grid of lines x columns output positions. Each position is a window of kernel taps over an image of
/// `in_lines` x `in_columns` positions. Tap (ky, kx) of output (y, x) is the image's position (y * stride_y +
/// ky * dilation_y - pad_top, x * stride_x + kx * dilation_x - pad_left), which may lie outside of the image.
/// A matrix product is a 1 x 1 window over `lines` lines of one column. All counts are at least 1.
struct Window {
  std::int64_t lines = 1, columns = 1;
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_y = 1, stride_x = 1;
  std::int64_t dilation_y = 1, dilation_x = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t in_lines = 1, in_columns = 1;

  [[nodiscard]] std::int64_t positions() const { return lines * columns; }
  [[nodiscard]] std::int64_t taps() const { return kernel_h * kernel_w; }
  /// Whether some tap of some output lies outside of the image.
  [[nodiscard]] bool reads_padding() const {
    return pad_top > 0 || pad_left > 0 ||
           (lines - 1) * stride_y + (kernel_h - 1) * dilation_y - pad_top >= in_lines ||
           (columns - 1) * stride_x + (kernel_w - 1) * dilation_x - pad_left >= in_columns;
  }
  bool operator==(const Window&) const = default;
};

}  // namespace tricycle
