// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "workloads/quantize/nodes.hpp"
#include "workloads/quantize/passes.hpp"

namespace tricycle {

std::vector<const Node*> softmax_tail(const Graph& graph, const Wiring& wiring) {
  std::vector<const Node*> tail;
  std::size_t length = 0;
  const Node* node = wiring.producer_of(graph.output);
  while (node != nullptr && variables_of(graph, *node).size() == 1) {
    if (is_product(node->op)) break;
    tail.push_back(node);
    if (node->op == Op::softmax) length = tail.size();
    node = wiring.producer_of(node->inputs[0]);
  }
  tail.resize(length);
  return tail;
}

Draft leave_out_softmax(Draft draft) {
  if (!draft.options.allow_unsupported) return draft;
  Graph& graph = draft.graph;
  const std::vector<const Node*> tail = softmax_tail(graph, Wiring(graph));
  if (tail.empty()) return draft;
  const std::string value = tail.back()->inputs[0];
  std::vector<Node> left;
  for (const Node& node : graph.nodes) {
    const bool cut =
        std::any_of(tail.begin(), tail.end(), [&](const Node* other) { return other->name == node.name; });
    if (!cut) {
      left.push_back(node);
      continue;
    }
    draft.verdicts.push_back({node.name, name_of(node.op), "unsupported",
                              node.op == Op::softmax ? "the vector unit has none: the output is what it reads"
                                                     : "behind a Softmax, which is left out"});
  }
  graph.nodes = std::move(left);
  graph.output = value;
  return draft;
}

}  // namespace tricycle
