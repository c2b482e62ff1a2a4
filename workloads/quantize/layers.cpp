// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "support/report.hpp"
#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {
namespace {

[[noreturn]] void fail_unit(const Assembly& a, const Node& node) {
  const auto tails = softmax_tails(a.graph, a.wiring);
  const auto tail = std::find_if(tails.begin(), tails.end(), [&](const std::vector<const Node*>& nodes) {
    return std::find(nodes.begin(), nodes.end(), &node) != nodes.end();
  });
  const bool could_go = tail != tails.end();
  fail_node(a.graph, node,
            fmt::format("not supported by the vector unit{}{}",
                        could_go ? "; --allow-unsupported leaves it out" : "",
                        could_go && tail->front()->op != Op::softmax ? ", and what follows it" : ""));
}

void take(Assembly& a, const Node& node) {
  switch (quantized_as(node.op)) {
    case QuantizedAs::view: return take_view(a, node);
    case QuantizedAs::matmul: return take_matmul(a, node);
    case QuantizedAs::conv: return take_conv(a, node);
    case QuantizedAs::max_pool: return take_max_pool(a, node);
    case QuantizedAs::mean: return take_mean(a, node);
    case QuantizedAs::pad: return take_pad(a, node);
    case QuantizedAs::slice: return take_slice(a, node);
    case QuantizedAs::concat: return take_concat(a, node);
    case QuantizedAs::no_unit: fail_unit(a, node);
    case QuantizedAs::pointwise: break;
    case QuantizedAs::recurrence:
    case QuantizedAs::none: fail_node(a.graph, node, "cannot stand on the way from the input to the output");
  }
  std::set<int> sources;
  for (const std::string& name : variables_of(a.graph, node)) sources.insert(value_of(a, node, name).source);
  if (sources.size() > 1) return take_add(a, node);
  take_pointwise(a, node);
}

void check_windows(const Assembly& a) {
  for (const Node& node : a.graph.nodes) {
    if (node.op != Op::conv && node.op != Op::average_pool && node.op != Op::max_pool) continue;
    const auto found = a.shapes.find(node.inputs[0]);
    if (found != a.shapes.end() && found->second.size() == 3)
      fail_node(a.graph, node, "slides over one dimension; the machine's windows have two");
  }
}

}  // namespace

QuantizedNetwork build_layers(Draft draft) {
  Assembly a(std::move(draft));
  check_windows(a);
  open_input(a);
  for (const Node& node : a.graph.nodes) {
    tell("quantizing nodes", ++a.order, a.graph.nodes.size());
    if (a.values.count(node.outputs[0]) == 0) take(a, node);
    if (a.shared.count(node.outputs[0]) != 0) finished_tensor(a, node, node.outputs[0], Purpose::stream);
  }
  close_outputs(a);
  if (a.options.keep_graph) a.network.graph = std::make_shared<const Graph>(std::move(a.graph));
  return std::move(a.network);
}

}  // namespace tricycle
