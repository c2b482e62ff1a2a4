// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include "workloads/graph/graph.hpp"

namespace tricycle {

/// How a value changes while the sum that it comes from rises.
enum class Way : std::uint8_t { flat, rises, falls, unknown };

/// A value over an interval of sums: where its way is known it lies between its ends.
struct Course {
  Way way = Way::unknown;
  float first = 0, last = 0;

  [[nodiscard]] float least() const { return std::min(first, last); }
  [[nodiscard]] float most() const { return std::max(first, last); }
};

/// The way of what a pointwise operator gives, by those of its inputs. It holds for the operator's float32
/// results, not only for real numbers: each of its roundings rises with what it rounds. All inputs' ways are
/// known and their ends finite.
[[nodiscard]] Way way_of(const Node& node, std::span<const Course> inputs);

}  // namespace tricycle
