// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <exception>
#include <systemc>

#include "arch/units/control/countdown.hpp"
#include "arch/units/control/start.hpp"

namespace tricycle {

/// The clock of a machine's inferences, and how each ends: at its halt, at the cycle limit, with an error, or
/// because nothing can happen any more.
class RunControl {
 public:
  /// A cycle lasts a nanosecond of SystemC's time, whatever the clock: cycles are counted, not measured.
  /// Beside a foreign model that measures time it lasts `period`.
  explicit RunControl(bool lockstep = false, Cycles cycle_limit = never,
                      const sc_core::sc_time& period = sc_core::sc_time(1, sc_core::SC_NS))
      : lockstep_(lockstep), cycle_limit_(cycle_limit), period_(period.value()) {}

  /// What so many cycles last in SystemC's time.
  [[nodiscard]] sc_core::sc_time cycles(Cycles n) const { return sc_core::sc_time::from_value(n * period_); }

  /// The cycle in which a time of SystemC's lies. A time before cycle 0 is in cycle 0.
  [[nodiscard]] Cycles cycle_of(const sc_core::sc_time& time) const {
    return std::max(Cycles{time.value() / period_}, start_) - start_;
  }
  /// From SystemC's present time to the start of a cycle that is to come.
  [[nodiscard]] sc_core::sc_time until(Cycles cycle) const {
    return cycles(start_ + cycle) - sc_core::sc_time_stamp();
  }
  /// The next cycle of SystemC's clock is cycle 0 of an inference.
  void begin(Start start = Start::loaded);
  [[nodiscard]] Start start() const { return how_; }
  /// The cycle of the inference.
  [[nodiscard]] Cycles now() const { return kernel_cycle() - start_; }
  /// Whether every unit acts in every cycle.
  [[nodiscard]] bool lockstep() const { return lockstep_; }
  /// Something can happen in cycle `until`.
  void alive(Cycles until) { alive_until_ = std::max(alive_until_, until); }

  /// Whether a process may act now: the inference goes on, and the cycle limit is not reached. All processes
  /// of a cycle act at its start and in the same delta cycle, so that what one posts there is visible to none
  /// before the next cycle. Throws std::logic_error where one does not.
  [[nodiscard]] bool may_act(Cycles now);

  void halt(Cycles now);
  /// The exception that is being handled ends the inference: SystemC would make a report of it.
  void fail();

  [[nodiscard]] bool halted() const { return end_ == End::halt; }
  [[nodiscard]] bool limited() const { return end_ == End::limit; }
  /// The last cycle: of the halt, of the limit, or the last in which something could happen.
  [[nodiscard]] Cycles last_cycle() const;
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }
  [[nodiscard]] bool is_over() const { return end_ != End::none; }
  /// Beside a foreign model, which has events of its own: ends an inference in which nothing can happen any
  /// more, or whose limit is reached.
  void look(bool is_waited_for);
  /// Events that are still scheduled do nothing.
  void close() { end_ = end_ == End::none ? End::quiet : end_; }
  /// The last cycle in which something can happen, as far as is known.
  [[nodiscard]] Cycles alive_until() const { return alive_until_; }
  [[nodiscard]] Cycles cycle_limit() const { return cycle_limit_; }

 private:
  enum class End { none, halt, limit, quiet, error };
  [[nodiscard]] Cycles kernel_cycle() const { return sc_core::sc_time_stamp().value() / period_; }
  void end(End end);

  bool lockstep_;
  Cycles cycle_limit_;
  sc_dt::uint64 period_;  ///< in SystemC's resolution
  Start how_ = Start::loaded;
  Cycles start_ = 0;        ///< SystemC's cycle that is cycle 0
  Cycles alive_until_ = 0;  ///< the last cycle in which something can still happen
  End end_ = End::quiet;
  Cycles halted_at_ = 0;
  std::exception_ptr error_;
  Cycles acting_ = never;    ///< the cycle in which a process acted last, and
  sc_dt::uint64 delta_ = 0;  ///< its delta cycle
};

}  // namespace tricycle
