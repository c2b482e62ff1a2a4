// SPDX-License-Identifier: Apache-2.0

#include "workloads/graph/shapes.hpp"
#include "workloads/graph/window.hpp"
#include "workloads/quantize/assembly.hpp"

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

Window window_of_pool(const Assembly& a, const Node& node, const Shape& image, const Value* padded) {
  if (node.op == Op::max_pool || node.op == Op::average_pool) {
    if (padded == nullptr) return window_from(pool_window(a.graph, node, image), image[2], image[3], {});
    return window_from(pool_window(a.graph, node, padded->shape), image[2], image[3], padded->pads);
  }
  Window window;  // the whole image
  window.kernel_h = window.in_lines = image[2];
  window.kernel_w = window.in_columns = image[3];
  return window;
}

/// A max pool is one operator of the chain: the operators after it must rise with its input.
void take_max_pool(Assembly& a, const Node& node) {
  if (value_of(a, node, node.inputs[0]).pool() != nullptr)
    static_cast<void>(finished_tensor(a, node, node.inputs[0], Purpose::stream));
  const Value& view = value_of(a, node, node.inputs[0]);
  if (view.layout != Layout::channels_first) fail_node(a.graph, node, "expects an image of [N, C, H, W]");
  if (view.is_padded())
    fail_node(a.graph, node, "reads an image padded by zeros, which a max pool's own padding is not");
  if (node.op == Op::max_pool) {
    const Slides slides = pool_window(a.graph, node, view.shape);
    for (const Slide& slide : {slides.rows, slides.columns}) {
      for (std::int64_t o = 0; o < slide.output; ++o) {
        if (slide.first_tap(o) >= slide.last_tap(o))
          fail_node(a.graph, node, "a window holds nothing but padding");
      }
    }
  }
  Value value = a.finished.count(view.name) != 0 ? a.values.at(view.name) : view;
  value.shape = a.shapes.at(node.outputs[0]);
  value.grid.height = value.shape[2];
  value.grid.width = value.shape[3];
  value.steps.push_back({&node, a.order * 8, value.layout, view.shape});
  value.name = node.outputs[0];
  a.values[node.outputs[0]] = std::move(value);
  note_verdict(a, node, "mapped", "a max pool of codes, behind the stage of the layer before it");
}

namespace {

/// A mean divides by one number, so all windows must count the same number of values.
void check_divisor(const Assembly& a, const Node& node, const Shape& image) {
  const Slides slides = pool_window(a.graph, node, image);
  for (const Slide& slide : {slides.rows, slides.columns}) {
    const std::int64_t end = (slide.output - 1) * slide.stride + (slide.kernel - 1) * slide.dilation + 1;
    const std::int64_t inside = slide.input + slide.before;
    const bool padded = slide.before > 0 || (slide.after > 0 && end > inside);
    if (padded && node.integer("count_include_pad", 0) == 0)
      fail_node(a.graph, node,
                "divides by fewer values at the borders: padding without count_include_pad is not supported");
    if (end > inside + slide.after)
      fail_node(a.graph, node,
                "divides by fewer values at the borders: a window reaches beyond the image (ceil_mode)");
  }
}

/// The same values in codes whose code 0 means 0, because sums add code 0 for padding.
int add_codes_from_zero(Assembly& a, const Node& node, int tensor) {
  const QuantizedTensor in = a.network.tensor(tensor);
  QuantizedLayer layer = layer_over(in, node.name + ".codes", name_of(Op::add), LayerKind::pointwise);
  layer.inputs = {tensor};
  QuantizedTensor moved = in;
  moved.name = layer.name;
  moved.offset = 0;
  moved.codes = Codes::integers(in.codes.least + in.offset, in.codes.most + in.offset);
  layer.stage = ScaleStage{false, {1}, {}, {in.offset}, {0}, moved.codes.least, moved.codes.most};
  layer.output = add_tensor(a, std::move(moved), {in.images, in.height, in.width, in.channels});
  return add_layer(a, std::move(layer));
}

}  // namespace

/// Takes the mean of a window as its sum. The divisor goes into the stage.
void take_mean(Assembly& a, const Node& node) {
  int tensor = finished_tensor(a, node, node.inputs[0], Purpose::stream);
  const Value in = value_of(a, node, node.inputs[0]);
  Layout layout = in.layout;
  if (node.op == Op::reduce_mean) {
    std::vector<bool> reduced;
    const Shape shape = reduce_shape(a.graph, node, in.shape, reduced);
    const bool first =
        in.layout == Layout::channels_first && reduced == std::vector<bool>{false, false, true, true};
    const bool last =
        in.layout == Layout::channels_last && reduced == std::vector<bool>{false, true, true, false};
    if (!first && !last) fail_node(a.graph, node, "is supported only over the lines and columns of an image");
    if (shape.size() == 2) layout = Layout::rows;
  } else if (in.layout != Layout::channels_first) {
    fail_node(a.graph, node, "expects an image of [N, C, H, W]");
  }
  const bool padded = in.is_padded();
  if (padded && node.op != Op::average_pool) fail_node(a.graph, node, "reads a padded image");
  QuantizedLayer layer;
  layer.name = node.name;
  layer.op = name_of(node.op);
  layer.kind = LayerKind::sum_pool;
  const QuantizedTensor& image = a.network.tensor(tensor);
  layer.window = window_of_pool(a, node, Shape{image.images, image.channels, image.height, image.width},
                                padded ? &in : nullptr);
  if (node.op == Op::average_pool) check_divisor(a, node, in.shape);
  if (layer.window.reads_padding() && image.zero() != 0) tensor = add_codes_from_zero(a, node, tensor);
  layer.inputs = {tensor};
  const QuantizedTensor& from = a.network.tensor(tensor);
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
  a.sources.push_back(std::move(source));
  define_value(a, node.outputs[0], static_cast<int>(a.sources.size()) - 1, layout,
               a.shapes.at(node.outputs[0]));
  note_verdict(a, node, "mapped", "sums of the vector unit, divided in their stage");
  start_layer(a, node.outputs[0]);
}

}  // namespace tricycle
