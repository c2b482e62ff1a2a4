// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {

namespace {

void take_reshape(Assembly& a, const Node& node, const Value& from, Value& to) {
  Source& source = a.sources[static_cast<std::size_t>(from.source)];
  const Grid2d grid = from.grid;
  const auto channels = static_cast<std::int64_t>(source.channels());
  const Shape& shape = to.shape;
  if (const std::optional<Layout> layout = reshaped(from.layout, grid, channels, shape)) {
    to.layout = *layout;
    return;
  }
  // In an image of one channel the elements lie like its pixels, so that the input may be taken for such an
  // image.
  const bool is_input = source.tensor == 0 && a.network.layers.empty();
  const bool is_image = shape.size() == 4 && shape[1] == 1 && grid.images == shape[0];
  if (is_input && is_image && grid.height * grid.width == 1) {
    QuantizedTensor& tensor = a.network.tensors[0];
    tensor.height = shape[2];
    tensor.width = shape[3];
    tensor.channels = 1;
    source = source_of(a, 0);
    source.value = tensor.name;
    to.grid = source.grid;
    to.layout = Layout::channels_first;
    return;
  }
  fail_node(a.graph, node,
            fmt::format("turns {} channels of activations into {}, which is not supported", channels,
                        shape_text(shape)));
}

void take_transpose(Assembly& a, const Node& node, const Value& from, Value& to) {
  std::vector<std::size_t> permutation;
  static_cast<void>(transpose_shape(a.graph, node, from.shape, permutation));
  if (const std::optional<Layout> layout = transposed(from.layout, permutation)) {
    to.layout = *layout;
  } else if (!moves_only_ones(from.shape, permutation)) {
    fail_node(a.graph, node, "moves activations, which is not supported");
  } else if (to.shape != from.shape) {
    take_reshape(a, node, from, to);
  }
}

}  // namespace

void take_view(Assembly& a, const Node& node) {
  const Value& from = value_of(a, node, node.inputs[0]);
  Value to = from;
  to.shape = a.shapes.at(node.outputs[0]);
  if (node.op == Op::transpose) {
    take_transpose(a, node, from, to);
  } else if (to.shape != from.shape) {
    take_reshape(a, node, from, to);
  }
  Step step;
  step.node = &node;
  step.order = a.order * 8;
  step.layout = from.layout;
  step.shape = from.shape;
  if (!to.steps.empty()) to.steps.push_back(step);
  a.values[node.outputs[0]] = std::move(to);
  note_verdict(a, node, "folded", "moves no data");
}

/// Takes every so many lines and columns from the first on: a max pool with windows of one position.
void take_slice(Assembly& a, const Node& node) {
  const Value& from = value_of(a, node, node.inputs[0]);
  if (from.layout != Layout::channels_first) fail_node(a.graph, node, "expects an image of [N, C, H, W]");
  const std::vector<Cut> cuts = slice_cuts(
      a.graph, node, from.shape, [&](std::size_t i) { return parameter(a.graph, node, i).integers(); });
  for (std::size_t d = 0; d < cuts.size(); ++d) {
    const std::int64_t step = cuts[d].step, all = step < 1 ? 0 : (from.shape[d] - 1) / step + 1;
    if (cuts[d].start != 0 || cuts[d].count != all || (d < 2 && step != 1))
      fail_node(a.graph, node,
                "is supported only where it takes every so many lines and columns of an image");
  }
  Node pool;
  pool.name = node.name;
  pool.op = Op::max_pool;
  pool.inputs = {node.inputs[0]};
  pool.outputs = node.outputs;
  pool.attributes["kernel_shape"].integers = {1, 1};
  pool.attributes["strides"].integers = {cuts[2].step, cuts[3].step};
  a.made.push_back(std::move(pool));
  take_max_pool(a, a.made.back());
  a.network.verdicts.back().op = name_of(node.op);
}

}  // namespace tricycle
