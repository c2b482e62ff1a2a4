// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "workloads/graph/shapes.hpp"
#include "workloads/passes/quantizer.hpp"

namespace tricycle {

void Quantizer::take_view(const Node& node) {
  const Value& from = value_of(node, node.inputs[0]);
  Value to = from;
  to.shape = shapes_.at(node.outputs[0]);
  if (node.op == Op::transpose) {
    take_transpose(node, from, to);
  } else if (to.shape != from.shape) {
    take_reshape(node, from, to);
  }
  Step step;
  step.node = &node;
  step.order = order_ * 8;
  step.layout = from.layout;
  step.shape = from.shape;
  if (!to.steps.empty()) to.steps.push_back(step);
  values_[node.outputs[0]] = std::move(to);
  verdict(node, "folded", "moves no data");
}

void Quantizer::take_reshape(const Node& node, const Value& from, Value& to) {
  Source& source = sources_[static_cast<std::size_t>(from.source)];
  const Grid2d grid = from.grid;
  const auto channels = static_cast<std::int64_t>(source.channels());
  const Shape& shape = to.shape;
  const std::int64_t last = shape.empty() ? 1 : shape.back();
  const bool one_position = grid.height * grid.width == 1;
  const bool image_row =
      last == grid.height * grid.width * channels && element_count(shape) == grid.images * last;
  const bool spread = shape.size() == 4 && shape[0] == grid.images;
  switch (from.layout) {
    case Layout::rows:
    case Layout::channels_last:
      if (last == channels && !(spread && shape[1] == channels && one_position)) {
        to.layout = Layout::rows;
        return;
      }
      if (spread && one_position && shape == Shape{grid.images, channels, 1, 1}) {
        to.layout = Layout::channels_first;
        return;
      }
      if (image_row) {
        to.layout = Layout::flat_hwc;
        return;
      }
      break;
    case Layout::channels_first:
      if (last == channels && one_position) {
        to.layout = Layout::rows;
        return;
      }
      if (image_row) {
        to.layout = Layout::flat_chw;
        return;
      }
      break;
    case Layout::flat_chw:
    case Layout::flat_hwc:
      if (last == grid.height * grid.width * channels) return;
      break;
  }
  // An image of one channel lies as its pixels do: the input may be taken for one.
  const bool is_input = source.tensor == 0 && network_.layers.empty();
  if (is_input && shape.size() == 4 && shape[1] == 1 && grid.images == shape[0] && one_position) {
    QuantizedTensor& tensor = network_.tensors[0];
    tensor.height = shape[2];
    tensor.width = shape[3];
    tensor.channels = 1;
    source = source_of(0);
    source.value = tensor.name;
    to.grid = source.grid;
    to.layout = Layout::channels_first;
    return;
  }
  fail(node, fmt::format("turns {} channels of activations into {}, which is not supported", channels,
                         shape_text(shape)));
}

void Quantizer::take_transpose(const Node& node, const Value& from, Value& to) {
  std::vector<std::size_t> permutation;
  static_cast<void>(transpose_shape(graph_, node, from.shape, permutation));
  std::vector<std::size_t> moved;
  for (const std::size_t d : permutation) {
    if (from.shape[d] != 1) moved.push_back(d);
  }
  const auto is = [&](const std::vector<std::size_t>& wanted) { return permutation == wanted; };
  if (from.layout == Layout::channels_first && is({0, 2, 3, 1})) {
    to.layout = Layout::channels_last;
  } else if (from.layout == Layout::channels_last && is({0, 3, 1, 2})) {
    to.layout = Layout::channels_first;
  } else if (std::is_sorted(moved.begin(), moved.end())) {
    if (to.shape != from.shape) take_reshape(node, from, to);
  } else {
    fail(node, "moves activations, which is not supported");
  }
}

/// Every so many lines and columns from the first on: a max pool of windows of one.
void Quantizer::take_slice(const Node& node) {
  const Value& from = value_of(node, node.inputs[0]);
  if (from.layout != Layout::channels_first) fail(node, "expects an image of [N, C, H, W]");
  const std::vector<Cut> cuts =
      slice_cuts(graph_, node, from.shape, [&](std::size_t i) { return parameter(node, i).integers(); });
  for (std::size_t d = 0; d < cuts.size(); ++d) {
    const std::int64_t step = cuts[d].step, all = step < 1 ? 0 : (from.shape[d] - 1) / step + 1;
    if (cuts[d].start != 0 || cuts[d].count != all || (d < 2 && step != 1))
      fail(node, "is supported only where it takes every so many lines and columns of an image");
  }
  Node pool;
  pool.name = node.name;
  pool.op = Op::max_pool;
  pool.inputs = {node.inputs[0]};
  pool.outputs = node.outputs;
  pool.attributes["kernel_shape"].integers = {1, 1};
  pool.attributes["strides"].integers = {cuts[2].step, cuts[3].step};
  made_.push_back(std::move(pool));
  take_max_pool(made_.back());
  network_.verdicts.back().op = name_of(node.op);
}

/// The first `channels` of a tensor, as zeros.
int Quantizer::add_zeros(const Node& node, int tensor, std::int64_t channels) {
  const QuantizedTensor in = network_.tensor(tensor);
  QuantizedLayer zeros;
  zeros.name = fmt::format("{}.zeros{}", node.name, channels);
  zeros.op = name_of(Op::mul);
  zeros.kind = LayerKind::pointwise;
  zeros.inputs = {tensor};
  zeros.window.lines = zeros.window.in_lines = in.height;
  zeros.window.columns = zeros.window.in_columns = in.width;
  zeros.stage = ScaleStage{false, {0}, {}, {in.zero()}, {0}, in.zero(), in.zero()};
  if (in.codes.is_float()) zeros.stage = AffineStage{false, {0}, {}, {0}, 0, 0};
  QuantizedTensor zeroed = in;
  zeroed.values.clear();
  zeroed.name = zeros.name;
  zeroed.shape = {in.images, channels, in.height, in.width};
  zeros.output = add_tensor(std::move(zeroed), {in.images, in.height, in.width, channels});
  network_.layers.push_back(std::move(zeros));
  return network_.layers.back().output;
}

/// Channels of zeros in front of and behind those of an image: a concatenation with zeros made of it.
void Quantizer::pad_channels(const Node& node, std::int64_t front, std::int64_t behind) {
  const int tensor = finish(node, node.inputs[0], Purpose::stream);
  const QuantizedTensor in = network_.tensor(tensor);
  const bool has_zero = in.zero() >= in.codes.least && in.zero() <= in.codes.most;
  if (!has_zero || in.codes.kind == Codes::Kind::binary)
    fail(node, "its input, " + codes_name(in.codes) + ", has no code of zero");
  QuantizedLayer joined;
  joined.name = node.name;
  joined.op = name_of(node.op);
  joined.kind = LayerKind::concat;
  joined.window.lines = joined.window.in_lines = in.height;
  joined.window.columns = joined.window.in_columns = in.width;
  joined.stage = RawStage{};
  std::map<std::int64_t, int> zeros;
  const auto join_zeros = [&](std::int64_t count) {
    for (; count > 0; count -= std::min(count, in.channels)) {
      const std::int64_t channels = std::min(count, in.channels);
      if (zeros.count(channels) == 0) zeros[channels] = add_zeros(node, tensor, channels);
      joined.inputs.push_back(zeros.at(channels));
    }
  };
  join_zeros(front);
  joined.inputs.push_back(tensor);
  join_zeros(behind);
  QuantizedTensor output = in;
  output.values = {node.outputs[0]};
  output.name = node.outputs[0];
  output.shape = shapes_.at(node.outputs[0]);
  joined.output =
      add_tensor(std::move(output), {in.images, in.height, in.width, front + in.channels + behind});
  const Layout layout = value_of(node, node.inputs[0]).layout;
  sources_.push_back(source_of(joined.output));
  network_.layers.push_back(std::move(joined));
  define(node.outputs[0], static_cast<int>(sources_.size()) - 1, layout, shapes_.at(node.outputs[0]));
  verdict(node, "mapped", "zeros beside it in memory");
}

/// Zeros around an image: padding of the window that reads it. Zeros in front of and behind its channels.
void Quantizer::take_pad(const Node& node) {
  const Value& from = value_of(node, node.inputs[0]);
  const Integers integers = [&](std::size_t i) { return parameter(node, i).integers(); };
  const std::vector<std::int64_t> pads = pad_sizes(graph_, node, from.shape, integers);
  const bool image =
      from.layout == Layout::channels_first && pads.size() == 8 && pads[0] == 0 && pads[4] == 0;
  const bool cuts = std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad < 0; });
  const bool around = image && pads[2] + pads[3] + pads[6] + pads[7] > 0;
  const bool beside = image && pads[1] + pads[5] > 0;
  if (!image || cuts || (around && beside))
    fail(node, "is supported only where it adds lines and columns, or channels, to an image");
  if (node.text("mode", "constant") != "constant") fail(node, "pads with other values than a constant");
  const bool has_value = node.inputs.size() > 2 && !node.inputs[2].empty();
  if ((has_value ? single(node, 2) : node.number("value", 0)) != 0.0F)
    fail(node, "pads with a constant that is not 0");
  if (beside) return pad_channels(node, pads[1], pads[5]);
  for (const Node* reader : wiring_.readers_of(node.outputs[0])) {
    const bool window = reader->op == Op::conv || reader->op == Op::max_pool ||
                        reader->op == Op::average_pool || reader->op == Op::pad;
    if (!window) fail(node, "is read by '" + reader->name + "', which has no window to pad");
  }
  Value to = from;
  to.shape = shapes_.at(node.outputs[0]);
  to.pads[0] += pads[2];
  to.pads[1] += pads[3];
  to.pads[2] += pads[6];
  to.pads[3] += pads[7];
  values_[node.outputs[0]] = std::move(to);
  verdict(node, "folded", "into the padding of the windows that read it");
}

/// Images of one channel that only matrix products and pointwise layers read, and the latter alike for all
/// positions, are vectors: one position with all pixels as its channels.
void Quantizer::lay_pixels_side_by_side() {
  const auto whole_image = [&](const QuantizedLayer& layer) {
    const QuantizedTensor& in = network_.tensor(layer.inputs[0]);
    const Window& w = layer.window;
    return layer.kind == LayerKind::product && layer.inputs.size() == 1 && layer.groups == 1 &&
           w.kernel_h == in.height && w.kernel_w == in.width && w.positions() == 1;
  };
  const auto same_everywhere = [&](const QuantizedLayer& layer) {
    return layer.kind == LayerKind::pointwise && layer.inputs.size() == 1;
  };
  std::vector<bool> vector(network_.tensors.size(), true);
  for (std::size_t t = 0; t < vector.size(); ++t) {
    const QuantizedTensor& tensor = network_.tensors[t];
    vector[t] = tensor.channels == 1 && tensor.height * tensor.width > 1 && t + 1 < vector.size();
  }
  for (bool changed = true; changed;) {
    changed = false;
    const auto clear = [&](int tensor) {
      changed = changed || vector[static_cast<std::size_t>(tensor)];
      vector[static_cast<std::size_t>(tensor)] = false;
    };
    for (const QuantizedLayer& layer : network_.layers) {
      if (same_everywhere(layer)) {
        const bool both = vector[static_cast<std::size_t>(layer.inputs[0])] &&
                          vector[static_cast<std::size_t>(layer.output)];
        if (!both) {
          clear(layer.inputs[0]);
          clear(layer.output);
        }
        continue;
      }
      if (!whole_image(layer)) {
        for (const int input : layer.inputs) clear(input);
      }
      clear(layer.output);
    }
  }
  for (QuantizedLayer& layer : network_.layers) {
    if (!vector[static_cast<std::size_t>(layer.inputs[0])]) continue;
    layer.window = Window{};
    std::visit(
        [&](auto& stage) {
          if constexpr (requires { stage.per_channel; }) {
            if (layer.kind == LayerKind::pointwise) stage.per_channel = false;
          }
        },
        layer.stage);
  }
  for (std::size_t t = 0; t < vector.size(); ++t) {
    QuantizedTensor& tensor = network_.tensors[t];
    if (!vector[t]) continue;
    tensor.channels = tensor.height * tensor.width;
    tensor.height = tensor.width = 1;
  }
}

}  // namespace tricycle
