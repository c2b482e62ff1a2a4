// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/isa/footprint.hpp"

namespace tricycle {

/// Operations on every value that a vector instruction reads: as many as a threshold has thresholds (rule
/// V1), one or two of a lookup (V4), those of a float32 function (V5), else one.
template <class I>
[[nodiscard]] std::int64_t operations_of(const I& i) {
  if constexpr (requires { i.thresholds; }) return i.thresholds;
  if constexpr (requires { i.interpolate; }) return i.interpolate != 0 ? 2 : 1;
  if constexpr (requires { i.function; }) return function_operations;
  return 1;
}

/// Rules V1 and V6: what it reads at its source, then a value of each output of every tensor beside it.
template <class I>
[[nodiscard]] std::int64_t vector_cycles(const VectorSpec& vector, const I& i) {
  const std::int64_t outputs = std::int64_t{i.lines} * i.columns * i.cols;
  const std::int64_t read = outputs * i.kernel_h * i.kernel_w * static_cast<std::int64_t>(source_values(i));
  return vector_cycles(vector, read, operations_of(i)) +
         std::ssize(beside(i)) * vector_cycles(vector, outputs, 1);
}

}  // namespace tricycle
