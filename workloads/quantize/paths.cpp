// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/passes.hpp"

namespace tricycle {
namespace {

/// Adds the values that some of `needed` come from. Returns how many nodes lead to none of them.
std::size_t add_what_leads(const Graph& graph, std::set<std::string>& needed) {
  std::size_t left = 0;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const bool leads = std::any_of(node->outputs.begin(), node->outputs.end(),
                                   [&](const std::string& output) { return needed.count(output) != 0; });
    if (!leads) {
      ++left;
    } else {
      needed.insert(node->inputs.begin(), node->inputs.end());
    }
  }
  return left;
}

void check_all_lead_to_outputs(const Graph& graph) {
  const std::vector<GraphOutput> outputs = outputs_of(graph);
  std::set<std::string> needed;
  for (const GraphOutput& output : outputs) needed.insert(output.name);
  if (const std::size_t left = add_what_leads(graph, needed); left > 0) {
    fail_graph(graph, fmt::format("{} nodes do not lie on the way from the input to the output{}", left,
                                  outputs.size() > 1 ? "s" : ""));
  }
  for (const GraphOutput& output : outputs) {
    std::set<std::string> behind = {output.name};
    add_what_leads(graph, behind);
    if (behind.count(graph.input) == 0)
      fail_graph(graph, "nothing leads from '" + graph.input + "' to the output '" + output.name + "'");
  }
}

}  // namespace

Draft check_ends(Draft draft) {
  check_one_input(draft.graph);
  return draft;
}

Draft check_paths(Draft draft) {
  check_all_lead_to_outputs(draft.graph);
  return draft;
}

}  // namespace tricycle
