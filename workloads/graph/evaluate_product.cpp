// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/evaluation.hpp"

namespace tricycle {
namespace {

/// The rows of `a` (m x k, with element (i, k) at i*a_row + k*a_col) times the columns of `b`, summed in the
/// order of k.
std::vector<float> product(const std::vector<float>& a, std::size_t a_row, std::size_t a_col,
                           const std::vector<float>& b, std::size_t b_row, std::size_t b_col, std::size_t m,
                           std::size_t n, std::size_t k) {
  std::vector<float> result(m * n, 0.0F);
  for (std::size_t i = 0; i < m; ++i) {
    float* row = result.data() + i * n;
    for (std::size_t l = 0; l < k; ++l) {
      const float x = a[i * a_row + l * a_col];
      for (std::size_t j = 0; j < n; ++j) row[j] += x * b[l * b_row + j * b_col];
    }
  }
  return result;
}

Tensor matmul(const Operands& on) {
  const Shape shape = matmul_shape(on.graph, on.node, on.in(0).shape, on.in(1).shape);
  const auto k = static_cast<std::size_t>(on.in(1).shape[0]);
  const auto n = static_cast<std::size_t>(on.in(1).shape[1]);
  const std::size_t m = n == 0 ? 0 : static_cast<std::size_t>(element_count(shape)) / n;
  return {shape, product(on.in(0).floats(), k, 1, on.in(1).floats(), n, 1, m, n, k)};
}

Tensor gemm(const Operands& on) {
  const Shape shape = gemm_shape(on.graph, on.node, on.in(0).shape, on.in(1).shape);
  const bool transpose_a = on.node.integer("transA", 0) != 0;
  const bool transpose_b = on.node.integer("transB", 0) != 0;
  const auto m = static_cast<std::size_t>(shape[0]);
  const auto n = static_cast<std::size_t>(shape[1]);
  const auto k = static_cast<std::size_t>(on.in(0).shape[transpose_a ? 0 : 1]);
  std::vector<float> result = product(on.in(0).floats(), transpose_a ? 1 : k, transpose_a ? m : 1,
                                      on.in(1).floats(), transpose_b ? 1 : n, transpose_b ? k : 1, m, n, k);
  const float alpha = on.node.number("alpha", 1.0F), beta = on.node.number("beta", 1.0F);
  if (alpha != 1.0F) {
    for (float& value : result) value *= alpha;
  }
  if (!on.has(2)) return {shape, std::move(result)};
  if (broadcast_shape(on.graph, on.node, shape, on.in(2).shape) != shape) on.fail("the bias does not fit");
  const std::vector<float> bias = on.in(2).floats();
  const std::vector<std::int64_t> step = broadcast_steps(on.in(2).shape, shape);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const auto at = i * static_cast<std::size_t>(step[0]) + j * static_cast<std::size_t>(step[1]);
      result[i * n + j] += beta == 1.0F ? bias[at] : beta * bias[at];
    }
  }
  return {shape, std::move(result)};
}

}  // namespace

Tensor evaluate_product(const Operands& on) {
  return on.node.op == Op::gemm ? gemm(on) : matmul(on);
}

}  // namespace tricycle
