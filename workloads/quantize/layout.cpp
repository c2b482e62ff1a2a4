// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/layout.hpp"

#include <algorithm>
#include <set>

#include "workloads/quantize/nodes.hpp"

namespace tricycle {
namespace {

bool moves_channels_in_front(const Node& node) {
  const auto perm = node.attributes.find("perm");
  return node.op == Op::transpose && perm != node.attributes.end() &&
         perm->second.integers == std::vector<std::int64_t>{0, 3, 1, 2};
}

}  // namespace

const std::vector<std::string>& names_of(Layout) {
  static const std::vector<std::string> names = {"rows", "channels_first", "channels_last", "flat_chw",
                                                 "flat_hwc"};
  return names;
}

std::optional<Layout> reshaped(Layout from, const Grid2d& grid, std::int64_t channels, const Shape& shape) {
  const std::int64_t last = shape.empty() ? 1 : shape.back();
  const bool one_position = grid.height * grid.width == 1;
  const bool image_row =
      last == grid.height * grid.width * channels && element_count(shape) == grid.images * last;
  const bool spread = shape.size() == 4 && shape[0] == grid.images;
  switch (from) {
    case Layout::rows:
    case Layout::channels_last:
      if (last == channels && !(spread && shape[1] == channels && one_position)) return Layout::rows;
      if (spread && one_position && shape == Shape{grid.images, channels, 1, 1})
        return Layout::channels_first;
      if (image_row) return Layout::flat_hwc;
      break;
    case Layout::channels_first:
      if (last == channels && one_position) return Layout::rows;
      if (image_row) return Layout::flat_chw;
      break;
    case Layout::flat_chw:
    case Layout::flat_hwc:
      if (last == grid.height * grid.width * channels) return from;
      break;
  }
  return std::nullopt;
}

std::optional<Layout> transposed(Layout from, const std::vector<std::size_t>& permutation) {
  const auto is = [&](const std::vector<std::size_t>& wanted) { return permutation == wanted; };
  if (from == Layout::channels_first && is({0, 2, 3, 1})) return Layout::channels_last;
  if (from == Layout::channels_last && is({0, 3, 1, 2})) return Layout::channels_first;
  return std::nullopt;
}

bool moves_only_ones(const Shape& from, const std::vector<std::size_t>& permutation) {
  std::vector<std::size_t> moved;
  for (const std::size_t d : permutation) {
    if (from[d] != 1) moved.push_back(d);
  }
  return std::is_sorted(moved.begin(), moved.end());
}

Layout input_layout(const Graph& graph) {
  if (graph.input_shape.size() != 4) return Layout::rows;
  return channels_come_last(graph) ? Layout::channels_last : Layout::channels_first;
}

bool channels_come_last(const Graph& graph) {
  if (graph.input_shape.size() != 4) return false;
  std::set<std::string> values = {graph.input};
  bool moved = false;
  for (const Node& node : graph.nodes) {
    std::size_t variables = 0, ours = 0;
    for (const std::string& name : node.inputs) {
      if (name.empty() || graph.is_constant(name)) continue;
      ++variables;
      ours += values.count(name);
    }
    if (ours == 0) continue;
    if (moves_channels_in_front(node)) {
      moved = true;
    } else if ((is_pointwise(node.op) || node.op == Op::identity) && ours == variables) {
      values.insert(node.outputs[0]);
    } else {
      return false;
    }
  }
  const std::vector<GraphOutput> outputs = outputs_of(graph);
  return moved && std::none_of(outputs.begin(), outputs.end(),
                               [&](const GraphOutput& output) { return values.count(output.name) != 0; });
}

}  // namespace tricycle
