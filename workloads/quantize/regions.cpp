// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/regions.hpp"

#include <algorithm>
#include <set>

#include "workloads/quantize/nodes.hpp"

namespace tricycle {

namespace {

/// The pointwise nodes, views and max pools after a value, in the order of the graph. All their variables
/// come from the value through such nodes.
std::vector<const Node*> pointwise_behind(const Graph& graph, const Wiring& wiring, const std::string& name) {
  std::vector<const Node*> region;
  std::set<std::string> inside = {name};
  // The nodes of a graph lie in one vector. Their addresses have the order of the graph: a reader comes after
  // the values that it reads.
  const std::vector<const Node*>& first = wiring.readers_of(name);
  std::set<const Node*> next(first.begin(), first.end());
  while (!next.empty()) {
    const Node* node = next.extract(next.begin()).value();
    const bool works = is_pointwise(node->op) || hands_on(node->op);
    const std::vector<std::string> names = variables_of(graph, *node);
    const auto is_inside = [&](const std::string& v) { return inside.count(v) != 0; };
    if (!works || names.empty() || !std::all_of(names.begin(), names.end(), is_inside)) continue;
    region.push_back(node);
    inside.insert(node->outputs[0]);
    const std::vector<const Node*>& readers = wiring.readers_of(node->outputs[0]);
    next.insert(readers.begin(), readers.end());
  }
  return region;
}

/// Whether a value has codes: a quantizer makes it, through nodes that only hand values on.
bool has_codes(const Wiring& wiring, const std::string& value) {
  const Node* node = wiring.producer_of(value);
  while (node != nullptr && hands_on(node->op)) node = wiring.producer_of(node->inputs[0]);
  return node != nullptr && (is_quantizer(node->op) || node->op == Op::dequantize_linear);
}

/// Whether a value without codes is added to another, which its layer would do as well, and wanted by itself:
/// by another reader, or as an output.
bool is_wanted_beside_sum(const Graph& graph, const Wiring& wiring, const std::vector<const Node*>& outside,
                          const std::string& value) {
  const bool is_added = std::any_of(outside.begin(), outside.end(), [&](const Node* reader) {
    return (reader->op == Op::add || reader->op == Op::sum) && variables_of(graph, *reader).size() == 2;
  });
  return is_added && outside.size() + (is_output(graph, value) ? 1 : 0) > 1 && !has_codes(wiring, value);
}

}  // namespace

std::string last_common_value(const Graph& graph, const Wiring& wiring, const std::string& name) {
  const std::vector<const Node*> region = pointwise_behind(graph, wiring, name);
  std::set<std::string> inside = {name};
  for (const Node* node : region) inside.insert(node->outputs[0]);
  const std::set<const Node*> nodes(region.begin(), region.end());
  const auto in_region = [&](const Node* node) { return nodes.count(node) != 0; };
  // The values that something outside reads, as they are before views lay them out anew.
  std::set<std::string> exits;
  bool is_taken_twice = false;
  for (const std::string& value : inside) {
    std::vector<const Node*> outside;
    for (const Node* reader : wiring.readers_of(value)) {
      if (!in_region(reader)) outside.push_back(reader);
    }
    if (!is_output(graph, value) && outside.empty()) continue;
    is_taken_twice = is_taken_twice || is_wanted_beside_sum(graph, wiring, outside, value);
    std::string plain = value;
    for (const Node* node = wiring.producer_of(plain); plain != name && node != nullptr && is_view(node->op);
         node = wiring.producer_of(plain)) {
      plain = node->inputs[0];
    }
    exits.insert(plain);
  }
  if (exits.size() < 2 && !is_taken_twice) return "";
  // The last value without which no other exit can be reached.
  std::vector<std::string> candidates = {name};
  for (const Node* node : region) {
    if (!is_view(node->op)) candidates.push_back(node->outputs[0]);
  }
  for (auto candidate = candidates.rbegin(); candidate != candidates.rend(); ++candidate) {
    std::set<std::string> reached;
    if (*candidate != name) reached.insert(name);
    for (const Node* node : region) {
      if (node->outputs[0] == *candidate) continue;
      const std::vector<std::string> names = variables_of(graph, *node);
      if (std::any_of(names.begin(), names.end(),
                      [&](const std::string& v) { return reached.count(v) != 0; }))
        reached.insert(node->outputs[0]);
    }
    const bool avoided = std::any_of(exits.begin(), exits.end(),
                                     [&](const std::string& exit) { return reached.count(exit) != 0; });
    if (!avoided) return *candidate;
  }
  return name;
}

}  // namespace tricycle
