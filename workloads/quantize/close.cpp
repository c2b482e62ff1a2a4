// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {
namespace {

/// Whether windows tile an image: no window is dilated or padded, overlaps another or reaches beyond the
/// image.
bool tiles(const Window& w) {
  return w.dilation_y == 1 && w.dilation_x == 1 && w.pad_top == 0 && w.pad_left == 0 &&
         w.stride_y >= w.kernel_h && w.stride_x >= w.kernel_w &&
         (w.lines - 1) * w.stride_y + w.kernel_h <= w.in_lines &&
         (w.columns - 1) * w.stride_x + w.kernel_w <= w.in_columns;
}

}  // namespace

int close_layer(Assembly& a, const Value& value, Stage stage, QuantizedTensor output) {
  Source& source = a.sources[static_cast<std::size_t>(value.source)];
  QuantizedLayer layer;
  const bool has_layer = source.tensor < 0;
  if (has_layer) {
    if (!source.layer) throw std::logic_error("the layer of '" + source.value + "' is finished twice");
    layer = std::move(*source.layer);
    source.layer.reset();
  } else {
    const std::string& name = value.steps.back().node->name;
    layer = layer_over(a.network.tensor(source.tensor), name, "", LayerKind::pointwise);
    layer.inputs = {source.tensor};
  }
  const Node* pool = value.pool();
  Grid2d grid = source.grid;
  std::optional<Window> window;
  if (pool != nullptr) {
    window = window_of_pool(a, *pool, Shape{grid.images, grid.channels, grid.height, grid.width}, nullptr);
  }
  // A second input has one value for each output, not one for each position of a window.
  const bool fused = window && layer.kind == LayerKind::product && layer.inputs.size() == 1 && tiles(*window);
  for (const Step& step : value.steps) {
    const bool part_of_layer = has_layer && step.node->name == layer.name;
    if (is_view(step.node->op) || part_of_layer || (is_max_pool(step.node->op) && !fused)) continue;
    layer.op += (layer.op.empty() ? "" : "+") + name_of(step.node->op);
  }
  layer.stage = std::move(stage);
  if (fused) {
    layer.pool = window;
    grid.height = window->lines;
    grid.width = window->columns;
  }
  if (window && !fused) {
    output.name += ".before_pool";
    output.shape = Shape{grid.images, grid.channels, grid.height, grid.width};
  }
  output.channels_first = value.channels_first() || (window && !fused);
  layer.output = add_tensor(a, std::move(output), grid);
  const int tensor = layer.output;
  add_layer(a, std::move(layer));
  if (!window || fused) return tensor;
  const int pooled = add_pool_layer(a, *pool, tensor);
  a.network.tensors[static_cast<std::size_t>(pooled)].name = value.name;
  return pooled;
}

int add_pool_layer(Assembly& a, const Node& node, int tensor) {
  const QuantizedTensor& in = a.network.tensor(tensor);
  QuantizedLayer layer;
  layer.name = node.name;
  layer.op = name_of(node.op);
  layer.kind = LayerKind::max_pool;
  layer.inputs = {tensor};
  layer.window = window_of_pool(a, node, Shape{in.images, in.channels, in.height, in.width}, nullptr);
  layer.stage = RawStage{};
  QuantizedTensor output = in;
  output.values.clear();
  output.name = node.outputs[0];
  output.shape = Shape{in.images, in.channels, layer.window.lines, layer.window.columns};
  output.channels_first = true;
  const Grid2d grid = {in.images, layer.window.lines, layer.window.columns, in.channels};
  layer.output = add_tensor(a, std::move(output), grid);
  return add_layer(a, std::move(layer));
}

}  // namespace tricycle
