// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace tricycle {

/// The iterations that the bodies of a run are. Where steps were not written, numbers are left out.
struct Numbering {
  std::size_t gap = std::numeric_limits<std::size_t>::max();  ///< the first body behind it
  std::uint64_t left_out = 0;

  [[nodiscard]] std::uint64_t operator()(std::size_t k) const { return k < gap ? k : k + left_out; }
};

/// The executions that a loop's guard lets through; 0 as `until`: all behind.
struct GuardRange {
  std::uint64_t from = 0, until = 0;
  [[nodiscard]] bool is_needed() const { return from > 0 || until > 0; }
};

/// What the guards of loops in one another have to let through, for an instruction that uses a semaphore in
/// some of its executions. `counts` and the result: of each loop, the outermost first, whose iterations have
/// numbers. Nothing where no guards let just these executions through.
[[nodiscard]] std::optional<std::vector<GuardRange>> guard_ranges(const std::vector<bool>& executions,
                                                                  std::span<const std::size_t> counts,
                                                                  const Numbering& number);

}  // namespace tricycle
