// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/plain_windows.hpp"

#include <algorithm>
#include <numeric>

#include "workloads/lower/tiling.hpp"

namespace tricycle {
namespace {

/// A part of one axis.
struct Part {
  std::int64_t first_output, output_step, outputs, stride;
  std::int64_t first_input, input_step, inputs, pad;
};

std::vector<Part> parts_of(std::int64_t outputs, std::int64_t stride, std::int64_t kernel,
                           std::int64_t dilation, std::int64_t pad, std::int64_t size) {
  const std::int64_t d = kernel == 1 ? 1 : dilation, common = std::gcd(d, stride), step = d / common;
  std::vector<Part> parts;
  for (std::int64_t first = 0; first < std::min(step, outputs); ++first) {
    const std::int64_t count = (outputs - first - 1) / step + 1;
    const std::int64_t begin = first * stride - pad, place = (begin % d + d) % d;
    // The number of positions place, place + d, .... If there is none, all windows lie in front of the first
    // position.
    const std::int64_t there = place < size ? (size - place - 1) / d + 1 : 0;
    const std::int64_t reach = (count - 1) * (stride / common) + kernel;
    const InputRange range = there > 0
                                 ? input_range(count, stride / common, kernel, (place - begin) / d, there)
                                 : InputRange{0, 1, reach};
    const std::int64_t input = there > 0 ? place + range.first * d : 0;
    parts.push_back({first, step, count, stride / common, input, d, range.count, range.pad});
  }
  return parts;
}

}  // namespace

std::vector<PlainWindow> plain_windows(const Window& w) {
  const auto columns = parts_of(w.columns, w.stride_x, w.kernel_w, w.dilation_x, w.pad_left, w.in_columns);
  std::vector<PlainWindow> windows;
  for (const Part& y : parts_of(w.lines, w.stride_y, w.kernel_h, w.dilation_y, w.pad_top, w.in_lines)) {
    for (const Part& x : columns) {
      PlainWindow plain;
      plain.window = {y.outputs, x.outputs, w.kernel_h, w.kernel_w, y.stride, x.stride,
                      1,         1,         y.pad,      x.pad,      y.inputs, x.inputs};
      plain.inputs = {y.first_input, x.first_input, y.input_step, x.input_step};
      plain.outputs = {y.first_output, x.first_output, y.output_step, x.output_step};
      windows.push_back(plain);
    }
  }
  return windows;
}

}  // namespace tricycle
