// SPDX-License-Identifier: Apache-2.0
// Refuses constants that are no numbers: integers have no code for them.
#include <fmt/format.h>

#include <cmath>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/nodes.hpp"
#include "workloads/quantize/passes.hpp"

namespace tricycle {
namespace {

/// Operators with bounds: an infinite bound cuts nothing off.
bool bounds(Op op) {
  return op == Op::clip || op == Op::max || op == Op::min;
}

void check_variance(const Graph& graph, const Node& node) {
  if (node.inputs.size() < 5 || !graph.is_constant(node.inputs[4])) return;  // refused where it is taken
  const std::vector<float> variance = parameter(graph, node, 4).floats();
  const float epsilon = node.number("epsilon", 1e-5F);
  for (std::size_t c = 0; c < variance.size(); ++c) {
    if (variance[c] + epsilon > 0) continue;
    fail_node(graph, node,
              fmt::format("the variance of channel {} is {}: with the epsilon {} it has no root to divide by",
                          c, variance[c], epsilon));
  }
}

/// Refuses constants and attributes that are NaN or, after folding, infinite without being bounds. In
/// floating point the weights of products are not checked: they are used as they are.
void check(const Graph& graph, bool floating, bool folded) {
  for (const Node& node : graph.nodes) {
    const bool infinite = !folded || bounds(node.op);
    const auto hold = [&](const auto& values, const auto& what) {
      for (const float v : values) {
        if (std::isfinite(v) || (std::isinf(v) && infinite)) continue;
        fail_node(graph, node,
                  fmt::format("{} holds {}: expected {}numbers", what(),
                              std::isnan(v) ? "nan"
                              : v > 0       ? "inf"
                                            : "-inf",
                              infinite ? "" : "finite "));
      }
    };
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const std::string& name = node.inputs[i];
      if (name.empty() || !graph.is_constant(name) || !graph.constants.at(name).is_float()) continue;
      if (floating && is_product(node.op) && i == 1) continue;
      hold(graph.constants.at(name).floats(), [&] { return fmt::format("input {} ('{}')", i + 1, name); });
    }
    for (const auto& [name, attribute] : node.attributes) {
      const auto what = [&attribute_name = name] { return "the attribute '" + attribute_name + "'"; };
      if (attribute.number) hold(std::vector<float>{*attribute.number}, what);
      hold(attribute.numbers, what);
      if (attribute.tensor && attribute.tensor->is_float()) hold(attribute.tensor->floats(), what);
    }
    if (folded && node.op == Op::batch_normalization) check_variance(graph, node);
  }
}

}  // namespace

Draft check_constants(Draft draft) {
  if (!draft.options.floating) check(draft.graph, false, false);
  return draft;
}

Draft check_numbers(Draft draft) {
  check(draft.graph, draft.options.floating.has_value(), true);
  return draft;
}

}  // namespace tricycle
