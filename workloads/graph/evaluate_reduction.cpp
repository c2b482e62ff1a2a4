// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "support/exact.hpp"
#include "workloads/graph/evaluation.hpp"

namespace tricycle {
namespace {

/// The number of elements in the dimensions from `first` to `last`.
std::size_t count(const Shape& shape, std::size_t first, std::size_t last) {
  std::size_t product = 1;
  for (std::size_t d = first; d < last; ++d) product *= static_cast<std::size_t>(shape[d]);
  return product;
}

/// (x - mean) / sqrt(variance + epsilon) * scale + bias, channels in dimension 1.
Tensor batch_normalization(const Operands& on) {
  const Shape& shape = on.in(0).shape;
  if (shape.size() < 2) on.fail("expects at least two dimensions, not " + shape_text(shape));
  const auto channels = static_cast<std::size_t>(shape[1]);
  std::vector<float> parameters[4];
  for (std::size_t p = 0; p < 4; ++p) {
    parameters[p] = on.in(p + 1).floats();
    if (parameters[p].size() != channels) {
      on.fail("input " + std::to_string(p + 2) + " has " + std::to_string(parameters[p].size()) +
              " values for " + std::to_string(channels) + " channels");
    }
  }
  const float epsilon = on.node.number("epsilon", 1e-5F);
  std::size_t inner = 1;
  for (std::size_t d = 2; d < shape.size(); ++d) inner *= static_cast<std::size_t>(shape[d]);
  std::vector<float> values = on.in(0).floats();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t c = i / inner % channels;
    const float normal = (values[i] - parameters[2][c]) / std::sqrt(parameters[3][c] + epsilon);
    values[i] = normal * parameters[0][c] + parameters[1][c];
  }
  return {shape, std::move(values)};
}

/// For each channel: the largest element, or the sum in order divided by the number of elements.
Tensor global_pool(const Operands& on) {
  const Shape& shape = on.in(0).shape;
  const Shape result_shape = global_shape(on.graph, on.node, shape);
  const std::size_t inner = count(shape, 2, shape.size());
  const std::vector<float> values = on.in(0).floats();
  std::vector<float> result;
  for (std::size_t start = 0; start < values.size(); start += inner) {
    const float* plane = values.data() + start;
    if (on.node.op == Op::global_max_pool) {
      result.push_back(*std::max_element(plane, plane + inner));
      continue;
    }
    float sum = 0;
    for (std::size_t i = 0; i < inner; ++i) sum += plane[i];
    result.push_back(sum / static_cast<float>(inner));
  }
  return {result_shape, std::move(result)};
}

Tensor reduce_mean(const Operands& on) {
  std::vector<bool> reduced;
  const Shape& from = on.in(0).shape;
  const Shape shape = reduce_shape(on.graph, on.node, from, reduced);
  Shape kept = from;
  float elements = 1;
  for (std::size_t d = 0; d < from.size(); ++d) {
    if (!reduced[d]) continue;
    kept[d] = 1;
    elements *= static_cast<float>(from[d]);
  }
  const std::vector<float> values = on.in(0).floats();
  std::vector<float> sums(static_cast<std::size_t>(element_count(shape)), 0.0F);
  const std::vector<std::int64_t> steps[] = {broadcast_steps(from, from), broadcast_steps(kept, from)};
  for_each_index(from, steps, [&](const std::size_t(&at)[2]) { sums[at[1]] += values[at[0]]; });
  for (float& sum : sums) sum /= elements;
  return {shape, std::move(sums)};
}

/// e^(x - largest) divided by the sum of these powers. Before opset 13 the sum is over all dimensions from
/// the axis on, since then over the axis alone.
Tensor softmax(const Operands& on) {
  const Shape& shape = on.in(0).shape;
  const bool flattened = on.graph.opset < 13;
  const std::size_t axis =
      checked_axis(on.graph, on.node, on.node.integer("axis", flattened ? 1 : -1), shape.size());
  const std::size_t length = count(shape, axis, flattened ? shape.size() : axis + 1);
  const std::size_t inner = flattened ? 1 : count(shape, axis + 1, shape.size());
  std::vector<float> values = on.in(0).floats();
  for (std::size_t start = 0; start < values.size(); start += length * inner) {
    for (std::size_t i = start; i < start + inner; ++i) {
      const std::size_t end = i + length * inner;
      float largest = values[i], sum = 0;
      for (std::size_t at = i; at < end; at += inner) largest = std::max(largest, values[at]);
      for (std::size_t at = i; at < end; at += inner) {
        values[at] = exact_exp(values[at] - largest);
        sum += values[at];
      }
      for (std::size_t at = i; at < end; at += inner) values[at] /= sum;
    }
  }
  return {shape, std::move(values)};
}

/// x / (bias + alpha / size * sum of the squares of `size` channels around)^beta.
Tensor local_response_normalization(const Operands& on) {
  const Shape& shape = on.in(0).shape;
  if (shape.size() < 2) on.fail("expects at least two dimensions, not " + shape_text(shape));
  const std::int64_t size = on.node.integer("size", 0);
  if (size < 1 || size > (std::int64_t{1} << 31U)) on.fail("a size of " + std::to_string(size));
  const float factor = on.node.number("alpha", 1e-4F) / static_cast<float>(size);
  const float beta = on.node.number("beta", 0.75F), bias = on.node.number("bias", 1);
  const std::vector<float> values = on.in(0).floats();
  const std::size_t inner = count(shape, 2, shape.size());
  std::vector<float> result;
  result.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto channel = static_cast<std::int64_t>(i / inner) % shape[1];
    const std::int64_t first = std::max<std::int64_t>(0, channel - (size - 1) / 2);
    const std::int64_t last = std::min(shape[1] - 1, channel + size / 2);
    float sum = 0;
    for (std::int64_t c = first; c <= last; ++c) {
      const float x =
          values[i + static_cast<std::size_t>(c) * inner - static_cast<std::size_t>(channel) * inner];
      sum += x * x;
    }
    result.push_back(values[i] / exact_power(bias + factor * sum, beta));
  }
  return {shape, std::move(result)};
}

}  // namespace

Tensor evaluate_reduction(const Operands& on) {
  switch (on.node.op) {
    case Op::batch_normalization: return batch_normalization(on);
    case Op::global_average_pool:
    case Op::global_max_pool: return global_pool(on);
    case Op::lrn: return local_response_normalization(on);
    case Op::reduce_mean: return reduce_mean(on);
    case Op::softmax: return softmax(on);
    default: break;
  }
  on.fail("cannot be evaluated");
}

}  // namespace tricycle
