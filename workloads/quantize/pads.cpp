// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {
namespace {

/// Adds a layer that makes zeros of the first `channels` channels of a tensor.
int add_zeros(Assembly& a, const Node& node, int tensor, std::int64_t channels) {
  const QuantizedTensor in = a.network.tensor(tensor);
  QuantizedLayer zeros =
      layer_over(in, fmt::format("{}.zeros{}", node.name, channels), name_of(Op::mul), LayerKind::pointwise);
  zeros.inputs = {tensor};
  zeros.stage = ScaleStage{false, {0}, {}, {in.zero()}, {0}, in.zero(), in.zero()};
  if (in.codes.is_float()) zeros.stage = AffineStage{false, {0}, {}, {0}, 0, 0};
  QuantizedTensor zeroed = in;
  zeroed.values.clear();
  zeroed.name = zeros.name;
  zeroed.shape = {in.images, channels, in.height, in.width};
  zeros.output = add_tensor(a, std::move(zeroed), {in.images, in.height, in.width, channels});
  return add_layer(a, std::move(zeros));
}

/// Adds channels of zeros before and after the channels of an image: a concatenation with zeros that are made
/// from the image.
void pad_channels(Assembly& a, const Node& node, std::int64_t front, std::int64_t behind) {
  const int tensor = finished_tensor(a, node, node.inputs[0], Purpose::stream);
  const QuantizedTensor in = a.network.tensor(tensor);
  const bool has_zero = in.zero() >= in.codes.least && in.zero() <= in.codes.most;
  if (!has_zero || in.codes.kind == Codes::Kind::binary)
    fail_node(a.graph, node, "its input, " + codes_name(in.codes) + ", has no code of zero");
  QuantizedLayer joined = layer_over(in, node.name, name_of(node.op), LayerKind::concat);
  joined.stage = RawStage{};
  std::map<std::int64_t, int> zeros;
  const auto join_zeros = [&](std::int64_t count) {
    for (; count > 0; count -= std::min(count, in.channels)) {
      const std::int64_t channels = std::min(count, in.channels);
      if (zeros.count(channels) == 0) zeros[channels] = add_zeros(a, node, tensor, channels);
      joined.inputs.push_back(zeros.at(channels));
    }
  };
  join_zeros(front);
  joined.inputs.push_back(tensor);
  join_zeros(behind);
  QuantizedTensor output = in;
  output.values = {node.outputs[0]};
  output.name = node.outputs[0];
  output.shape = a.shapes.at(node.outputs[0]);
  joined.output =
      add_tensor(a, std::move(output), {in.images, in.height, in.width, front + in.channels + behind});
  const Layout layout = value_of(a, node, node.inputs[0]).layout;
  a.sources.push_back(source_of(a, joined.output));
  add_layer(a, std::move(joined));
  define_value(a, node.outputs[0], static_cast<int>(a.sources.size()) - 1, layout,
               a.shapes.at(node.outputs[0]));
  note_verdict(a, node, "mapped", "zeros beside it in memory");
}

}  // namespace

/// Takes zeros around an image as padding of the windows that read it, or adds channels of zeros before and
/// after its channels.
void take_pad(Assembly& a, const Node& node) {
  const Value& from = value_of(a, node, node.inputs[0]);
  const Integers integers = [&](std::size_t i) { return parameter(a.graph, node, i).integers(); };
  const std::vector<std::int64_t> pads = pad_sizes(a.graph, node, from.shape, integers);
  const bool image =
      from.layout == Layout::channels_first && pads.size() == 8 && pads[0] == 0 && pads[4] == 0;
  const bool cuts = std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad < 0; });
  const bool around = image && pads[2] + pads[3] + pads[6] + pads[7] > 0;
  const bool beside = image && pads[1] + pads[5] > 0;
  if (!image || cuts || (around && beside))
    fail_node(a.graph, node, "is supported only where it adds lines and columns, or channels, to an image");
  if (node.text("mode", "constant") != "constant")
    fail_node(a.graph, node, "pads with other values than a constant");
  const bool has_value = node.inputs.size() > 2 && !node.inputs[2].empty();
  if ((has_value ? single(a.graph, node, 2) : node.number("value", 0)) != 0.0F)
    fail_node(a.graph, node, "pads with a constant that is not 0");
  if (beside) return pad_channels(a, node, pads[1], pads[5]);
  for (const Node* reader : a.wiring.readers_of(node.outputs[0])) {
    const bool window = reader->op == Op::conv || reader->op == Op::max_pool ||
                        reader->op == Op::average_pool || reader->op == Op::pad;
    if (!window) fail_node(a.graph, node, "is read by '" + reader->name + "', which has no window to pad");
  }
  Value to = from;
  to.shape = a.shapes.at(node.outputs[0]);
  to.pads[0] += pads[2];
  to.pads[1] += pads[3];
  to.pads[2] += pads[6];
  to.pads[3] += pads[7];
  a.values[node.outputs[0]] = std::move(to);
  note_verdict(a, node, "folded", "into the padding of the windows that read it");
}

}  // namespace tricycle
