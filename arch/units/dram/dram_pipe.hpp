// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>

#include "arch/params/machine.hpp"
#include "arch/units/control/countdown.hpp"
#include "arch/units/dram/dram_port.hpp"

namespace tricycle {

/// The ideal DRAM's time: requests in order through a pipe of `bytes_per_cycle`, each answered
/// `latency_cycles` after the cycle in which its last byte moved. Plain logic.
class DramPipe final : public DramPort {
 public:
  explicit DramPipe(const DramSpec& spec) : spec_(spec) {}

  void accept(const DramRequest& request) override {
    waiting_.push_back({request, request.bytes});
    bytes_waiting_ += request.bytes;
  }
  void advance(Cycles n) override;
  [[nodiscard]] Cycles horizon() const override;
  [[nodiscard]] bool due() const override { return answered_.due(); }
  DramRequest finish() override { return answered_.pop(); }
  [[nodiscard]] bool moving() const override { return !waiting_.empty(); }
  void reset() override {
    waiting_.clear();
    bytes_waiting_ = 0;
    answered_.clear();
  }

 private:
  struct Waiting {
    DramRequest request;
    std::uint64_t bytes_left;
  };
  DramSpec spec_;
  std::deque<Waiting> waiting_;
  std::uint64_t bytes_waiting_ = 0;
  Countdown<DramRequest> answered_;
};

inline void DramPipe::advance(Cycles n) {
  answered_.advance(n);
  const auto per_cycle = static_cast<std::uint64_t>(spec_.bytes_per_cycle);
  std::uint64_t moved = 0;
  while (!waiting_.empty() && moved < n * per_cycle) {
    Waiting& front = waiting_.front();
    const std::uint64_t now = std::min(front.bytes_left, n * per_cycle - moved);
    moved += now;
    front.bytes_left -= now;
    if (front.bytes_left > 0) break;
    const Cycles moved_in =
        (moved + per_cycle - 1) / per_cycle;  // its last byte moved in this cycle of the n, from 1
    answered_.push(moved_in + static_cast<Cycles>(spec_.latency_cycles) - n, front.request);
    waiting_.pop_front();
  }
  bytes_waiting_ -= moved;
}

/// The next answer, or the cycle in which the pipe falls still. An answer still to come is no earlier than
/// `latency` after its last byte, so behind a moving pipe it is enough to look at those already on their way.
inline Cycles DramPipe::horizon() const {
  if (waiting_.empty()) return answered_.horizon();
  const auto per_cycle = static_cast<std::uint64_t>(spec_.bytes_per_cycle);
  const Cycles still = (bytes_waiting_ + per_cycle - 1) / per_cycle;
  const Cycles first =
      (waiting_.front().bytes_left + per_cycle - 1) / per_cycle + static_cast<Cycles>(spec_.latency_cycles);
  return std::min({still, first, answered_.horizon()});
}

}  // namespace tricycle
