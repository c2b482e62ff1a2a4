// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/window.hpp"

#include <algorithm>

#include "workloads/graph/shapes.hpp"

namespace tricycle {
namespace {

constexpr std::int64_t most = std::int64_t{1} << 31U;

/// a / b rounded up, for b > 0; 0 for a negative a.
std::int64_t ceil_divide(std::int64_t a, std::int64_t b) {
  return a <= 0 ? 0 : (a - 1) / b + 1;
}

std::string by(std::int64_t rows, std::int64_t columns) {
  return std::to_string(rows) + " x " + std::to_string(columns);
}

/// An attribute of `count` values from `least` to 2^31; without the attribute `count` times `otherwise`.
std::vector<std::int64_t> values_of(const Graph& graph, const Node& node, const std::string& name,
                                    std::size_t count, std::int64_t least, std::int64_t otherwise) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return std::vector<std::int64_t>(count, otherwise);
  const std::vector<std::int64_t>& values = found->second.integers;
  if (values.size() != count) {
    fail_node(
        graph, node,
        "'" + name + "' has " + std::to_string(values.size()) + " values; expected " + std::to_string(count));
  }
  for (const std::int64_t value : values) {
    if (value < least || value > most) {
      fail_node(graph, node,
                "'" + name + "' holds " + std::to_string(value) + "; expected " + std::to_string(least) +
                    " to 2^31");
    }
  }
  return values;
}

std::int64_t span(const Slide& slide) {
  return (slide.kernel - 1) * slide.dilation + 1;
}

/// The padding that auto_pad asks for. There are input / stride outputs, rounded up.
void pad_same(Slide& slide, bool upper) {
  const std::int64_t outputs = ceil_divide(slide.input, slide.stride);
  const std::int64_t padding =
      std::max<std::int64_t>(0, (outputs - 1) * slide.stride + span(slide) - slide.input);
  slide.before = upper ? padding / 2 : padding - padding / 2;
  slide.after = padding - slide.before;
}

void count_outputs(Slide& slide, bool ceil_mode) {
  const std::int64_t room = slide.input + slide.before + slide.after - span(slide);
  slide.output = (ceil_mode ? ceil_divide(room, slide.stride) : room / slide.stride) + 1;
  if (ceil_mode && (slide.output - 1) * slide.stride >= slide.input + slide.before) --slide.output;
}

void check_rank(const Graph& graph, const Node& node, const Shape& input) {
  if (input.size() != 4 || input[2] < 1 || input[3] < 1) {
    fail_node(graph, node, "expects an input of [N, C, H, W] or [N, C, W], not " + shape_text(input));
  }
}

}  // namespace

std::int64_t Slide::first_tap(std::int64_t o) const {
  return std::min(kernel, ceil_divide(-start(o), dilation));
}
std::int64_t Slide::last_tap(std::int64_t o) const {
  return std::min(kernel, ceil_divide(input - start(o), dilation));
}
std::int64_t Slide::padded_taps(std::int64_t o) const {
  return std::min(kernel, ceil_divide(input + after - start(o), dilation));
}
std::int64_t Slide::first_output(std::int64_t k) const {
  return std::min(output, ceil_divide(before - k * dilation, stride));
}
std::int64_t Slide::last_output(std::int64_t k) const {
  return std::min(output, ceil_divide(input + before - k * dilation, stride));
}

Slides window_of(const Graph& graph, const Node& node, const Shape& input, std::int64_t rows,
                 std::int64_t columns) {
  check_rank(graph, node, input);
  const auto strides = values_of(graph, node, "strides", 2, 1, 1);
  const auto dilations = values_of(graph, node, "dilations", 2, 1, 1);
  const auto pads = values_of(graph, node, "pads", 4, 0, 0);
  Slides window;
  window.rows = {input[2], rows, strides[0], dilations[0], pads[0], pads[2], 1};
  window.columns = {input[3], columns, strides[1], dilations[1], pads[1], pads[3], 1};
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  if (!same && auto_pad != "NOTSET" && auto_pad != "VALID")
    fail_node(graph, node, "unknown auto_pad '" + auto_pad + "'");
  for (Slide* slide : {&window.rows, &window.columns}) {
    if (auto_pad == "VALID") slide->before = slide->after = 0;
    if (same) pad_same(*slide, auto_pad == "SAME_UPPER");
  }
  const auto padded = [](const Slide& s) { return s.input + s.before + s.after; };
  if (span(window.rows) > padded(window.rows) || span(window.columns) > padded(window.columns)) {
    const bool dilated = dilations[0] != 1 || dilations[1] != 1;
    fail_node(graph, node,
              "a kernel of " + by(rows, columns) +
                  (dilated ? " with dilations of " + by(dilations[0], dilations[1]) : "") +
                  " does not fit a padded input of " + by(padded(window.rows), padded(window.columns)));
  }
  for (Slide* slide : {&window.rows, &window.columns}) {
    count_outputs(*slide, auto_pad == "NOTSET" && node.integer("ceil_mode", 0) != 0);
  }
  return window;
}

Slides pool_window(const Graph& graph, const Node& node, const Shape& input) {
  if (node.attributes.count("kernel_shape") == 0) fail_node(graph, node, "has no kernel_shape");
  const auto kernel = values_of(graph, node, "kernel_shape", 2, 1, 1);
  const Slides window = window_of(graph, node, input, kernel[0], kernel[1]);
  for (const Slide& slide : {window.rows, window.columns}) {
    const std::int64_t padding = std::max(slide.before, slide.after);
    if (padding >= span(slide)) {
      fail_node(
          graph, node,
          "padding of " + std::to_string(padding) + " holds a whole kernel of " + by(kernel[0], kernel[1]));
    }
  }
  return window;
}

Slides conv_window(const Graph& graph, const Node& node, const Shape& input, const Shape& weights,
                   const Shape* bias) {
  check_rank(graph, node, input);
  if (weights.size() != 4)
    fail_node(graph, node, "expects weights of [M, C, H, W], not " + shape_text(weights));
  const std::int64_t groups = node.integer("group", 1);
  if (groups < 1) fail_node(graph, node, "'group' is " + std::to_string(groups));
  const std::string text = std::to_string(groups) + (groups == 1 ? " group" : " groups");
  const std::pair<std::int64_t, const char*> sides[] = {{input[1], "input"}, {weights[0], "output"}};
  for (const auto& [channels, side] : sides) {
    if (channels % groups != 0) {
      fail_node(graph, node, text + " do not divide " + std::to_string(channels) + " " + side + " channels");
    }
  }
  if (weights[1] != input[1] / groups) {
    fail_node(graph, node,
              "weights of shape " + shape_text(weights) + " do not fit " + std::to_string(input[1]) +
                  " input channels in " + text);
  }
  for (const std::int64_t size : {weights[2], weights[3]}) {
    if (size < 1) fail_node(graph, node, "weights of shape " + shape_text(weights) + " hold no kernel");
  }
  const auto kernel = values_of(graph, node, "kernel_shape", 2, 1, 1);
  if (node.attributes.count("kernel_shape") != 0 && (kernel[0] != weights[2] || kernel[1] != weights[3])) {
    fail_node(graph, node,
              "'kernel_shape' is " + by(kernel[0], kernel[1]) + ", but the weights hold kernels of " +
                  by(weights[2], weights[3]));
  }
  if (bias != nullptr && *bias != Shape{weights[0]}) {
    fail_node(
        graph, node,
        "a bias of shape " + shape_text(*bias) + " for " + std::to_string(weights[0]) + " output channels");
  }
  return window_of(graph, node, input, weights[2], weights[3]);
}

Node in_two_dimensions(const Graph& graph, const Node& node) {
  Node lifted = node;
  for (const auto& [name, otherwise] :
       {std::pair("strides", 1), {"dilations", 1}, {"kernel_shape", 1}, {"pads", 0}}) {
    const auto found = lifted.attributes.find(name);
    if (found == lifted.attributes.end()) continue;
    const std::size_t sides = otherwise == 0 ? 2 : 1;
    std::vector<std::int64_t>& values = found->second.integers;
    if (values.size() != sides) {
      fail_node(graph, node,
                std::string("'") + name + "' has " + std::to_string(values.size()) + " values; expected " +
                    std::to_string(sides));
    }
    for (std::size_t side = 0; side < sides; ++side)
      values.insert(values.begin() + static_cast<std::ptrdiff_t>(2 * side), otherwise);
  }
  return lifted;
}

Shape in_two_dimensions(const Graph& graph, const Node& node, const Shape& shape) {
  if (shape.size() != 3) fail_node(graph, node, "expects weights of [M, C, W], not " + shape_text(shape));
  return {shape[0], shape[1], 1, shape[2]};
}

Shape in_one_dimension(Shape shape) {
  shape.erase(shape.begin() + 2);
  return shape;
}

Shape pool_shape(const Graph& graph, const Node& node, const Shape& input) {
  if (input.size() == 3) {
    const Node lifted = in_two_dimensions(graph, node);
    return in_one_dimension(pool_shape(graph, lifted, in_two_dimensions(graph, node, input)));
  }
  const Slides window = pool_window(graph, node, input);
  return window_shape(graph, node, window, input[0], input[1]);
}

Shape conv_shape(const Graph& graph, const Node& node, const Shape& input, const Shape& weights,
                 const Shape* bias) {
  if (input.size() == 3) {
    const Node lifted = in_two_dimensions(graph, node);
    return in_one_dimension(conv_shape(graph, lifted, in_two_dimensions(graph, node, input),
                                       in_two_dimensions(graph, node, weights), bias));
  }
  const Slides window = conv_window(graph, node, input, weights, bias);
  return window_shape(graph, node, window, input[0], weights[0]);
}

Shape window_shape(const Graph& graph, const Node& node, const Slides& window, std::int64_t batch,
                   std::int64_t channels) {
  Shape shape = {batch, channels, window.rows.output, window.columns.output};
  check_size(graph, node, shape);
  return shape;
}

}  // namespace tricycle
