// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "arch/params/timing.hpp"

namespace tricycle {

/// The cycles of a matmul's steps, where they may differ: each word of each group of rows, in all its passes.
struct StepTable {
  StepCycles each;  ///< what rule A2 has of memories whose banks do not matter
  std::int64_t groups = 1, words = 1;
  std::vector<StepCycles> own;        ///< [group][word]; empty where all are `each`
  std::vector<StepCycles> of_groups;  ///< their sums; empty likewise

  [[nodiscard]] bool is_plain() const { return own.empty(); }
  [[nodiscard]] StepCycles at(std::int64_t group, std::int64_t word) const {
    return is_plain() ? each : own[static_cast<std::size_t>(group * words + word)];
  }
  [[nodiscard]] StepCycles of_group(std::int64_t group) const {
    if (!is_plain()) return of_groups[static_cast<std::size_t>(group)];
    return words * each;
  }
  /// Of all groups, once.
  [[nodiscard]] StepCycles sum() const {
    StepCycles all;
    for (std::int64_t g = 0; g < groups; ++g) all += of_group(g);
    return all;
  }
  /// Cycles of its steps, for each group of columns, that conflicts at banks cost.
  [[nodiscard]] std::int64_t lost() const { return is_plain() ? 0 : sum().feed - groups * words * each.feed; }
};

/// The table of a product whose steps all take the same.
[[nodiscard]] inline StepTable plain_steps(const MachineSpec& spec, const ProductShape& shape) {
  const Geometry g = geometry_of(spec.array, shape);
  return {steps_of(spec, shape, passes_of(spec.array, shape)),
          ceil_div(shape.positions, g.rows),
          reduction_words(spec.array, shape),
          {},
          {}};
}

/// Cycles in which the array feeds a tile with these steps.
[[nodiscard]] inline std::int64_t feed_cycles(const MachineSpec& spec, const ProductShape& shape,
                                              const StepTable& steps) {
  if (steps.is_plain()) return tile_cycles(spec, shape);
  const Geometry g = geometry_of(spec.array, shape);
  const std::int64_t col_groups = ceil_div(shape.cols, g.cols);
  if (spec.array.is_weight_stationary()) {
    const std::int64_t loads = steps.words * passes_of(spec.array, shape);
    return col_groups * (steps.sum().feed + loads * weight_cycles(spec, shape));
  }
  std::int64_t cycles = output_table_cycles(spec, shape);
  for (std::int64_t k = 0; k < steps.groups; ++k) {
    cycles += group_cycles(spec, shape, steps.of_group(k), std::min(g.rows, shape.positions - k * g.rows));
  }
  return col_groups * cycles;
}

}  // namespace tricycle
