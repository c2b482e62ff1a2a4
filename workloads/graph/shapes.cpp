// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/shapes.hpp"

#include <algorithm>
#include <numeric>

#include "support/diagnostics.hpp"

namespace tricycle {

void fail_node(const Graph& graph, const Node& node, const std::string& message) {
  throw InputError(Place::at_node(graph.file, node.name),
                   op_names()[static_cast<std::size_t>(node.op)] + ": " + message);
}

void check_size(const Graph& graph, const Node& node, const Shape& shape) {
  constexpr std::int64_t most = std::int64_t{1} << 27U;
  const std::int64_t count = element_count(shape);
  if (count < 0 || count > most)
    fail_node(graph, node, "a tensor of shape " + shape_text(shape) + " is too large");
}

std::size_t checked_axis(const Graph& graph, const Node& node, std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    fail_node(graph, node,
              "axis " + std::to_string(axis) + " of a tensor with " + std::to_string(rank) + " dimensions");
  }
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

Shape broadcast_shape(const Graph& graph, const Node& node, const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) {
      fail_node(graph, node, "shapes " + shape_text(a) + " and " + shape_text(b) + " do not broadcast");
    }
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  check_size(graph, node, result);
  return result;
}

Shape matmul_shape(const Graph& graph, const Node& node, const Shape& a, const Shape& b) {
  if (a.empty() || b.size() != 2 || a.back() != b[0]) {
    fail_node(graph, node, "cannot multiply " + shape_text(a) + " by " + shape_text(b));
  }
  Shape result = a;
  result.back() = b[1];
  check_size(graph, node, result);
  return result;
}

Shape gemm_shape(const Graph& graph, const Node& node, const Shape& a, const Shape& b) {
  if (a.size() != 2 || b.size() != 2) {
    fail_node(graph, node, "expects two matrices, not " + shape_text(a) + " and " + shape_text(b));
  }
  const bool transpose_a = node.integer("transA", 0) != 0;
  const bool transpose_b = node.integer("transB", 0) != 0;
  if (a[transpose_a ? 0 : 1] != b[transpose_b ? 1 : 0]) {
    fail_node(graph, node, "cannot multiply " + shape_text(a) + " by " + shape_text(b));
  }
  Shape result = {a[transpose_a ? 1 : 0], b[transpose_b ? 0 : 1]};
  check_size(graph, node, result);
  return result;
}

Shape transpose_shape(const Graph& graph, const Node& node, const Shape& a,
                      std::vector<std::size_t>& permutation) {
  permutation.resize(a.size());
  std::iota(permutation.rbegin(), permutation.rend(), std::size_t{0});
  const auto found = node.attributes.find("perm");
  if (found != node.attributes.end()) {
    const auto& perm = found->second.integers;
    std::vector<std::int64_t> sorted = perm;
    std::sort(sorted.begin(), sorted.end());
    bool valid = perm.size() == a.size();
    for (std::size_t i = 0; valid && i < sorted.size(); ++i)
      valid = sorted[i] == static_cast<std::int64_t>(i);
    if (!valid)
      fail_node(graph, node, "'perm' is no permutation of " + std::to_string(a.size()) + " dimensions");
    for (std::size_t i = 0; i < perm.size(); ++i) permutation[i] = static_cast<std::size_t>(perm[i]);
  }
  Shape result(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) result[i] = a[permutation[i]];
  return result;
}

Shape reshape_shape(const Graph& graph, const Node& node, const Shape& a,
                    const std::vector<std::int64_t>& wanted) {
  Shape result = wanted;
  std::int64_t known = 1;
  std::ptrdiff_t free_at = -1;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (result[i] == 0 && node.integer("allowzero", 0) == 0 && i < a.size()) result[i] = a[i];
    if (result[i] == -1 && free_at < 0) {
      free_at = static_cast<std::ptrdiff_t>(i);
    } else if (result[i] < 0 || result[i] > (std::int64_t{1} << 27U) || known > (std::int64_t{1} << 27U)) {
      fail_node(graph, node, "cannot reshape " + shape_text(a) + " to " + shape_text(wanted));
    } else {
      known *= result[i];
    }
  }
  const std::int64_t count = element_count(a);
  if (free_at >= 0) result[static_cast<std::size_t>(free_at)] = known == 0 ? 0 : count / known;
  if (element_count(result) != count) {
    fail_node(graph, node, "cannot reshape " + shape_text(a) + " to " + shape_text(wanted));
  }
  return result;
}

Shape flatten_shape(const Graph& graph, const Node& node, const Shape& a) {
  const std::int64_t axis = node.integer("axis", 1);
  const std::size_t split =
      axis == static_cast<std::int64_t>(a.size()) ? a.size() : checked_axis(graph, node, axis, a.size());
  const Shape before(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(split));
  const Shape after(a.begin() + static_cast<std::ptrdiff_t>(split), a.end());
  return {element_count(before), element_count(after)};
}

Shape squeeze_shape(const Graph& graph, const Node& node, const Shape& a,
                    const std::vector<std::int64_t>& axes) {
  std::vector<bool> drop(a.size(), axes.empty());
  for (const std::int64_t axis : axes) {
    const std::size_t at = checked_axis(graph, node, axis, a.size());
    if (a[at] != 1)
      fail_node(graph, node, "dimension " + std::to_string(at) + " of " + shape_text(a) + " is not 1");
    drop[at] = true;
  }
  Shape result;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!drop[i] || a[i] != 1) result.push_back(a[i]);
  }
  return result;
}

Shape unsqueeze_shape(const Graph& graph, const Node& node, const Shape& a,
                      const std::vector<std::int64_t>& axes) {
  constexpr std::size_t most_rank = 16;
  const std::size_t rank = a.size() + axes.size();
  if (axes.empty() || rank > most_rank) fail_node(graph, node, "expects 1 to 16 axes in all");
  std::vector<bool> fresh(rank, false);
  for (const std::int64_t axis : axes) {
    const std::size_t at = checked_axis(graph, node, axis, rank);
    if (fresh[at]) fail_node(graph, node, "axis " + std::to_string(axis) + " stands twice");
    fresh[at] = true;
  }
  Shape result;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; ++i) result.push_back(fresh[i] ? 1 : a[next++]);
  return result;
}

namespace {

std::vector<std::int64_t> integers_of(const Graph& graph, const Node& node, std::size_t input) {
  const Tensor& tensor = graph.constants.at(node.inputs[input]);
  if (tensor.is_float()) {
    fail_node(graph, node, "input " + std::to_string(input + 1) + " is expected to hold integers");
  }
  return tensor.integers();
}

/// The axes of Squeeze and Unsqueeze: an attribute before opset 13, a constant input since.
std::vector<std::int64_t> axes_of(const Graph& graph, const Node& node) {
  if (node.inputs.size() > 1 && !node.inputs[1].empty()) {
    if (!graph.is_constant(node.inputs[1])) fail_node(graph, node, "the axes are not constant");
    return integers_of(graph, node, 1);
  }
  const auto found = node.attributes.find("axes");
  return found == node.attributes.end() ? std::vector<std::int64_t>{} : found->second.integers;
}

}  // namespace

std::vector<Shape> infer_node_shapes(const Graph& graph, const Node& node,
                                     const std::map<std::string, Shape>& shapes) {
  const auto shape_of = [&](std::size_t i) -> const Shape& {
    if (i >= node.inputs.size() || node.inputs[i].empty()) {
      fail_node(graph, node, "input " + std::to_string(i + 1) + " is missing");
    }
    const auto constant = graph.constants.find(node.inputs[i]);
    return constant != graph.constants.end() ? constant->second.shape : shapes.at(node.inputs[i]);
  };
  std::vector<std::size_t> permutation;
  switch (node.op) {
    case Op::add:
    case Op::div:
    case Op::mul:
    case Op::pow:
    case Op::sub: return {broadcast_shape(graph, node, shape_of(0), shape_of(1))};
    case Op::batch_normalization:
    case Op::bipolar_quant:
    case Op::identity:
    case Op::quant:
    case Op::relu:
    case Op::sqrt: return {shape_of(0)};
    case Op::flatten: return {flatten_shape(graph, node, shape_of(0))};
    case Op::gemm: return {gemm_shape(graph, node, shape_of(0), shape_of(1))};
    case Op::matmul: return {matmul_shape(graph, node, shape_of(0), shape_of(1))};
    case Op::reshape:
      if (shape_of(1).size() != 1 || !graph.is_constant(node.inputs[1])) {
        fail_node(graph, node, "the new shape is not constant");
      }
      return {reshape_shape(graph, node, shape_of(0), integers_of(graph, node, 1))};
    case Op::squeeze: return {squeeze_shape(graph, node, shape_of(0), axes_of(graph, node))};
    case Op::unsqueeze: return {unsqueeze_shape(graph, node, shape_of(0), axes_of(graph, node))};
    case Op::transpose: return {transpose_shape(graph, node, shape_of(0), permutation)};
    case Op::concat:
    case Op::constant:
    case Op::gather:
    case Op::shape: break;
  }
  fail_node(graph, node, "is supported only where all of its inputs are constant");
}

}  // namespace tricycle
