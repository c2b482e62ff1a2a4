// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/graph.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/topological_sort.hpp>

#include "support/diagnostics.hpp"

namespace tricycle {

const std::vector<std::string>& op_names() {
  static const std::vector<std::string> names = {"Abs",
                                                 "Add",
                                                 "AveragePool",
                                                 "BatchNormalization",
                                                 "BipolarQuant",
                                                 "Cast",
                                                 "Ceil",
                                                 "Clip",
                                                 "Concat",
                                                 "Constant",
                                                 "ConstantOfShape",
                                                 "Conv",
                                                 "DequantizeLinear",
                                                 "Div",
                                                 "Dropout",
                                                 "Equal",
                                                 "Expand",
                                                 "Flatten",
                                                 "Floor",
                                                 "Gather",
                                                 "Gemm",
                                                 "GlobalAveragePool",
                                                 "GlobalMaxPool",
                                                 "Greater",
                                                 "GreaterOrEqual",
                                                 "Identity",
                                                 "LeakyRelu",
                                                 "Less",
                                                 "LessOrEqual",
                                                 "LRN",
                                                 "MatMul",
                                                 "Max",
                                                 "MaxPool",
                                                 "Min",
                                                 "Mul",
                                                 "Neg",
                                                 "Pad",
                                                 "Pow",
                                                 "PRelu",
                                                 "Quant",
                                                 "QuantizeLinear",
                                                 "ReduceMean",
                                                 "Relu",
                                                 "Reshape",
                                                 "Round",
                                                 "Shape",
                                                 "Sigmoid",
                                                 "Sign",
                                                 "Slice",
                                                 "Softmax",
                                                 "Sqrt",
                                                 "Squeeze",
                                                 "Sub",
                                                 "Sum",
                                                 "Tanh",
                                                 "Transpose",
                                                 "Unsqueeze",
                                                 "Where"};
  return names;
}

const std::vector<std::string>& encoding_names() {
  static const std::vector<std::string> names = {"uint8", "binary", "ternary", "int32", "float32"};
  return names;
}

std::int64_t Node::integer(const std::string& key, std::int64_t otherwise) const {
  const auto found = attributes.find(key);
  return found == attributes.end() || !found->second.integer ? otherwise : *found->second.integer;
}
float Node::number(const std::string& key, float otherwise) const {
  const auto found = attributes.find(key);
  return found == attributes.end() || !found->second.number ? otherwise : *found->second.number;
}
std::string Node::text(const std::string& key, const std::string& otherwise) const {
  const auto found = attributes.find(key);
  return found == attributes.end() || !found->second.text ? otherwise : *found->second.text;
}

void sort_nodes(Graph& graph) {
  std::map<std::string, std::size_t> producer;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& output : graph.nodes[i].outputs) {
      if (output.empty()) continue;
      if (!producer.emplace(output, i).second || graph.is_constant(output) || output == graph.input) {
        throw InputError(Place::at_node(graph.file, graph.nodes[i].name),
                         "the value '" + output + "' is produced twice");
      }
    }
  }
  boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> order(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& input : graph.nodes[i].inputs) {
      if (input.empty() || input == graph.input || graph.is_constant(input)) continue;
      const auto found = producer.find(input);
      if (found == producer.end()) {
        throw InputError(Place::at_node(graph.file, graph.nodes[i].name),
                         "reads '" + input + "', which nothing produces");
      }
      boost::add_edge(i, found->second, order);
    }
  }
  std::vector<std::size_t> sorted;
  try {
    boost::topological_sort(order, std::back_inserter(sorted));
  } catch (const boost::not_a_dag&) {
    Place place;
    place.file = graph.file;
    throw InputError(place, "the graph has a cycle");
  }
  std::vector<Node> nodes;
  nodes.reserve(sorted.size());
  for (const std::size_t i : sorted) nodes.push_back(std::move(graph.nodes[i]));
  graph.nodes = std::move(nodes);
}

Tensor run_float(const Graph& graph, const Tensor& input) {
  std::map<std::string, Tensor> values;
  values[graph.input] = input;
  const auto find = [&](const std::string& name) -> const Tensor* {
    if (name.empty()) return nullptr;
    const auto constant = graph.constants.find(name);
    return constant != graph.constants.end() ? &constant->second : &values.at(name);
  };
  for (const Node& node : graph.nodes) {
    std::vector<const Tensor*> inputs;
    for (const std::string& name : node.inputs) inputs.push_back(find(name));
    std::vector<Tensor> outputs = evaluate(graph, node, inputs);
    for (std::size_t i = 0; i < node.outputs.size() && i < outputs.size(); ++i) {
      values[node.outputs[i]] = std::move(outputs[i]);
    }
  }
  return *find(graph.output);
}

std::vector<Verdict> fold_constants(Graph& graph) {
  std::vector<Verdict> folded;
  std::vector<Node> kept;
  std::map<std::string, Shape> shapes;
  shapes[graph.input] = graph.input_shape;
  for (Node& node : graph.nodes) {
    const std::string& op = op_names()[static_cast<std::size_t>(node.op)];
    const bool constant = std::all_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& name) {
      return name.empty() || graph.is_constant(name);
    });
    if (!constant && node.op != Op::shape) {
      kept.push_back(std::move(node));
      std::vector<Shape> result = infer_node_shapes(graph, kept.back(), shapes);
      shapes[kept.back().outputs[0]] = result[0];
      continue;
    }
    std::vector<const Tensor*> inputs;
    Tensor shape_only;
    for (const std::string& name : node.inputs) {
      if (node.op == Op::shape && !constant) {
        shape_only.shape = shapes.at(name);
        inputs.push_back(&shape_only);
      } else {
        inputs.push_back(name.empty() ? nullptr : &graph.constants.at(name));
      }
    }
    std::vector<Tensor> outputs = evaluate(graph, node, inputs);
    graph.constants[node.outputs[0]] = std::move(outputs[0]);
    folded.push_back({node.name, op, "folded", constant ? "all inputs are constant" : "shapes are static"});
  }
  graph.nodes = std::move(kept);
  return folded;
}

std::map<std::string, Shape> infer_shapes(const Graph& graph) {
  std::map<std::string, Shape> shapes;
  shapes[graph.input] = graph.input_shape;
  for (const Node& node : graph.nodes) shapes[node.outputs[0]] = infer_node_shapes(graph, node, shapes)[0];
  return shapes;
}

}  // namespace tricycle
