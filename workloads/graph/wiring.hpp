// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"

namespace tricycle {

/// Who makes and who reads each value of a graph, without a walk over its nodes for each question. It holds
/// as long as the graph's list of nodes stays as it is.
class Wiring {
 public:
  Wiring() = default;
  explicit Wiring(const Graph& graph);

  /// The node whose first output a value is; null of an input or a constant.
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
