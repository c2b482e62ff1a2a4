// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/wiring.hpp"

namespace tricycle {

Wiring::Wiring(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    const Node*& producer = ends_[node.outputs[0]].producer;
    if (producer == nullptr) producer = &node;
    for (const std::string& input : node.inputs) {
      std::vector<const Node*>& readers = ends_[input].readers;
      if (readers.empty() || readers.back() != &node) readers.push_back(&node);
    }
  }
}

const Node* Wiring::producer_of(const std::string& value) const {
  const auto found = ends_.find(value);
  return found == ends_.end() ? nullptr : found->second.producer;
}

const std::vector<const Node*>& Wiring::readers_of(const std::string& value) const {
  static const std::vector<const Node*> none;
  const auto found = ends_.find(value);
  return found == ends_.end() ? none : found->second.readers;
}

}  // namespace tricycle
