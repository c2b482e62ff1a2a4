// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/input_quantizer.hpp"
#include "workloads/quantize/layout.hpp"
#include "workloads/quantize/nodes.hpp"
#include "workloads/quantize/passes.hpp"

namespace tricycle {

Draft normalize_pixels(Draft draft) {
  const QuantizeOptions& options = draft.options;
  Graph& graph = draft.graph;
  if (options.means.empty() && options.deviations.empty()) return draft;
  if (options.floating || input_quantizer(graph, Wiring(graph)) || takes_integers(graph)) return draft;
  const Layout layout = input_layout(graph);
  const Shape& shape = graph.input_shape;
  const std::int64_t channels = shape.empty()                      ? 1
                                : layout == Layout::channels_first ? shape[1]
                                                                   : shape.back();
  std::string value = graph.input;
  std::vector<Node> steps;
  const auto add = [&](const char* name, Op op, const std::vector<double>& values) {
    if (values.empty()) return;
    const auto count = static_cast<std::int64_t>(values.size());
    if (count != 1 && count != channels) {
      fail_graph(graph, fmt::format("its input has {} channels; {} numbers were given for the {} of bytes",
                                    channels, count, op == Op::sub ? "mean" : "deviation"));
    }
    Tensor constant{{}, std::vector<float>(values.begin(), values.end())};
    if (count > 1) constant.shape = layout == Layout::channels_first ? Shape{count, 1, 1} : Shape{count};
    graph.constants[name] = std::move(constant);
    Node node;
    node.name = name;
    node.op = op;
    node.inputs = {value, name};
    node.outputs = {std::string(name) + ".values"};
    value = node.outputs[0];
    steps.push_back(std::move(node));
  };
  add("input.mean", Op::sub, options.means);
  add("input.deviation", Op::div, options.deviations);
  for (Node& node : graph.nodes) std::replace(node.inputs.begin(), node.inputs.end(), graph.input, value);
  graph.nodes.insert(graph.nodes.begin(), steps.begin(), steps.end());
  return draft;
}

}  // namespace tricycle
