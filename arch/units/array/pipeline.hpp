// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/control/countdown.hpp"

namespace tricycle {

/// A pipelined unit's time: it takes in one piece of work after another, each for a number of cycles, and
/// each comes out a fixed latency after its last cycle of intake. Plain logic; the SystemC modules drive it.
template <class Work>
class Pipeline {
 public:
  explicit Pipeline(Cycles latency) : latency_(latency) {}

  [[nodiscard]] bool can_start() const { return intake_left_ == 0; }
  /// Intake in this cycle and the `intake` - 1 following; the work is due `latency` cycles after the last of
  /// them.
  void start(Cycles intake, Work work) {
    intake_left_ = intake;
    under_way_.push(intake - 1 + latency_, std::move(work));
  }
  void advance(Cycles n) {
    intake_left_ -= intake_left_ < n ? intake_left_ : n;
    under_way_.advance(n);
  }
  [[nodiscard]] Cycles horizon() const {
    const Cycles intake = intake_left_ == 0 ? never : intake_left_;
    return intake < under_way_.horizon() ? intake : under_way_.horizon();
  }
  [[nodiscard]] bool due() const { return under_way_.due(); }
  Work finish() { return under_way_.pop(); }
  [[nodiscard]] bool taking_in() const { return intake_left_ > 0; }
  [[nodiscard]] bool empty() const { return under_way_.empty(); }
  void reset() {
    intake_left_ = 0;
    under_way_.clear();
  }

 private:
  Cycles latency_;
  Cycles intake_left_ = 0;
  Countdown<Work> under_way_;
};

}  // namespace tricycle
