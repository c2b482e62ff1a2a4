// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "workloads/passes/quantizer.hpp"

namespace tricycle {
namespace {

/// Infinity is a bound that cuts nothing off.
bool bounds(Op op) {
  return op == Op::clip || op == Op::max || op == Op::min;
}

bool is_product(Op op) {
  return op == Op::conv || op == Op::gemm || op == Op::matmul;
}

}  // namespace

/// Integers have no code for what is no number. As the model has it no constant may be one, and of those that
/// are left once constants are folded only bounds may be infinite. Floating point multiplies by weights as
/// they are.
void Quantizer::check_numbers(bool folded) const {
  if (options_.floating && !folded) return;
  for (const Node& node : graph_.nodes) {
    const bool infinite = !folded || bounds(node.op);
    const auto check = [&](const auto& values, const auto& what) {
      for (const float v : values) {
        if (std::isfinite(v) || (std::isinf(v) && infinite)) continue;
        fail(node, fmt::format("{} holds {}: expected {}numbers", what(),
                               std::isnan(v) ? "nan"
                               : v > 0       ? "inf"
                                             : "-inf",
                               infinite ? "" : "finite "));
      }
    };
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const std::string& name = node.inputs[i];
      if (name.empty() || !graph_.is_constant(name) || !graph_.constants.at(name).is_float()) continue;
      if (options_.floating && is_product(node.op) && i == 1) continue;
      check(graph_.constants.at(name).floats(), [&] { return fmt::format("input {} ('{}')", i + 1, name); });
    }
    for (const auto& [name, attribute] : node.attributes) {
      const auto what = [&attribute_name = name] { return "the attribute '" + attribute_name + "'"; };
      if (attribute.number) check(std::vector<float>{*attribute.number}, what);
      check(attribute.numbers, what);
      if (attribute.tensor && attribute.tensor->is_float()) check(attribute.tensor->floats(), what);
    }
    if (folded && node.op == Op::batch_normalization) check_variance(node);
  }
}

void Quantizer::check_variance(const Node& node) const {
  if (node.inputs.size() < 5 || !graph_.is_constant(node.inputs[4])) return;  // refused where it is taken
  const std::vector<float> variance = parameter(node, 4).floats();
  const float epsilon = node.number("epsilon", 1e-5F);
  for (std::size_t c = 0; c < variance.size(); ++c) {
    if (variance[c] + epsilon > 0) continue;
    fail(node,
         fmt::format("the variance of channel {} is {}: with the epsilon {} it has no root to divide by", c,
                     variance[c], epsilon));
  }
}

}  // namespace tricycle
