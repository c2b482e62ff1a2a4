// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/unit.hpp"

#include <stdexcept>
#include <string>

namespace tricycle {

void Unit::end_of_elaboration() {
  SC_HAS_PROCESS(Unit);
  SC_METHOD(step);
  dont_initialize();
  sensitive << timer_;
  listen();
}

void Unit::reset() {
  times_ = {};
  last_ = 0;
  acted_ = false;
  activity_ = Activity::idle;
  busy_for_ = nullptr;
  clear();
  timer_.cancel();
  timer_.notify(run_.until(0));
  timer_at_ = 0;
}

void Unit::settle(Cycles now) {
  const Cycles passed = now - last_;
  if (passed == 0) return;
  times_[static_cast<std::size_t>(activity_)] += passed;
  if (activity_ == Activity::busy && busy_for_ != nullptr) *busy_for_ += passed;
  advance(passed);
  last_ = now;
}

void Unit::stalled(Cycles cycles) {
  times_[static_cast<std::size_t>(Activity::busy)] -= cycles;
  times_[static_cast<std::size_t>(Activity::stall)] += cycles;
  *busy_for_ -= cycles;
}

void Unit::step() {
  try {
    const Cycles now = run_.now();
    if (!run_.may_act(now)) return;
    if (acted_ && now == last_) throw std::logic_error(std::string(name()) + " acted twice in one cycle");
    acted_ = true;
    settle(now);
    act(now);
    sleep(now);
  } catch (...) {
    run_.fail();
  }
}

void Unit::sleep(Cycles now) {
  const Cycles next = horizon();
  if (next != never) run_.alive(now + (run_.lockstep() ? 1 : next));
  const Cycles after = run_.lockstep() ? 1 : next;
  const bool is_set = timer_at_ > now && timer_at_ != never;
  const Cycles at = after == never ? never : now + after;
  if (is_set && timer_at_ == at) return;
  if (is_set) timer_.cancel();
  if (at != never) timer_.notify(run_.cycles(after));
  timer_at_ = at;
}

}  // namespace tricycle
