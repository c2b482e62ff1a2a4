// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <systemc>

#include "arch/units/control/component.hpp"
#include "arch/units/control/run_control.hpp"

namespace tricycle {

enum class Activity : std::uint8_t { busy, stall, idle };

/// A hardware unit: one SystemC process that drives plain logic. Each time it wakes it lets the cycles pass
/// that have passed (`advance`), acts on what it can see (`act`), and sleeps until its `horizon` or until
/// something comes in at one of its ports. In lockstep it wakes every cycle instead. Both must give the same
/// cycles and counters.
class Unit : public sc_core::sc_module, public Component {
 public:
  Unit(const sc_core::sc_module_name& name, RunControl& run) : sc_module(name), run_(run) {}

  /// It acts in cycle 0.
  void reset() final;
  /// Lets time pass up to the end of the run.
  void settle(Cycles now);
  [[nodiscard]] Cycles time(Activity activity) const { return times_[static_cast<std::size_t>(activity)]; }

 protected:
  virtual void advance(Cycles n) = 0;
  virtual void act(Cycles now) = 0;
  [[nodiscard]] virtual Cycles horizon() const = 0;
  /// The logic's part of `reset`.
  virtual void clear() = 0;
  /// The events at the ports that wake the unit, given to wake_on.
  virtual void listen() = 0;
  void wake_on(const sc_core::sc_event& event) { sensitive << event; }

  /// Of the cycles that have passed since it acted, `cycles` busy ones were spent waiting.
  void stalled(Cycles cycles);

  RunControl& run_;
  Activity activity_ = Activity::idle;  ///< set by act(): what the unit does until it acts again
  Cycles* busy_for_ = nullptr;          ///< where busy cycles are counted besides `time`

 private:
  void end_of_elaboration() override;
  void step();
  void sleep(Cycles now);

  sc_core::sc_event timer_{"timer"};
  Cycles timer_at_ = never;  ///< the cycle for which the timer is set, if that is to come
  std::array<Cycles, 3> times_{};
  Cycles last_ = 0;     ///< it has let time pass up to here
  bool acted_ = false;  ///< since reset
};

}  // namespace tricycle
