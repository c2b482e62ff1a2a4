// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"

namespace tricycle {

/// The producer and the readers of each value of a graph, looked up without a walk over the nodes. It is
/// valid as long as the graph's list of nodes does not change.
class Wiring {
 public:
  Wiring() = default;
  explicit Wiring(const Graph& graph);

  /// The node that has this value as its first output; null for an input or a constant.
  [[nodiscard]] const Node* producer_of(const std::string& value) const;
  /// The nodes that read a value, each once, in the order of the graph.
  [[nodiscard]] const std::vector<const Node*>& readers_of(const std::string& value) const;

 private:
  struct Ends {
    const Node* producer = nullptr;
    std::vector<const Node*> readers;
  };
  std::map<std::string, Ends> ends_;
};

}  // namespace tricycle
