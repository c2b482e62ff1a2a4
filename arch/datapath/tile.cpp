// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/tile.hpp"

#include <vector>

#include "arch/datapath/kernels.hpp"

namespace tricycle {
namespace {

/// The number of taps of a window's line (or column) that lie in an image of `size`. The window begins at
/// `start`.
std::int64_t taps_inside(std::int64_t start, std::int64_t kernel, std::int64_t dilation, std::int64_t size) {
  std::int64_t inside = 0;
  for (std::int64_t k = 0; k < kernel; ++k) {
    const std::int64_t at = start + k * dilation;
    if (at >= 0 && at < size) ++inside;
  }
  return inside;
}

/// Eq 1's N for every output position: the number of elements in the taps that lie in the image.
std::vector<std::int64_t> valid_elements(const TileProduct& p) {
  const Window& w = p.window;
  std::vector<std::int64_t> valid;
  valid.reserve(static_cast<std::size_t>(w.positions()));
  for (std::int64_t y = 0; y < w.lines; ++y) {
    const std::int64_t lines = taps_inside(y * w.stride_y - w.pad_top, w.kernel_h, w.dilation_y, w.in_lines);
    for (std::int64_t x = 0; x < w.columns; ++x) {
      const std::int64_t columns =
          taps_inside(x * w.stride_x - w.pad_left, w.kernel_w, w.dilation_x, w.in_columns);
      valid.push_back(lines * columns * p.elements);
    }
  }
  return valid;
}

void multiply_planes(const TileProduct& p, SumsOut out) {
  const std::int64_t words = plane_words(p.activation_format, p.elements);
  const bool binary = p.datapath == Datapath::binary;
  std::vector<std::int64_t> less;
  if (binary) {
    less = valid_elements(p);
  } else {  // Eq 3's N counts every trit of the words
    const std::int64_t n = p.datapath == Datapath::ternary_fatnn ? 32 * words * p.window.taps() : 0;
    less.assign(static_cast<std::size_t>(p.window.positions()), n);
  }
  const Walk walk = walk_of(p.window, words);
  const Planes image = image_planes(p);
  for (; out.channel < p.cols; out.channel += 8) {
    count_planes(p.datapath, walk, image, weight_planes(p, out.channel), binary ? 2 : 1, less, out);
  }
}

void multiply_integers(const TileProduct& p, SumsOut out) {
  const Walk walk = walk_of(p.window, (p.elements + 1) / 2);
  const auto image = image_pairs(p);
  for (; out.channel < p.cols; out.channel += 16) {
    multiply_pairs(walk, image, weight_pairs(p, out.channel), out);
  }
}

void multiply_steps(const TileProduct& p, SumsOut out) {
  const std::int64_t width = step_width(p);
  const Walk walk = walk_of(p.window, steps_of_tap(p) * width);
  const auto image = image_floats(p);
  for (; out.channel < p.cols; out.channel += 16) {
    multiply_floats(walk, image, weight_floats(p, out.channel), width, out);
  }
}

}  // namespace

void multiply_tile(const TileProduct& p, bool accumulate, std::span<std::int32_t> sums) {
  const SumsOut out{.cols = p.cols, .accumulate = accumulate, .sums = sums.data()};
  switch (p.datapath) {
    case Datapath::binary:
    case Datapath::ternary_fatnn:
    case Datapath::ternary_planes: return multiply_planes(p, out);
    case Datapath::bitserial:
    case Datapath::shift:
    case Datapath::mac: break;
  }
  if (is_float(p.activation_format)) {
    multiply_steps(p, out);
  } else {
    multiply_integers(p, out);
  }
}

}  // namespace tricycle
