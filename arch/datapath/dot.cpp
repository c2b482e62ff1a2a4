// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/dot.hpp"

#include <algorithm>

namespace tricycle {

std::int64_t dot_reference(std::span<const std::int32_t> x, std::span<const std::int32_t> y) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::int64_t{x[i]} * y[i];
  return sum;
}

std::int64_t fatnn::dot(std::span<const std::uint64_t> x, std::span<const std::uint64_t> y) {
  std::int64_t ones = 0;
  for (std::size_t i = 0; i < x.size(); ++i) ones += std::popcount(multiply(x[i], y[i], zero_mask(y[i])));
  return ones - 32 * static_cast<std::int64_t>(x.size());
}

std::int64_t fatnn::dot(std::span<const std::uint64_t> x, std::span<const std::uint64_t> y,
                        std::span<const std::uint64_t> mask) {
  std::int64_t ones = 0;
  for (std::size_t i = 0; i < x.size(); ++i) ones += std::popcount(multiply(x[i], y[i], mask[i]));
  return ones - 32 * static_cast<std::int64_t>(x.size());
}

std::int64_t binary_dot(std::span<const std::uint64_t> x, std::span<const std::uint64_t> y,
                        std::int64_t elements) {
  std::int64_t agreeing = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int64_t left = elements - 64 * static_cast<std::int64_t>(i);
    const std::uint64_t valid = left >= 64  ? ~std::uint64_t{0}
                                : left <= 0 ? 0
                                            : (std::uint64_t{1} << left) - 1;
    agreeing += std::popcount(~(x[i] ^ y[i]) & valid);
  }
  return 2 * agreeing - elements;
}

std::int64_t planes_dot(std::span<const std::uint64_t> x_nonzero, std::span<const std::uint64_t> x_sign,
                        std::span<const std::uint64_t> y_nonzero, std::span<const std::uint64_t> y_sign) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < x_nonzero.size(); ++i) {
    const std::uint64_t both = x_nonzero[i] & y_nonzero[i];
    const std::uint64_t differ = x_sign[i] ^ y_sign[i];
    sum += std::popcount(both & ~differ) - std::popcount(both & differ);
  }
  return sum;
}

std::int64_t bitserial_dot(BitPlanes x, BitPlanes y) {
  const auto weight = [](BitPlanes operand, std::size_t plane) {
    const std::int64_t power = std::int64_t{1} << plane;
    return operand.is_signed && plane + 1 == operand.planes.size() ? -power : power;
  };
  std::int64_t sum = 0;
  for (std::size_t m = 0; m < x.planes.size(); ++m) {
    for (std::size_t k = 0; k < y.planes.size(); ++k) {
      std::int64_t both = 0;
      for (std::size_t i = 0; i < x.planes[m].size(); ++i) {
        both += std::popcount(x.planes[m][i] & y.planes[k][i]);
      }
      sum += weight(x, m) * weight(y, k) * both;
    }
  }
  return sum;
}

std::int64_t shift_product(Power x, Power y) {
  if (x.code == 0 || y.code == 0) return 0;
  const std::int64_t magnitude = std::int64_t{1} << (x.code - 1 + y.code - 1);
  return x.negative != y.negative ? -magnitude : magnitude;
}

std::int64_t shift_product(std::int32_t x, Power y) {
  if (y.code == 0) return 0;
  const bool negative = x < 0;
  const std::int64_t magnitude = (negative ? -std::int64_t{x} : std::int64_t{x}) << (y.code - 1);
  return negative != y.negative ? -magnitude : magnitude;
}

float lane_tree(std::span<const float> products) {
  std::vector<float> level(std::bit_ceil(products.size()), 0.0F);
  std::copy(products.begin(), products.end(), level.begin());
  for (; level.size() > 1; level.resize(level.size() / 2)) {
    for (std::size_t i = 0; i < level.size() / 2; ++i) level[i] = level[2 * i] + level[2 * i + 1];
  }
  return level[0];
}

float mac_tree(std::span<const float> x, std::span<const float> y, std::int64_t lanes, float sum) {
  std::vector<float> products(static_cast<std::size_t>(lanes));
  for (std::size_t step = 0; step < x.size(); step += products.size()) {
    for (std::size_t i = 0; i < products.size(); ++i) {
      products[i] = step + i < x.size() ? x[step + i] * y[step + i] : 0.0F;
    }
    sum += lane_tree(products);
  }
  return sum;
}

}  // namespace tricycle
