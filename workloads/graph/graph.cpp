// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/graph.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/topological_sort.hpp>

#include "support/diagnostics.hpp"
#include "workloads/graph/shapes.hpp"

namespace tricycle {

const std::vector<std::string>& names_of(Op) {
  static const std::vector<std::string> names = {
#define OPERATOR(identifier, name, ...) name,
#include "workloads/graph/operators.def"
#undef OPERATOR
  };
  return names;
}

const std::vector<std::string>& names_of(ElementType) {
  static const std::vector<std::string> names = {"float32", "float64", "float16", "int64",
                                                 "int32",   "int8",    "uint8",   "bool"};
  return names;
}

const std::vector<std::string>& names_of(Encoding) {
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

std::vector<GraphInput> inputs_of(const Graph& graph) {
  std::vector<GraphInput> inputs = {{graph.input, graph.input_shape, graph.input_type}};
  inputs.insert(inputs.end(), graph.further_inputs.begin(), graph.further_inputs.end());
  return inputs;
}

std::vector<GraphOutput> outputs_of(const Graph& graph) {
  std::vector<GraphOutput> outputs = {{graph.output, graph.output_type}};
  outputs.insert(outputs.end(), graph.further_outputs.begin(), graph.further_outputs.end());
  return outputs;
}

bool is_output(const Graph& graph, const std::string& value) {
  return value == graph.output ||
         std::any_of(graph.further_outputs.begin(), graph.further_outputs.end(),
                     [&](const GraphOutput& output) { return output.name == value; });
}

namespace {

/// Writes the values of a node's outputs into a map by name. An output without a name is not wanted.
template <class Value>
void keep(const Node& node, std::vector<Value> results, std::map<std::string, Value>& values) {
  for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i) {
    if (!node.outputs[i].empty()) values[node.outputs[i]] = std::move(results[i]);
  }
}

std::map<std::string, Shape> input_shapes(const Graph& graph) {
  std::map<std::string, Shape> shapes;
  for (const GraphInput& input : inputs_of(graph)) shapes[input.name] = input.shape;
  return shapes;
}

}  // namespace

void check_one_input(const Graph& graph) {
  if (!graph.further_inputs.empty()) {
    fail_graph(graph,
               "has more than one input: '" + graph.input + "' and '" + graph.further_inputs[0].name + "'");
  }
}

void sort_nodes(Graph& graph) {
  const std::map<std::string, Shape> given = input_shapes(graph);
  std::map<std::string, std::size_t> producer;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& output : graph.nodes[i].outputs) {
      if (output.empty()) continue;
      if (!producer.emplace(output, i).second || graph.is_constant(output) || given.count(output) != 0) {
        throw InputError(Place::at_node(graph.file, graph.nodes[i].name),
                         "the value '" + output + "' is produced twice");
      }
    }
  }
  boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> order(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& input : graph.nodes[i].inputs) {
      if (input.empty() || given.count(input) != 0 || graph.is_constant(input)) continue;
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
    fail_graph(graph, "the graph has a cycle");
  }
  std::vector<Node> nodes;
  nodes.reserve(sorted.size());
  for (const std::size_t i : sorted) nodes.push_back(std::move(graph.nodes[i]));
  graph.nodes = std::move(nodes);
}

std::vector<Tensor> run_float(const Graph& graph, const std::vector<Tensor>& inputs) {
  const std::vector<GraphInput> wanted = inputs_of(graph);
  if (inputs.size() != wanted.size()) {
    fail_graph(graph, "has " + std::to_string(wanted.size()) + " inputs and is given " +
                          std::to_string(inputs.size()));
  }
  std::map<std::string, Tensor> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) values[wanted[i].name] = inputs[i];
  const auto find = [&](const std::string& name) -> const Tensor* {
    if (name.empty()) return nullptr;
    const auto constant = graph.constants.find(name);
    return constant != graph.constants.end() ? &constant->second : &values.at(name);
  };
  for (const Node& node : graph.nodes) {
    std::vector<const Tensor*> read;
    for (const std::string& name : node.inputs) read.push_back(find(name));
    keep(node, evaluate(graph, node, read), values);
  }
  std::vector<Tensor> results;
  for (const GraphOutput& output : outputs_of(graph)) results.push_back(*find(output.name));
  return results;
}

Tensor run_float(const Graph& graph, const Tensor& input) {
  return run_float(graph, std::vector<Tensor>{input})[0];
}

std::vector<Verdict> fold_constants(Graph& graph) {
  std::vector<Verdict> folded;
  std::vector<Node> kept;
  std::map<std::string, Shape> shapes = input_shapes(graph);
  for (Node& node : graph.nodes) {
    const std::string& op = name_of(node.op);
    const bool constant = std::all_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& name) {
      return name.empty() || graph.is_constant(name);
    });
    if (!constant && node.op != Op::shape) {
      kept.push_back(std::move(node));
      keep(kept.back(), infer_node_shapes(graph, kept.back(), shapes), shapes);
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
    keep(node, evaluate(graph, node, inputs), graph.constants);
    folded.push_back({node.name, op, "folded", constant ? "all inputs are constant" : "shapes are static"});
  }
  graph.nodes = std::move(kept);
  return folded;
}

std::map<std::string, Shape> infer_shapes(const Graph& graph) {
  std::map<std::string, Shape> shapes = input_shapes(graph);
  for (const Node& node : graph.nodes) keep(node, infer_node_shapes(graph, node, shapes), shapes);
  return shapes;
}

}  // namespace tricycle
