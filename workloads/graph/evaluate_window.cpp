// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "workloads/graph/evaluation.hpp"
#include "workloads/graph/window.hpp"

namespace tricycle {
namespace {

/// Refuses a model that would run for hours.
void check_work(const Operands& on, std::int64_t outputs, std::int64_t each) {
  if (each > 0 && outputs > on.graph.limits.multiplications() / each)
    on.fail(std::to_string(outputs) + " outputs of " + std::to_string(each) +
            " inputs each are too much work");
}

/// The most inputs that a window reads in one dimension.
std::int64_t taps(const Slide& slide) {
  return std::min(slide.kernel, (slide.input - 1) / slide.dilation + 1);
}

/// Adds to each output of `sums` the product of `weight` and the input of `plane` that kernel element (ky,
/// kx) reads.
void add_tap(const Slides& window, std::int64_t ky, std::int64_t kx, float weight, const float* plane,
             float* sums) {
  const Slide &rows = window.rows, &columns = window.columns;
  const std::int64_t first = columns.first_output(kx), last = columns.last_output(kx);
  const std::int64_t stride = columns.stride;
  for (std::int64_t y = rows.first_output(ky); y < rows.last_output(ky); ++y) {
    float* to = sums + y * columns.output;
    const float* from = plane + (rows.start(y) + ky * rows.dilation) * columns.input;
    const std::int64_t shift = kx * columns.dilation - columns.before;
    if (stride == 1) {
      for (std::int64_t x = first; x < last; ++x) to[x] += weight * from[x + shift];
    } else {
      for (std::int64_t x = first; x < last; ++x) to[x] += weight * from[x * stride + shift];
    }
  }
}

/// Each output is a sum over input channels, kernel rows and kernel columns, in this order. Padding is left
/// out, and the bias is added last.
Tensor conv(const Operands& on) {
  const Shape &from = on.in(0).shape, &kernel = on.in(1).shape;
  const Slides window = conv_window(on.graph, on.node, from, kernel, on.has(2) ? &on.in(2).shape : nullptr);
  const Shape shape = window_shape(on.graph, on.node, window, from[0], kernel[0]);
  check_work(on, element_count(shape), kernel[1] * taps(window.rows) * taps(window.columns));
  const std::vector<float> values = on.in(0).floats(), weights = on.in(1).floats();
  const std::vector<float> bias = on.has(2) ? on.in(2).floats() : std::vector<float>{};
  std::vector<float> result(static_cast<std::size_t>(element_count(shape)), 0.0F);
  const std::int64_t group = kernel[0] / on.node.integer("group", 1);  // output channels of a group
  const std::int64_t from_plane = from[2] * from[3], to_plane = shape[2] * shape[3];
  for (std::int64_t n = 0; n < from[0]; ++n) {
    for (std::int64_t m = 0; m < kernel[0]; ++m) {
      float* sums = result.data() + (n * kernel[0] + m) * to_plane;
      const float* weight = weights.data() + m * kernel[1] * kernel[2] * kernel[3];
      for (std::int64_t c = 0; c < kernel[1]; ++c) {
        const float* plane = values.data() + (n * from[1] + m / group * kernel[1] + c) * from_plane;
        for (std::int64_t ky = 0; ky < kernel[2]; ++ky) {
          for (std::int64_t kx = 0; kx < kernel[3]; ++kx) add_tap(window, ky, kx, *weight++, plane, sums);
        }
      }
      if (on.has(2)) {
        for (std::int64_t i = 0; i < to_plane; ++i) sums[i] += bias[static_cast<std::size_t>(m)];
      }
    }
  }
  return {shape, std::move(result)};
}

/// Calls f(plane, y, x) for every output. `plane` is the place of the first input of the output's channel.
template <class F>
void for_each_output(const Shape& shape, std::int64_t from_plane, F f) {
  for (std::int64_t p = 0; p < shape[0] * shape[1]; ++p) {
    for (std::int64_t y = 0; y < shape[2]; ++y) {
      for (std::int64_t x = 0; x < shape[3]; ++x) f(p * from_plane, y, x);
    }
  }
}

/// Calls f(place) for every input that output (y, x) reads, padding left out.
template <class F>
void for_each_tap(const Slides& window, std::int64_t y, std::int64_t x, F f) {
  const Slide &rows = window.rows, &columns = window.columns;
  for (std::int64_t ky = rows.first_tap(y); ky < rows.last_tap(y); ++ky) {
    const std::int64_t row = (rows.start(y) + ky * rows.dilation) * columns.input + columns.start(x);
    for (std::int64_t kx = columns.first_tap(x); kx < columns.last_tap(x); ++kx)
      f(row + kx * columns.dilation);
  }
}

template <class T>
std::vector<T> max_pool(const Operands& on, const Slides& window, const Shape& shape,
                        const std::vector<T>& values) {
  std::vector<T> result;
  result.reserve(static_cast<std::size_t>(element_count(shape)));
  for_each_output(shape, window.rows.input * window.columns.input,
                  [&](std::int64_t plane, std::int64_t y, std::int64_t x) {
                    bool any = false;
                    T largest = 0;
                    for_each_tap(window, y, x, [&](std::int64_t at) {
                      const T value = values[static_cast<std::size_t>(plane + at)];
                      if (!any || value > largest) largest = value;
                      any = true;
                    });
                    if (!any) on.fail("a window holds nothing but padding");
                    result.push_back(largest);
                  });
  return result;
}

/// The sum in order, divided by the number of inputs, or, with count_include_pad, by the number of inputs and
/// padding.
std::vector<float> average_pool(const Operands& on, const Slides& window, const Shape& shape,
                                const std::vector<float>& values) {
  const bool with_padding = on.node.integer("count_include_pad", 0) != 0;
  std::vector<float> result;
  result.reserve(static_cast<std::size_t>(element_count(shape)));
  for_each_output(shape, window.rows.input * window.columns.input,
                  [&](std::int64_t plane, std::int64_t y, std::int64_t x) {
                    float sum = 0;
                    std::int64_t count = 0;
                    for_each_tap(window, y, x, [&](std::int64_t at) {
                      sum += values[static_cast<std::size_t>(plane + at)];
                      ++count;
                    });
                    if (with_padding) count = window.rows.padded_taps(y) * window.columns.padded_taps(x);
                    if (count == 0) on.fail("a window holds nothing but padding");
                    result.push_back(sum / static_cast<float>(count));
                  });
  return result;
}

Tensor pool(const Operands& on) {
  const Tensor& tensor = on.in(0);
  const Slides window = pool_window(on.graph, on.node, tensor.shape);
  Tensor result;
  result.shape = window_shape(on.graph, on.node, window, tensor.shape[0], tensor.shape[1]);
  check_work(on, element_count(result.shape), taps(window.rows) * taps(window.columns));
  if (on.node.op == Op::average_pool) {
    result.data = average_pool(on, window, result.shape, tensor.floats());
  } else {
    std::visit([&](const auto& values) { result.data = max_pool(on, window, result.shape, values); },
               tensor.data);
  }
  return result;
}

/// Evaluates the node in two dimensions, with its input and its weights in two dimensions too.
Tensor evaluate_lifted(const Operands& on) {
  const Node lifted = in_two_dimensions(on.graph, on.node);
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < (on.node.op == Op::conv ? 2U : 1U); ++i) {
    tensors.push_back(on.in(i));
    tensors.back().shape = in_two_dimensions(on.graph, on.node, on.in(i).shape);
  }
  std::vector<const Tensor*> inputs = on.inputs;
  for (std::size_t i = 0; i < tensors.size(); ++i) inputs[i] = &tensors[i];
  Tensor result = evaluate_window({on.graph, lifted, inputs});
  result.shape = in_one_dimension(std::move(result.shape));
  return result;
}

}  // namespace

Tensor evaluate_window(const Operands& on) {
  if (on.in(0).shape.size() == 3) return evaluate_lifted(on);
  return on.node.op == Op::conv ? conv(on) : pool(on);
}

}  // namespace tricycle
