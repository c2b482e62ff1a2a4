// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>

#include "arch/units/control/countdown.hpp"
#include "arch/units/dram/dram_port.hpp"

namespace tricycle {

/// The ideal DRAM's time: requests in order through a pipe of so many bytes a cycle, each answered
/// `latency_cycles` after the cycle in which its last byte moved. Plain logic. It counts in parts of a byte,
/// for a bandwidth in seconds is seldom a whole number of bytes in a cycle.
class DramPipe final : public DramPort {
 public:
  DramPipe(double bytes_per_cycle, std::int64_t latency_cycles)
      : parts_per_cycle_(std::max<std::uint64_t>(
            static_cast<std::uint64_t>(std::llround(bytes_per_cycle * parts_of_a_byte)), 1)),
        latency_(static_cast<Cycles>(latency_cycles)) {}

  void accept(const DramRequest& request) override {
    waiting_.push_back({request, request.bytes * parts_of_a_byte});
    parts_waiting_ += request.bytes * parts_of_a_byte;
  }
  void advance(Cycles n) override;
  [[nodiscard]] Cycles horizon() const override;
  [[nodiscard]] bool due() const override { return answered_.due(); }
  DramRequest finish() override { return answered_.pop(); }
  [[nodiscard]] bool moving() const override { return !waiting_.empty(); }
  void reset() override {
    waiting_.clear();
    parts_waiting_ = 0;
    answered_.clear();
  }

 private:
  struct Waiting {
    DramRequest request;
    std::uint64_t parts_left;
  };
  static constexpr std::uint64_t parts_of_a_byte = 1 << 16;

  [[nodiscard]] Cycles cycles_of(std::uint64_t parts) const {
    return (parts + parts_per_cycle_ - 1) / parts_per_cycle_;
  }

  std::uint64_t parts_per_cycle_;
  Cycles latency_;
  std::deque<Waiting> waiting_;
  std::uint64_t parts_waiting_ = 0;
  Countdown<DramRequest> answered_;
};

inline void DramPipe::advance(Cycles n) {
  answered_.advance(n);
  if (waiting_.empty()) return;
  const std::uint64_t room = n * parts_per_cycle_;
  std::uint64_t moved = 0;
  while (!waiting_.empty() && moved < room) {
    Waiting& front = waiting_.front();
    const std::uint64_t now = std::min(front.parts_left, room - moved);
    moved += now;
    front.parts_left -= now;
    if (front.parts_left > 0) break;
    // Its last byte moved in cycle `cycles_of(moved)` of the n, from 1.
    answered_.push(cycles_of(moved) + latency_ - n, front.request);
    waiting_.pop_front();
  }
  parts_waiting_ -= moved;
}

/// The next answer, or the cycle in which the pipe falls still. An answer still to come is no earlier than
/// `latency` after its last byte, so behind a moving pipe it is enough to look at those already on their way.
inline Cycles DramPipe::horizon() const {
  if (waiting_.empty()) return answered_.horizon();
  return std::min(
      {cycles_of(parts_waiting_), cycles_of(waiting_.front().parts_left) + latency_, answered_.horizon()});
}

}  // namespace tricycle
