// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

namespace tricycle {

/// Multiplies vectors with the rows of one matrix, many times. The matrix is kept transposed, so that several
/// sums grow side by side. Each sum adds its products in the order of the vector's elements.
class RowProduct {
 public:
  /// A matrix of `rows` rows.
  RowProduct(const std::vector<float>& matrix, std::size_t rows);
  /// sums[i] = x . row i for the rows `first` to `last` - 1.
  void multiply(const float* x, std::size_t first, std::size_t last, float* sums) const;

 private:
  std::size_t rows_, cols_;
  std::vector<float> columns_;
};

}  // namespace tricycle
