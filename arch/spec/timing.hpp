// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

#include "arch/spec/machine.hpp"

namespace tricycle {

/// Closed forms of docs/timing.md: what a module counts down, a test expects and a bound adds up.

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// Cycles of one array step (rule A2): one, or as many as the narrower memory needs to deliver the operand
/// words.
[[nodiscard]] inline std::int64_t step_cycles(const MachineSpec& spec, Datapath datapath) {
  const Format weights = weight_format(datapath, spec.array.mask());
  const std::int64_t weight_bits = spec.array.cols * bytes_per_word(weights, spec.array.word_bits) * 8;
  const std::int64_t activation_bits = spec.array.rows * spec.array.word_bits;
  return std::max({std::int64_t{1}, ceil_div(weight_bits, spec.weight_memory.bits_per_cycle()),
                   ceil_div(activation_bits, spec.activation_memory.bits_per_cycle())});
}

/// Steps of a tile of m rows, n columns and `words` reduction words, output-stationary (rule A1).
[[nodiscard]] constexpr std::int64_t tile_steps(const ArraySpec& array, std::int64_t m, std::int64_t n,
                                                std::int64_t words) {
  return ceil_div(m, array.rows) * ceil_div(n, array.cols) * words;
}

/// Cycles in which the array feeds a tile.
[[nodiscard]] inline std::int64_t tile_cycles(const MachineSpec& spec, Datapath datapath, std::int64_t m,
                                              std::int64_t n, std::int64_t words) {
  return tile_steps(spec.array, m, n, words) * step_cycles(spec, datapath);
}

/// Cycles in which the vector unit takes in the elements of an instruction that does `operations` on each
/// (rule V1).
[[nodiscard]] constexpr std::int64_t vector_cycles(const VectorSpec& vector, std::int64_t elements,
                                                   std::int64_t operations) {
  return ceil_div(elements, vector.lanes) * operations;
}

/// Bursts of a transfer of `rows` rows of `row_bytes` (rule D2): a burst never crosses from one row to the
/// next.
[[nodiscard]] constexpr std::int64_t transfer_bursts(const DmaSpec& dma, std::int64_t rows,
                                                     std::int64_t row_bytes) {
  return rows * ceil_div(row_bytes, dma.burst_bytes);
}

}  // namespace tricycle
