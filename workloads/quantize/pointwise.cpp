// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/nodes.hpp"
#include "workloads/quantize/regions.hpp"
#include "workloads/quantize/uniform.hpp"

namespace tricycle {

void take_pointwise(Assembly& a, const Node& node) {
  const std::vector<std::string> names = variables_of(a.graph, node);
  Value value = value_of(a, node, names[0]);
  if (value.is_padded()) fail_node(a.graph, node, "reads padded values");
  // The operators of several branches, each once, in the order of the graph.
  for (const std::string& name : names) {
    const Value& other = value_of(a, node, name);
    if (other.layout != value.layout || other.shape != value.shape)
      fail_node(a.graph, node, "combines values that are laid out differently");
    for (const Step& step : other.steps) {
      const auto place = std::lower_bound(value.steps.begin(), value.steps.end(), step.order,
                                          [](const Step& s, std::size_t order) { return s.order < order; });
      if (place == value.steps.end() || place->order != step.order) value.steps.insert(place, step);
    }
  }
  if (a.shapes.at(node.outputs[0]) != value.shape)
    fail_node(a.graph, node, "changes the shape of what it works on");
  value.steps.push_back({&node, a.order * 8, value.layout, value.shape});
  value.name = node.outputs[0];
  if (is_quantizer(node.op)) {
    // Check its parameters. Drop it if its input has its values already.
    const Uniform uniform = uniform_of(a.graph, node);
    const std::optional<Uniform> before = last_uniform(chain_of(a, a.values.at(names[0])));
    if (node.op != Op::quantize_linear && before && before->scale == uniform.scale &&
        before->origin == uniform.origin && before->least >= uniform.least && before->most <= uniform.most &&
        (before->binary || !uniform.binary)) {
      Value same = a.values.at(names[0]);
      a.values[node.outputs[0]] = std::move(same);
      note_verdict(a, node, "folded", "its input has these values already");
      return;
    }
    note_verdict(a, node, "mapped", "the stage of the layer before it");
  } else {
    note_verdict(a, node, "folded", "into the stage of the layer before it");
  }
  a.values[node.outputs[0]] = std::move(value);
}

void start_layer(Assembly& a, const std::string& name) {
  const std::string last = last_common_value(a.graph, a.wiring, name);
  if (!last.empty()) a.shared.insert(last);
}

}  // namespace tricycle
