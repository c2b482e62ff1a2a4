// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/shapes.hpp"

#include <algorithm>
#include <numeric>

#include "support/diagnostics.hpp"

namespace tricycle {

void fail_node(const Graph& graph, const Node& node, const std::string& message) {
  throw InputError(Place::at_node(graph.file, node.name), name_of(node.op) + ": " + message);
}

void fail_graph(const Graph& graph, const std::string& message) {
  throw InputError(Place::of_file(graph.file), message);
}

void check_size(const Graph& graph, const Node& node, const Shape& shape) {
  const std::int64_t count = element_count(shape);
  if (count < 0 || count > graph.limits.elements())
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

Shape given_shape(const Graph& graph, const Node& node, const std::vector<std::int64_t>& wanted) {
  constexpr std::size_t most_rank = 16;
  if (wanted.size() > most_rank || element_count(wanted) < 0)
    fail_node(graph, node, shape_text(wanted) + " is no shape");
  check_size(graph, node, wanted);
  return wanted;
}

Shape expand_shape(const Graph& graph, const Node& node, const Shape& a,
                   const std::vector<std::int64_t>& wanted) {
  return broadcast_shape(graph, node, a, given_shape(graph, node, wanted));
}

Shape concat_shape(const Graph& graph, const Node& node, const std::vector<Shape>& inputs) {
  if (inputs.empty()) fail_node(graph, node, "input 1 is missing");
  const std::size_t axis = checked_axis(graph, node, node.integer("axis", 0), inputs[0].size());
  Shape shape = inputs[0];
  shape[axis] = 0;
  for (Shape other : inputs) {
    if (other.size() != shape.size()) fail_node(graph, node, "the inputs do not fit together");
    shape[axis] += other[axis];
    other[axis] = shape[axis];
    if (other != shape) fail_node(graph, node, "the inputs do not fit together");
    check_size(graph, node, shape);
  }
  return shape;
}

Shape gather_shape(const Graph& graph, const Node& node, const Shape& a, const Shape& indices) {
  const std::size_t axis = checked_axis(graph, node, node.integer("axis", 0), a.size());
  const auto cut = a.begin() + static_cast<std::ptrdiff_t>(axis);
  Shape shape(a.begin(), cut);
  shape.insert(shape.end(), indices.begin(), indices.end());
  shape.insert(shape.end(), cut + 1, a.end());
  check_size(graph, node, shape);
  return shape;
}

Shape reduce_shape(const Graph& graph, const Node& node, const Shape& a, std::vector<bool>& reduced) {
  const auto found = node.attributes.find("axes");
  const bool all = found == node.attributes.end() || found->second.integers.empty();
  reduced.assign(a.size(), all);
  if (!all) {
    for (const std::int64_t axis : found->second.integers)
      reduced[checked_axis(graph, node, axis, a.size())] = true;
  }
  Shape shape;
  for (std::size_t d = 0; d < a.size(); ++d) {
    if (!reduced[d]) shape.push_back(a[d]);
    if (reduced[d] && node.integer("keepdims", 1) != 0) shape.push_back(1);
  }
  return shape;
}

Shape global_shape(const Graph& graph, const Node& node, const Shape& a) {
  if (a.size() < 3 || element_count(a) == 0)
    fail_node(graph, node, "expects an input of [N, C, ...], not " + shape_text(a));
  Shape shape(a.size(), 1);
  shape[0] = a[0];
  shape[1] = a[1];
  return shape;
}

Shape shape_values(const Node& node, const Shape& a) {
  const auto rank = static_cast<std::int64_t>(a.size());
  const auto place = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = place(node.integer("start", 0)), end = place(node.integer("end", rank));
  return start < end ? Shape(a.begin() + start, a.begin() + end) : Shape();
}

std::vector<std::int64_t> listed(const Node& node, const std::string& attribute, std::size_t input,
                                 const Integers& integers) {
  if (input < node.inputs.size() && !node.inputs[input].empty()) return integers(input);
  const auto found = node.attributes.find(attribute);
  return found == node.attributes.end() ? std::vector<std::int64_t>{} : found->second.integers;
}

std::vector<Cut> slice_cuts(const Graph& graph, const Node& node, const Shape& a, const Integers& integers) {
  const std::vector<std::int64_t> starts = listed(node, "starts", 1, integers);
  const std::vector<std::int64_t> ends = listed(node, "ends", 2, integers);
  std::vector<std::int64_t> axes = listed(node, "axes", 3, integers);
  std::vector<std::int64_t> steps = listed(node, "steps", 4, integers);
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), std::int64_t{0});
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) {
    fail_node(graph, node,
              std::to_string(starts.size()) + " starts, " + std::to_string(ends.size()) + " ends, " +
                  std::to_string(axes.size()) + " axes and " + std::to_string(steps.size()) + " steps");
  }
  std::vector<Cut> cuts;
  for (const std::int64_t dimension : a) cuts.push_back({0, 1, dimension});
  std::vector<bool> seen(a.size(), false);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = checked_axis(graph, node, axes[i], a.size());
    if (seen[axis]) fail_node(graph, node, "axis " + std::to_string(axes[i]) + " stands twice");
    seen[axis] = true;
    if (steps[i] == 0) fail_node(graph, node, "a step of 0");
    const std::int64_t size = a[axis];
    const std::int64_t step = std::clamp(steps[i], -size - 1, size + 1);  // a larger stride changes nothing
    // Forwards a slice may start and end behind the last element, backwards before the first one.
    const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    const auto place = [&](std::int64_t at, std::int64_t least) {
      return std::clamp(at < 0 ? at + size : at, std::min(least, high), high);
    };
    const std::int64_t start = place(starts[i], 0), end = place(ends[i], low);
    const std::int64_t distance = step > 0 ? end - start : start - end;
    const std::int64_t stride = step > 0 ? step : -step;
    cuts[axis] = {start, step, distance <= 0 ? 0 : (distance - 1) / stride + 1};
  }
  return cuts;
}

std::vector<std::int64_t> pad_sizes(const Graph& graph, const Node& node, const Shape& a,
                                    const Integers& integers) {
  static const std::vector<std::string> modes = {"constant", "edge", "reflect"};
  const std::string mode = node.text("mode", "constant");
  if (std::find(modes.begin(), modes.end(), mode) == modes.end()) {
    fail_node(graph, node, "the mode '" + printable(mode) + "' is not supported; expected " + either(modes));
  }
  std::vector<std::int64_t> pads = listed(node, "pads", 1, integers);
  if (pads.size() != 2 * a.size()) {
    fail_node(
        graph, node,
        std::to_string(pads.size()) + " pads for a tensor with " + std::to_string(a.size()) + " dimensions");
  }
  for (const std::int64_t pad : pads) {
    if (pad < 0 || pad > (std::int64_t{1} << 31U))
      fail_node(graph, node, "a pad of " + std::to_string(pad) + "; expected 0 to 2^31");
  }
  for (std::size_t i = 0; mode != "constant" && i < pads.size(); ++i) {
    const std::int64_t size = a[i % a.size()];
    if (pads[i] > 0 && (size == 0 || (mode == "reflect" && pads[i] >= size))) {
      fail_node(graph, node,
                "a pad of " + std::to_string(pads[i]) + " in mode '" + mode + "' beside a dimension of " +
                    std::to_string(size));
    }
  }
  return pads;
}

Shape pad_shape(const Graph& graph, const Node& node, const Shape& a, const std::vector<std::int64_t>& pads) {
  Shape shape = a;
  for (std::size_t d = 0; d < a.size(); ++d) shape[d] += pads[d] + pads[d + a.size()];
  check_size(graph, node, shape);
  return shape;
}

}  // namespace tricycle
