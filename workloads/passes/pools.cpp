// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "workloads/graph/shapes.hpp"
#include "workloads/graph/window.hpp"
#include "workloads/passes/quantizer.hpp"

namespace tricycle {

Window window_from(const Slides& slides, std::int64_t in_lines, std::int64_t in_columns,
                   const std::array<std::int64_t, 4>& pads) {
  Window window;
  window.lines = slides.rows.output;
  window.columns = slides.columns.output;
  window.kernel_h = slides.rows.kernel;
  window.kernel_w = slides.columns.kernel;
  window.stride_y = slides.rows.stride;
  window.stride_x = slides.columns.stride;
  window.dilation_y = slides.rows.kernel > 1 ? slides.rows.dilation : 1;
  window.dilation_x = slides.columns.kernel > 1 ? slides.columns.dilation : 1;
  window.pad_top = slides.rows.before + pads[0];
  window.pad_left = slides.columns.before + pads[1];
  window.in_lines = in_lines;
  window.in_columns = in_columns;
  return window;
}

/// The window of a pool over `image`, [N, C, H, W]; padding that a Pad before it asked for comes from
/// `padded`.
Window Quantizer::window_of_pool(const Node& node, const Shape& image, const Value* padded) const {
  if (node.op == Op::max_pool || node.op == Op::average_pool) {
    if (padded == nullptr) return window_from(pool_window(graph_, node, image), image[2], image[3], {});
    return window_from(pool_window(graph_, node, padded->shape), image[2], image[3], padded->pads);
  }
  Window window;  // the whole image
  window.kernel_h = window.in_lines = image[2];
  window.kernel_w = window.in_columns = image[3];
  return window;
}

/// A max pool is a step like others: what follows it must rise with what it reads.
void Quantizer::take_max_pool(const Node& node) {
  if (pool_of(value_of(node, node.inputs[0])) != nullptr)
    static_cast<void>(finish(node, node.inputs[0], Purpose::stream));
  const Value& view = value_of(node, node.inputs[0]);
  if (view.layout != Layout::channels_first) fail(node, "expects an image of [N, C, H, W]");
  if (view.pads != std::array<std::int64_t, 4>{})
    fail(node, "reads an image padded by zeros, which a max pool's own padding is not");
  if (node.op == Op::max_pool) {
    const Slides slides = pool_window(graph_, node, view.shape);
    for (const Slide& slide : {slides.rows, slides.columns}) {
      for (std::int64_t o = 0; o < slide.output; ++o) {
        if (slide.first_tap(o) >= slide.last_tap(o)) fail(node, "a window holds nothing but padding");
      }
    }
  }
  Value value = finished_.count(view.name) != 0 ? values_.at(view.name) : view;
  value.shape = shapes_.at(node.outputs[0]);
  value.grid.height = value.shape[2];
  value.grid.width = value.shape[3];
  value.steps.push_back({&node, order_ * 8, value.layout, view.shape});
  value.name = node.outputs[0];
  values_[node.outputs[0]] = std::move(value);
  verdict(node, "mapped", "a max pool of codes, behind the stage of the layer before it");
}

/// A mean divides by one number, so that all windows must count as many values.
void Quantizer::check_divisor(const Node& node, const Shape& image) const {
  const Slides slides = pool_window(graph_, node, image);
  for (const Slide& slide : {slides.rows, slides.columns}) {
    const std::int64_t end = (slide.output - 1) * slide.stride + (slide.kernel - 1) * slide.dilation + 1;
    const std::int64_t inside = slide.input + slide.before;
    const bool padded = slide.before > 0 || (slide.after > 0 && end > inside);
    if (padded && node.integer("count_include_pad", 0) == 0)
      fail(node,
           "divides by fewer values at the borders: padding without count_include_pad is not supported");
    if (end > inside + slide.after)
      fail(node, "divides by fewer values at the borders: a window reaches beyond the image (ceil_mode)");
  }
}

/// The same values in codes whose 0 is 0, which is what sums add for padding.
int Quantizer::add_codes_from_zero(const Node& node, int tensor) {
  const QuantizedTensor in = network_.tensor(tensor);
  QuantizedLayer layer;
  layer.name = node.name + ".codes";
  layer.op = name_of(Op::add);
  layer.kind = LayerKind::pointwise;
  layer.inputs = {tensor};
  layer.window.lines = layer.window.in_lines = in.height;
  layer.window.columns = layer.window.in_columns = in.width;
  QuantizedTensor moved = in;
  moved.name = layer.name;
  moved.offset = 0;
  moved.codes = Codes::integers(in.codes.least + in.offset, in.codes.most + in.offset);
  layer.stage = ScaleStage{false, {1}, {}, {in.offset}, {0}, moved.codes.least, moved.codes.most};
  layer.output = add_tensor(std::move(moved), {in.images, in.height, in.width, in.channels});
  network_.layers.push_back(std::move(layer));
  return network_.layers.back().output;
}

/// The mean of a window is its sum; the divisor goes into the stage.
void Quantizer::take_mean(const Node& node) {
  int tensor = finish(node, node.inputs[0], Purpose::stream);
  const Value in = value_of(node, node.inputs[0]);
  Layout layout = in.layout;
  if (node.op == Op::reduce_mean) {
    std::vector<bool> reduced;
    const Shape shape = reduce_shape(graph_, node, in.shape, reduced);
    const bool first =
        in.layout == Layout::channels_first && reduced == std::vector<bool>{false, false, true, true};
    const bool last =
        in.layout == Layout::channels_last && reduced == std::vector<bool>{false, true, true, false};
    if (!first && !last) fail(node, "is supported only over the lines and columns of an image");
    if (shape.size() == 2) layout = Layout::rows;
  } else if (in.layout != Layout::channels_first) {
    fail(node, "expects an image of [N, C, H, W]");
  }
  const bool padded = in.pads != std::array<std::int64_t, 4>{};
  if (padded && node.op != Op::average_pool) fail(node, "reads a padded image");
  QuantizedLayer layer;
  layer.name = node.name;
  layer.op = name_of(node.op);
  layer.kind = LayerKind::sum_pool;
  const QuantizedTensor& image = network_.tensor(tensor);
  layer.window = window_of_pool(node, Shape{image.images, image.channels, image.height, image.width},
                                padded ? &in : nullptr);
  if (node.op == Op::average_pool) check_divisor(node, in.shape);
  if (layer.window.reads_padding() && image.zero() != 0) tensor = add_codes_from_zero(node, tensor);
  layer.inputs = {tensor};
  const QuantizedTensor& from = network_.tensor(tensor);
  const Codes read = codes_read(layer.window, from);
  const std::int64_t taps = layer.window.taps();
  Source source;
  source.grid = {from.images, layer.window.lines, layer.window.columns, from.channels};
  const auto channels = static_cast<std::size_t>(from.channels);
  source.scale.assign(channels, from.scale / static_cast<double>(taps));
  source.shift.assign(channels, from.offset * taps);
  source.least.assign(channels, read.least * taps);
  source.most.assign(channels, read.most * taps);
  source.value = node.outputs[0];
  source.layer = std::move(layer);
  sources_.push_back(std::move(source));
  define(node.outputs[0], static_cast<int>(sources_.size()) - 1, layout, shapes_.at(node.outputs[0]));
  verdict(node, "mapped", "sums of the vector unit, divided in their stage");
  start(node.outputs[0]);
}

}  // namespace tricycle
