// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <systemc>

#include "arch/isa/instruction.hpp"
#include "arch/units/control/component.hpp"
#include "arch/units/control/run_control.hpp"

namespace tricycle {

/// Where an engine posts the completion of an instruction.
class TokensOut : public virtual sc_core::sc_interface {
 public:
  virtual void post(Engine from) = 0;
};

/// The semaphores that one unit waits on.
class TokensIn : public virtual sc_core::sc_interface {
 public:
  [[nodiscard]] virtual std::uint64_t available(Engine from) const = 0;
  /// Takes one token from each engine of the set, or none at all.
  virtual bool take(EngineSet from) = 0;
  /// There is a token from each engine of the set.
  [[nodiscard]] virtual bool can_take(EngineSet from) const = 0;
  /// Notified for the cycle in which a token can be taken.
  [[nodiscard]] virtual const sc_core::sc_event& posted() const = 0;
};

/// One counting semaphore from each engine to the unit that owns them. A token posted in cycle t can be taken
/// from t + 1 on (rules E1 to E3 of docs/timing.md).
class Tokens final : public sc_core::sc_prim_channel, public Component, public TokensOut, public TokensIn {
 public:
  Tokens(const char* name, RunControl& run)
      : sc_prim_channel(name), run_(run), posted_((std::string(basename()) + "_posted").c_str()) {}

  void post(Engine from) override {
    ++fresh_[static_cast<std::size_t>(from)];
    request_update();
  }
  [[nodiscard]] std::uint64_t available(Engine from) const override {
    return visible_[static_cast<std::size_t>(from)];
  }
  [[nodiscard]] bool can_take(EngineSet from) const override {
    for (std::size_t e = 0; e < engine_count; ++e) {
      if (from.has(static_cast<Engine>(e)) && visible_[e] == 0) return false;
    }
    return true;
  }
  bool take(EngineSet from) override {
    if (!can_take(from)) return false;
    for (std::size_t e = 0; e < engine_count; ++e) {
      if (from.has(static_cast<Engine>(e))) --visible_[e];
    }
    return true;
  }
  [[nodiscard]] const sc_core::sc_event& posted() const override { return posted_; }
  void reset() override { visible_ = fresh_ = {}; }

 private:
  void update() override {
    for (std::size_t e = 0; e < engine_count; ++e) visible_[e] += fresh_[e];
    fresh_ = {};
    posted_.notify(run_.cycles(1));
    run_.alive(run_.now() + 1);
  }

  RunControl& run_;
  std::array<std::uint64_t, engine_count> visible_{}, fresh_{};
  sc_core::sc_event posted_;
};

}  // namespace tricycle
