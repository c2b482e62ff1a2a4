// SPDX-License-Identifier: Apache-2.0
#include "workloads/integer/layer_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "workloads/integer/golden.hpp"

namespace tricycle {
namespace {

/// The node that gives each value.
using Producers = std::map<std::string, const Node*>;

Producers producers_of(const Graph& graph) {
  Producers producers;
  for (const Node& node : graph.nodes) {
    for (const std::string& output : node.outputs)
      if (!output.empty()) producers.emplace(output, &node);
  }
  return producers;
}

/// The nodes that lead from known values to others, in the order of the graph (their addresses ascend in that
/// order).
std::set<const Node*> way_to(const Producers& producers, const std::map<std::string, Tensor>& known,
                             std::vector<std::string> wanted) {
  std::set<const Node*> way;
  while (!wanted.empty()) {
    const std::string name = std::move(wanted.back());
    wanted.pop_back();
    const auto found = producers.find(name);
    if (known.count(name) != 0 || found == producers.end() || !way.insert(found->second).second) continue;
    wanted.insert(wanted.end(), found->second->inputs.begin(), found->second->inputs.end());
  }
  return way;
}

std::vector<Tensor> evaluate_along(const Graph& graph, const std::set<const Node*>& way,
                                   const std::map<std::string, Tensor>& known,
                                   const std::vector<std::string>& values,
                                   const std::function<void()>& tell) {
  std::map<std::string, Tensor> made;
  const auto at = [&](const std::string& name) -> const Tensor& {
    const auto found = made.find(name);
    return found != made.end() ? found->second : known.at(name);
  };
  for (const Node* node : way) {
    std::vector<const Tensor*> inputs;
    for (const std::string& name : node->inputs) {
      const auto constant = graph.constants.find(name);
      if (name.empty()) {
        inputs.push_back(nullptr);
      } else if (constant != graph.constants.end()) {
        inputs.push_back(&constant->second);
      } else {
        inputs.push_back(&at(name));
      }
    }
    std::vector<Tensor> outputs = evaluate(graph, *node, inputs);
    for (std::size_t i = 0; i < node->outputs.size() && i < outputs.size(); ++i)
      made[node->outputs[i]] = std::move(outputs[i]);
    if (tell) tell();
  }
  std::vector<Tensor> results;
  for (const std::string& value : values) results.push_back(at(value));
  return results;
}

}  // namespace

std::vector<Tensor> evaluate_values(const Graph& graph, const std::map<std::string, Tensor>& known,
                                    const std::vector<std::string>& values,
                                    const std::function<void()>& tell) {
  return evaluate_along(graph, way_to(producers_of(graph), known, values), known, values, tell);
}

double step_at(const QuantizedTensor& tensor, double worth, float value, float largest) {
  switch (tensor.codes.kind) {
    case Codes::Kind::float32: return std::max(std::ldexp(static_cast<double>(largest), -10), 1e-30);
    case Codes::Kind::float16: return std::max(std::ldexp(static_cast<double>(largest), -7), 1e-30);
    case Codes::Kind::binary: return 2 * worth;
    case Codes::Kind::power_of_two: return std::max(worth, std::fabs(static_cast<double>(value)));
    case Codes::Kind::integer: break;
  }
  return worth;
}

std::vector<float> code_worths(const QuantizedTensor& tensor, std::size_t count) {
  if (tensor.codes.is_float()) return std::vector<float>(count, 1);
  return real_values(tensor, std::vector<std::int32_t>(count, static_cast<std::int32_t>(tensor.zero() + 1)));
}

LayerComparison::LayerComparison(const QuantizedNetwork& network) : network_(network) {
  if (network.graph == nullptr) throw std::logic_error("the network has no graph");
  shapes_ = infer_shapes(*network.graph);
}

/// Only values of the graph: compiler passes add names of their own.
std::vector<std::string> LayerComparison::values_of(int tensor) const {
  std::vector<std::string> names;
  for (const std::string& value : network_.tensor(tensor).values) {
    if (shapes_.count(value) != 0) names.push_back(value);
  }
  return names;
}

Tensor LayerComparison::real_tensor(int tensor, const std::string& value,
                                    const std::vector<std::int32_t>& codes) const {
  const bool input = tensor == 0 && value == network_.graph->input;
  const std::vector<float> reals = real_values(network_.tensor(tensor), codes);
  if (!input || is_floating_type(network_.input_type)) return {shapes_.at(value), reals};
  return {shapes_.at(value), std::vector<std::int64_t>(reals.begin(), reals.end())};
}

std::vector<LayerDifference> LayerComparison::differences(
    const std::vector<std::vector<std::int32_t>>& golden, const std::function<void()>& tell) const {
  std::map<std::string, Tensor> known;
  const auto learn = [&](int tensor) {
    for (const std::string& value : values_of(tensor))
      known[value] = real_tensor(tensor, value, golden[static_cast<std::size_t>(tensor)]);
  };
  learn(0);
  const Graph& graph = *network_.graph;
  const Producers producers = producers_of(graph);
  std::vector<LayerDifference> rows;
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    const int output = network_.layers[i].output;
    const QuantizedTensor& tensor = network_.tensor(output);
    const std::vector<std::string> values = values_of(output);
    if (values.empty() || network_.loop_of(i) != nullptr) continue;
    const std::string& value = values.front();
    const std::vector<float> model =
        evaluate_along(graph, way_to(producers, known, {value}), known, {value}, {})[0].floats();
    learn(output);
    const std::vector<float> machine = known.at(value).floats();
    LayerDifference row;
    row.layer = i;
    row.values = machine.size();
    const std::vector<float> worths = code_worths(tensor, machine.size());
    float largest = 0;
    for (const float v : model) largest = std::isfinite(v) ? std::max(largest, std::fabs(v)) : largest;
    for (std::size_t v = 0; v < machine.size(); ++v) {
      if (machine[v] == model[v] || (std::isnan(machine[v]) && std::isnan(model[v]))) continue;
      const double step = step_at(tensor, worths[v], machine[v], largest);
      double steps = std::fabs(static_cast<double>(machine[v]) - static_cast<double>(model[v])) / step;
      if (std::isnan(steps)) steps = std::numeric_limits<double>::infinity();
      if (steps > 0.5) ++row.differ;
      if (steps <= row.most_steps) continue;
      row.most_steps = steps;
      row.place = v;
      row.machine = machine[v];
      row.model = model[v];
      row.step = step;
    }
    rows.push_back(row);
    if (tell) tell();
  }
  return rows;
}

}  // namespace tricycle
