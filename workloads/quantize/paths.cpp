// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/passes.hpp"

namespace tricycle {
namespace {

void check_all_lead_to_output(const Graph& graph) {
  std::set<std::string> needed = {graph.output};
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
  if (left > 0)
    fail_graph(graph, fmt::format("{} nodes do not lie on the way from the input to the output", left));
  if (needed.count(graph.input) == 0)
    fail_graph(graph, "nothing leads from '" + graph.input + "' to the output '" + graph.output + "'");
}

}  // namespace

Draft check_ends(Draft draft) {
  check_one_input_and_output(draft.graph);
  return draft;
}

Draft check_paths(Draft draft) {
  check_all_lead_to_output(draft.graph);
  return draft;
}

}  // namespace tricycle
