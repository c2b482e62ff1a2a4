// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>

#include "arch/spec/machine.hpp"
#include "arch/units/countdown.hpp"

namespace tricycle {

/// A load or store engine's time: for each transfer a set-up, then one burst a cycle while fewer than
/// `outstanding` are unanswered. The next transfer may start the cycle after the last burst of this one was
/// asked for; transfers complete in order, each with the answer to its last burst. Plain logic.
class DmaLogic {
 public:
  explicit DmaLogic(const DmaSpec& spec) : spec_(spec) {}

  [[nodiscard]] bool can_start() const { return rows_left_ == 0; }
  void start(std::uint32_t work, std::uint64_t rows, std::uint64_t row_bytes) {
    setup_left_ = static_cast<Cycles>(spec_.setup_cycles);
    rows_left_ = rows;
    row_bytes_ = row_bytes;
    row_left_ = row_bytes;
    const auto burst = static_cast<std::uint64_t>(spec_.burst_bytes);
    transfers_.push_back({work, rows * ((row_bytes + burst - 1) / burst)});
  }
  [[nodiscard]] bool can_ask() const {
    return rows_left_ > 0 && setup_left_ == 0 && unanswered_ < static_cast<std::uint64_t>(spec_.outstanding);
  }
  /// The bytes of the next burst, which ends with its row at the latest.
  std::uint32_t ask() {
    const std::uint64_t bytes = std::min(row_left_, static_cast<std::uint64_t>(spec_.burst_bytes));
    row_left_ -= bytes;
    if (row_left_ == 0) {
      row_left_ = row_bytes_;
      --rows_left_;
    }
    ++unanswered_;
    asked_now_ = true;
    return static_cast<std::uint32_t>(bytes);
  }
  void answer() {
    --unanswered_;
    --transfers_.front().answers_left;
  }
  [[nodiscard]] bool due() const { return !transfers_.empty() && transfers_.front().answers_left == 0; }
  std::uint32_t finish() {
    const std::uint32_t work = transfers_.front().work;
    transfers_.pop_front();
    return work;
  }
  void advance(Cycles n) {
    setup_left_ -= std::min(setup_left_, n);
    asked_now_ = false;
  }
  /// One burst a cycle, and the cycle after the last one another transfer may start.
  [[nodiscard]] Cycles horizon() const {
    if (setup_left_ > 0) return setup_left_;
    return can_ask() || asked_now_ ? 1 : never;
  }
  [[nodiscard]] bool asked_now() const { return asked_now_; }
  [[nodiscard]] bool empty() const { return transfers_.empty(); }
  void reset() { *this = DmaLogic(spec_); }

 private:
  struct Transfer {
    std::uint32_t work;
    std::uint64_t answers_left;
  };
  DmaSpec spec_;
  Cycles setup_left_ = 0;
  std::uint64_t rows_left_ = 0, row_bytes_ = 0, row_left_ = 0, unanswered_ = 0;
  bool asked_now_ = false;
  std::deque<Transfer> transfers_;
};

}  // namespace tricycle
