// SPDX-License-Identifier: Apache-2.0
#include "workloads/import/network/figures.hpp"

namespace tricycle {
namespace {

/// The number of elements in a node's constant inputs, without scalars.
std::int64_t constant_elements(const Graph& graph, const Node& node) {
  std::int64_t count = 0;
  for (const std::string& input : node.inputs) {
    const auto found = graph.constants.find(input);
    if (found != graph.constants.end() && !found->second.shape.empty()) count += found->second.size();
  }
  return count;
}

/// The number of multiplications for one output; 0 if the weights are not constant.
std::int64_t depth(const Graph& graph, const Node& node) {
  const auto found = graph.constants.find(node.inputs.at(1));
  if (found == graph.constants.end()) return 0;
  const Shape& weights = found->second.shape;
  if (node.op == Op::conv) return weights[0] == 0 ? 0 : element_count(weights) / weights[0];
  return weights[node.op == Op::gemm && node.integer("transB", 0) != 0 ? 1 : 0];
}

bool has_constant(const Graph& graph, const Node& node, std::size_t i) {
  return i < node.inputs.size() && graph.is_constant(node.inputs[i]);
}

/// The products of a recurrent layer: W x and R h, in each time step and for each item. None if the weights
/// are not constant.
ProductFigures recurrent_products(const Graph& graph, const Node& node, const Shape& input) {
  ProductFigures product;
  product.name = node.name;
  if (!has_constant(graph, node, 1) || !has_constant(graph, node, 2)) return product;
  const std::int64_t w = graph.constants.at(node.inputs[1]).size();
  const std::int64_t r = graph.constants.at(node.inputs[2]).size();
  product.weights = w + r;
  product.macs = input.at(0) * input.at(1) * product.weights;  // steps and items, in either order
  return product;
}

/// The number of elements in W, R, B and the peepholes P.
std::int64_t recurrent_parameters(const Graph& graph, const Node& node) {
  std::int64_t count = 0;
  for (const std::size_t i : {1U, 2U, 3U, 7U}) {
    if (has_constant(graph, node, i)) count += graph.constants.at(node.inputs[i]).size();
  }
  return count;
}

/// The number of elements in a constant table of which rows are chosen. 0 for a shape or another list.
std::int64_t table_parameters(const Graph& graph, const Node& node) {
  if (!has_constant(graph, node, 0)) return 0;
  const Tensor& table = graph.constants.at(node.inputs[0]);
  return table.is_float() && table.shape.size() == 2 ? table.size() : 0;
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
      case Op::lstm:
      case Op::gru:
      case Op::rnn: {
        const std::string& x = node.inputs.at(0);
        ProductFigures product = recurrent_products(
            graph, node, graph.is_constant(x) ? graph.constants.at(x).shape : shapes.at(x));
        if (product.macs == 0) break;
        product.output = shapes.at(node.outputs[0].empty() ? node.outputs.at(1) : node.outputs[0]);
        figures.macs += product.macs;
        figures.weights += product.weights;
        figures.products.push_back(std::move(product));
        figures.parameters += recurrent_parameters(graph, node);
        break;
      }
      case Op::gather: figures.parameters += table_parameters(graph, node); break;
      case Op::add:
      case Op::mul: figures.parameters += constant_elements(graph, node); break;
      default: break;
    }
  }
  return figures;
}

}  // namespace tricycle
