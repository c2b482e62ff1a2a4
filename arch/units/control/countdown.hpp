// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <deque>
#include <utility>

namespace tricycle {

using Cycles = std::uint64_t;

/// "Nothing will happen by itself."
inline constexpr Cycles never = ~Cycles{0};

/// Things that are due after a number of cycles, in the order they were started; each is due no earlier than
/// the one before it. Only the first counts down; the others wait relative to it, so time passes at a
/// constant cost.
template <class T>
class Countdown {
 public:
  /// `remaining` is at least that of every earlier item.
  void push(Cycles remaining, T item) {
    items_.emplace_back(remaining - total_, std::move(item));
    total_ = remaining;
  }
  /// n <= horizon().
  void advance(Cycles n) {
    if (items_.empty()) return;
    items_.front().first -= n;
    total_ -= n;
  }
  [[nodiscard]] Cycles horizon() const { return items_.empty() ? never : items_.front().first; }
  /// Cycles until the last item is due.
  [[nodiscard]] Cycles last() const { return total_; }
  [[nodiscard]] bool due() const { return !items_.empty() && items_.front().first == 0; }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  T pop() {
    T item = std::move(items_.front().second);
    items_.pop_front();
    return item;
  }
  void clear() {
    items_.clear();
    total_ = 0;
  }

 private:
  std::deque<std::pair<Cycles, T>> items_;  ///< cycles after the item before, item
  Cycles total_ = 0;                        ///< cycles until the last item
};

}  // namespace tricycle
