// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/figures.hpp"

namespace tricycle {
namespace {

/// The elements of a node's constant inputs that are more than a scalar.
std::int64_t constant_elements(const Graph& graph, const Node& node) {
  std::int64_t count = 0;
  for (const std::string& input : node.inputs) {
    const auto found = graph.constants.find(input);
    if (found != graph.constants.end() && !found->second.shape.empty()) count += found->second.size();
  }
  return count;
}

/// Multiplications for one output, or 0 where the weights are not constant.
std::int64_t depth(const Graph& graph, const Node& node) {
  const auto found = graph.constants.find(node.inputs.at(1));
  if (found == graph.constants.end()) return 0;
  const Shape& weights = found->second.shape;
  if (node.op == Op::conv) return weights[0] == 0 ? 0 : element_count(weights) / weights[0];
  return weights[node.op == Op::gemm && node.integer("transB", 0) != 0 ? 1 : 0];
}

}  // namespace

NetworkFigures figures_of(const Graph& graph) {
  NetworkFigures figures;
  const std::map<std::string, Shape> shapes = infer_shapes(graph);
  for (const Node& node : graph.nodes) {
    switch (node.op) {
      case Op::conv:
      case Op::gemm:
      case Op::matmul: {
        ProductFigures product;
        product.name = node.name;
        product.output = shapes.at(node.outputs[0]);
        product.macs = element_count(product.output) * depth(graph, node);
        if (product.macs == 0) break;
        product.weights = graph.constants.at(node.inputs[1]).size();
        figures.macs += product.macs;
        figures.weights += product.weights;
        figures.products.push_back(std::move(product));
        figures.parameters += constant_elements(graph, node);
        break;
      }
      case Op::add:
      case Op::mul: figures.parameters += constant_elements(graph, node); break;
      default: break;
    }
  }
  return figures;
}

}  // namespace tricycle
