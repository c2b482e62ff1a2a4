// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

namespace tricycle {

/// The product of a row with the rows of a matrix, many times: the matrix is kept transposed, so that several
/// sums grow side by side, each in the order of the row's elements.
class RowProduct {
 public:
  /// A matrix of `rows` rows.
  RowProduct(const std::vector<float>& matrix, std::size_t rows);
  /// sums[i] = x . row i for the rows from `first` to `last`.
  void multiply(const float* x, std::size_t first, std::size_t last, float* sums) const;

 private:
  std::size_t rows_, cols_;
  std::vector<float> columns_;
};

}  // namespace tricycle
