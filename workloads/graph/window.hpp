// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/graph/graph.hpp"

namespace tricycle {

/// How a kernel slides over one dimension: output o reads inputs o * stride - before + k * dilation, for k
/// from 0 to kernel - 1. Kernel, stride and dilation are 1 to 2^31, padding is 0 to 2^31.
struct Slide {
  std::int64_t input = 1, kernel = 1, stride = 1, dilation = 1, before = 0, after = 0, output = 1;

  [[nodiscard]] std::int64_t start(std::int64_t o) const { return o * stride - before; }
  /// The range [first, last) of kernel elements of output `o` that read the input and not the padding.
  [[nodiscard]] std::int64_t first_tap(std::int64_t o) const;
  [[nodiscard]] std::int64_t last_tap(std::int64_t o) const;
  /// The number of kernel elements of output `o` that read the input or the padding.
  [[nodiscard]] std::int64_t padded_taps(std::int64_t o) const;
  /// The range [first, last) of outputs whose kernel element `k` reads the input and not the padding.
  [[nodiscard]] std::int64_t first_output(std::int64_t k) const;
  [[nodiscard]] std::int64_t last_output(std::int64_t k) const;
};

struct Slides {
  Slide rows, columns;
};

/// The window of a convolution or pooling node over an input of [N, C, H, W], from its attributes strides,
/// dilations, pads, auto_pad and ceil_mode. With ceil_mode, a window that would start behind the input and
/// the padding before it is left out. Throws InputError: attributes out of range or of wrong length, an
/// unknown auto_pad, a kernel larger than the padded input.
[[nodiscard]] Slides window_of(const Graph& graph, const Node& node, const Shape& input, std::int64_t rows,
                               std::int64_t columns);

/// The window of MaxPool or AveragePool, with the kernel of kernel_shape. One more error: padding as large as
/// the kernel.
[[nodiscard]] Slides pool_window(const Graph& graph, const Node& node, const Shape& input);

/// The window of Conv, with the kernel of the weights. Throws InputError where input, weights, groups and
/// bias (null without one) do not fit together.
[[nodiscard]] Slides conv_window(const Graph& graph, const Node& node, const Shape& input,
                                 const Shape& weights, const Shape* bias);

/// A convolution or pooling in one dimension, [N, C, W], is treated as one in two dimensions with a height of
/// 1. These functions convert the node's attributes and the shapes of tensors. Throws InputError for an
/// attribute of wrong length.
[[nodiscard]] Node in_two_dimensions(const Graph& graph, const Node& node);
[[nodiscard]] Shape in_two_dimensions(const Graph& graph, const Node& node, const Shape& shape);
[[nodiscard]] Shape in_one_dimension(Shape shape);

/// The output shape of a pool or a convolution in one or two dimensions.
[[nodiscard]] Shape pool_shape(const Graph& graph, const Node& node, const Shape& input);
[[nodiscard]] Shape conv_shape(const Graph& graph, const Node& node, const Shape& input, const Shape& weights,
                               const Shape* bias);

/// The shape [N, channels, rows, columns] of a window's outputs. Throws where it is too large (check_size).
[[nodiscard]] Shape window_shape(const Graph& graph, const Node& node, const Slides& window,
                                 std::int64_t batch, std::int64_t channels);

}  // namespace tricycle
