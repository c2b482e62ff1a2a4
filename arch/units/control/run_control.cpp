// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/run_control.hpp"

#include <stdexcept>

namespace tricycle {

void RunControl::begin(Start start) {
  how_ = start;
  start_ = kernel_cycle() + 1;
  alive_until_ = 0;
  end_ = End::none;
  error_ = nullptr;
  acting_ = never;
}

bool RunControl::may_act(Cycles now) {
  if (end_ != End::none) return false;
  if (sc_core::sc_time_stamp().value() % period_ != 0)
    throw std::logic_error("a process acts within cycle " + std::to_string(now) + ", not at its start");
  const sc_dt::uint64 delta = sc_core::sc_delta_count();
  if (acting_ != now) {
    acting_ = now;
    delta_ = delta;
  } else if (delta_ != delta) {
    throw std::logic_error("a process acts in the second delta cycle of cycle " + std::to_string(now));
  }
  // In lockstep there is always a next event: what ends a deadlock is that nothing can happen any more.
  if (lockstep_ && now > alive_until_) {
    end(End::quiet);
  } else if (now >= cycle_limit_) {
    end(End::limit);
  }
  return end_ == End::none;
}

void RunControl::look(bool is_waited_for) {
  if (is_over()) return;
  const Cycles cycle = now();
  if (cycle >= cycle_limit_) {
    end_ = End::limit;
  } else if (cycle > alive_until_ && !is_waited_for) {
    end_ = End::quiet;
  }
}

void RunControl::halt(Cycles now) {
  halted_at_ = now;
  end(End::halt);
}

void RunControl::fail() {
  error_ = std::current_exception();
  end(End::error);
}

void RunControl::end(End end) {
  end_ = end;
  sc_core::sc_pause();
}

Cycles RunControl::last_cycle() const {
  if (halted()) return halted_at_;
  return limited() ? cycle_limit_ : alive_until_;
}

}  // namespace tricycle
