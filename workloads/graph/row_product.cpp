// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/row_product.hpp"

#include <algorithm>

namespace tricycle {

RowProduct::RowProduct(const std::vector<float>& matrix, std::size_t rows)
    : rows_(rows), cols_(matrix.size() / rows), columns_(matrix.size()) {
  for (std::size_t i = 0; i < rows_; ++i) {
    for (std::size_t k = 0; k < cols_; ++k) columns_[k * rows_ + i] = matrix[i * cols_ + k];
  }
}

void RowProduct::multiply(const float* x, std::size_t first, std::size_t last, float* sums) const {
  std::fill(sums + first, sums + last, 0.0F);
  std::size_t k = 0;
  // Four columns at a time spare loads and stores of the sums; the additions keep their order.
  for (; k + 4 <= cols_; k += 4) {
    const float *a = columns_.data() + k * rows_, *b = a + rows_, *c = b + rows_, *d = c + rows_;
    const float p = x[k], q = x[k + 1], r = x[k + 2], s = x[k + 3];
    for (std::size_t i = first; i < last; ++i)
      sums[i] = (((sums[i] + p * a[i]) + q * b[i]) + r * c[i]) + s * d[i];
  }
  for (; k < cols_; ++k) {
    const float* column = columns_.data() + k * rows_;
    for (std::size_t i = first; i < last; ++i) sums[i] += x[k] * column[i];
  }
}

}  // namespace tricycle
