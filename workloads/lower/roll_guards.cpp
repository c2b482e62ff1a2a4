// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/roll_guards.hpp"

#include <algorithm>

namespace tricycle {
namespace {

struct Span {
  std::size_t first, end;
};

/// From the first execution that uses the semaphore to behind the last.
Span used(const std::vector<bool>& executions) {
  const auto first = std::find(executions.begin(), executions.end(), true);
  auto end = executions.end();
  while (end != first && !*std::prev(end)) --end;
  return {static_cast<std::size_t>(first - executions.begin()),
          static_cast<std::size_t>(end - executions.begin())};
}

/// What some iteration uses, of as many as `count`.
std::vector<bool> in_any_iteration(const std::vector<bool>& executions, std::size_t count) {
  std::vector<bool> any(executions.size() / count, false);
  for (std::size_t i = 0; i < executions.size(); ++i) {
    if (executions[i]) any[i % any.size()] = true;
  }
  return any;
}

/// Finds the guard that lets through the `executions`, of those that `any` says for each iteration. There is
/// none where more than one stretch of them is missing, or two.
class RangeFinder {
 public:
  RangeFinder(const std::vector<bool>& executions, const std::vector<bool>& any, const Numbering& number)
      : executions_(executions), any_(any), number_(number) {}

  std::optional<GuardRange> find() const {
    const Span all = used(executions_), of_each = used(any_);
    const Span most = {of_each.first, executions_.size() - any_.size() + of_each.end};
    const Span missing = missing_in(all);
    GuardRange range;
    if (missing.first < missing.end) {
      if (all.first != most.first || all.end != most.end || number_.left_out > 0) return std::nullopt;
      range = {missing.end, missing.first};
      for (std::size_t i = missing.first; i < missing.end; ++i) {
        if (executions_[i]) return std::nullopt;
      }
    }
    if (all.first != most.first) {
      if (changes_at_gap(all.first)) return std::nullopt;
      range.from = numbered(all.first);
    }
    if (all.end != most.end) {
      if (changes_at_gap(all.end)) return std::nullopt;
      range.until = numbered(all.end - 1) + 1;
    }
    constexpr std::uint64_t most_number = std::numeric_limits<std::uint32_t>::max();
    if (range.from > most_number || range.until > most_number) return std::nullopt;
    return range;
  }

 private:
  /// From the first execution of a stretch that is missing to behind the last.
  [[nodiscard]] Span missing_in(const Span& all) const {
    Span missing = {0, 0};
    for (std::size_t i = all.first; i < all.end; ++i) {
      if (executions_[i] == any_[i % any_.size()]) continue;
      if (missing.end == 0) missing.first = i;
      missing.end = i + 1;
    }
    return missing;
  }

  /// Steps that were not written are like those around them, so nothing may change there.
  [[nodiscard]] bool changes_at_gap(std::size_t execution) const {
    return number_.left_out > 0 && execution > (number_.gap - 1) * any_.size() &&
           execution < (number_.gap + 1) * any_.size();
  }
  [[nodiscard]] std::uint64_t numbered(std::size_t execution) const {
    return number_(execution / any_.size()) * any_.size() + execution % any_.size();
  }

  const std::vector<bool>& executions_;
  const std::vector<bool>& any_;
  const Numbering& number_;
};

}  // namespace

std::optional<std::vector<GuardRange>> guard_ranges(const std::vector<bool>& executions,
                                                    std::span<const std::size_t> counts,
                                                    const Numbering& number) {
  std::vector<GuardRange> ranges;
  std::vector<bool> now = executions;
  for (std::size_t level = 0; level < counts.size(); ++level) {
    const Numbering own = level == 0 ? number : Numbering{};
    // The guard of this loop alone, where that is enough; else with those of inner loops.
    std::vector<bool> any(now.size() / counts[level], true);
    std::optional<GuardRange> range = RangeFinder(now, any, own).find();
    if (!range) {
      any = in_any_iteration(now, counts[level]);
      range = RangeFinder(now, any, own).find();
    }
    if (!range) return std::nullopt;
    ranges.push_back(*range);
    now = std::move(any);
  }
  if (now != std::vector<bool>{true}) return std::nullopt;
  return ranges;
}

}  // namespace tricycle
