// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/isa/footprint.hpp"

namespace tricycle {

/// Rule V1: operations on every value that a vector instruction reads: as many as it has thresholds, else
/// one.
template <class I>
[[nodiscard]] std::int64_t vector_cycles(const VectorSpec& vector, const I& i) {
  const std::int64_t outputs = std::int64_t{i.lines} * i.columns * i.cols;
  const std::int64_t read = outputs * i.kernel_h * i.kernel_w * static_cast<std::int64_t>(source_values(i));
  std::int64_t operations = 1;
  if constexpr (requires { i.thresholds; }) operations = i.thresholds;
  std::int64_t cycles = vector_cycles(vector, read, operations);
  if constexpr (requires { i.second; }) {
    if (i.second == Second::tensor) cycles += vector_cycles(vector, outputs, 1);
  }
  return cycles;
}

}  // namespace tricycle
