// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/dot.hpp"

namespace tricycle {

std::int64_t dot_reference(std::span<const std::int8_t> x, std::span<const std::int8_t> y) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::int64_t{x[i]} * y[i];
  return sum;
}

std::int64_t fatnn::dot(std::span<const std::uint64_t> x, std::span<const std::uint64_t> y) {
  std::int64_t ones = 0;
  for (std::size_t i = 0; i < x.size(); ++i) ones += std::popcount(multiply(x[i], y[i], zero_mask(y[i])));
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

}  // namespace tricycle
