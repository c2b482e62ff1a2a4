// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "workloads/quantize/nodes.hpp"
#include "workloads/quantize/passes.hpp"

namespace tricycle {
namespace {

std::vector<const Node*> tail_of(const Graph& graph, const Wiring& wiring, const std::string& output) {
  std::vector<const Node*> tail;
  std::size_t length = 0;
  const Node* node = wiring.producer_of(output);
  while (node != nullptr && variables_of(graph, *node).size() == 1) {
    if (is_product(node->op)) break;
    tail.push_back(node);
    if (node->op == Op::softmax) length = tail.size();
    node = wiring.producer_of(node->inputs[0]);
  }
  tail.resize(length);
  return tail;
}

}  // namespace

std::vector<std::vector<const Node*>> softmax_tails(const Graph& graph, const Wiring& wiring) {
  std::vector<std::vector<const Node*>> tails;
  for (const GraphOutput& output : outputs_of(graph)) tails.push_back(tail_of(graph, wiring, output.name));
  for (bool changed = true; changed;) {
    changed = false;
    std::set<const Node*> ends;
    for (const auto& tail : tails) ends.insert(tail.begin(), tail.end());
    const auto is_needed = [&](const Node* node) {
      const std::vector<const Node*>& readers = wiring.readers_of(node->outputs[0]);
      return std::any_of(readers.begin(), readers.end(),
                         [&](const Node* reader) { return ends.count(reader) == 0; });
    };
    for (auto& tail : tails) {
      if (!std::any_of(tail.begin(), tail.end(), is_needed)) continue;
      tail.clear();
      changed = true;
    }
  }
  return tails;
}

Draft leave_out_softmax(Draft draft) {
  if (!draft.options.allow_unsupported) return draft;
  Graph& graph = draft.graph;
  std::set<std::string> cut;  // names of nodes
  std::vector<GraphOutput> outputs = outputs_of(graph), kept;
  const auto tails = softmax_tails(graph, Wiring(graph));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (const Node* node : tails[i]) cut.insert(node->name);
    if (!tails[i].empty()) outputs[i].name = tails[i].back()->inputs[0];
    const bool is_there = std::any_of(
        kept.begin(), kept.end(), [&](const GraphOutput& other) { return other.name == outputs[i].name; });
    if (!is_there) kept.push_back(outputs[i]);
  }
  if (cut.empty()) return draft;
  std::vector<Node> left;
  for (const Node& node : graph.nodes) {
    if (cut.count(node.name) == 0) {
      left.push_back(node);
      continue;
    }
    draft.verdicts.push_back({node.name, name_of(node.op), "unsupported",
                              node.op == Op::softmax ? "the vector unit has none: the output is what it reads"
                                                     : "behind a Softmax, which is left out"});
  }
  graph.nodes = std::move(left);
  graph.output = kept.front().name;
  graph.output_type = kept.front().type;
  graph.further_outputs.assign(kept.begin() + 1, kept.end());
  return draft;
}

}  // namespace tricycle
