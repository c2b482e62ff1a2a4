// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

#include "arch/spec/datapath.hpp"

namespace tricycle {

/// A grid of lines x columns output positions, each a window of kernel taps over an image of which `in_lines`
/// x `in_columns` positions are there. Tap (ky, kx) of output (y, x) is the image's position
/// (y * stride_y + ky * dilation_y - pad_top, x * stride_x + kx * dilation_x - pad_left); it may lie outside.
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
  /// Whether a tap of some output lies outside the image.
  [[nodiscard]] bool reads_padding() const {
    return pad_top > 0 || pad_left > 0 ||
           (lines - 1) * stride_y + (kernel_h - 1) * dilation_y - pad_top >= in_lines ||
           (columns - 1) * stride_x + (kernel_w - 1) * dilation_x - pad_left >= in_columns;
  }
  bool operator==(const Window&) const = default;
};

/// A product tile: windows over a packed image times packed weights.
struct TileProduct {
  Datapath datapath = Datapath::mac;
  Format activation_format = Format::int8, weight_format = Format::int8;  ///< `takes` must hold
  std::int64_t word_bits = 64;  ///< of the packed formats, a multiple of 16
  std::int64_t lanes = 1;       ///< of floating point: products that a step adds in a tree before time
  Window window;
  std::int64_t elements = 0;                  ///< channels of a tap
  std::span<const std::uint8_t> activations;  ///< from the image's first byte
  std::int64_t position_stride = 0,
               line_stride = 0;  ///< bytes from one image position, one line, to the next
  std::int32_t pad = 0;  ///< value of the taps outside (float: its float32 bits); in binary they add nothing
  std::span<const std::uint8_t> weights;  ///< output channel after channel, each tap after tap, each tap a
                                          ///< row of row_bytes(weight_format, elements)
  std::int64_t weight_stride = 0;         ///< bytes from one output channel to the next
  std::int64_t cols = 0;                  ///< output channels
};

/// sums[position * cols + channel], exactly, by a vectorised kernel chosen at run time. Integers: the caller
/// has made sure that no sum can leave int32. Floating point: the bits of float32 sums, added in a fixed
/// order: the `lanes` products of a step by a balanced tree (zeros fill the last step of a tap), then step
/// after step, tap after tap, onto `sums` as they are when `accumulate`, else onto zero. The tree adds
/// adjacent pairs, ((p0 + p1) + (p2 + p3)) + ..., over the next power of two of lanes, the missing ones +0.
/// Products are rounded before they are added; a NaN comes out as 0x7fc00000.
void multiply_tile(const TileProduct& product, bool accumulate, std::span<std::int32_t> sums);

/// The same, slowly, by each datapath's own arithmetic as its paper has it (dot.hpp), one pair of words at a
/// time.
void multiply_tile_reference(const TileProduct& product, bool accumulate, std::span<std::int32_t> sums);

}  // namespace tricycle
