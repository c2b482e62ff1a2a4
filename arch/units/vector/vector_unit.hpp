// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/control/engine_unit.hpp"
#include "arch/units/memory/crossbar.hpp"

namespace tricycle {

/// VECTOR UNIT: thresholds, affine outputs, lookups, products, functions and draws, `lanes` elements at a
/// time (rules V1 to V8 of docs/timing.md), as the ports of the memories let it (R5). Instructions of one
/// pass start one after the other, and take in together. Parameters: `vector`.
///
/// | port | to |
/// |---|---|
/// | `access` | the crossbar |
/// | those of an `EngineUnit` | sequencer, semaphores, contents of memories |
class VectorUnit : public EngineUnit {
 public:
  VectorUnit(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
             Scoreboard& scoreboard);

  sc_core::sc_port<VectorAccess> access{"access"};

  [[nodiscard]] std::vector<Property> properties() const override;
  [[nodiscard]] LaneResults& forwarded() { return forwarded_; }

 private:
  void advance(Cycles n) override;
  void act(Cycles now) override;
  /// The next instruction of a pass may start in the cycle after the one before it.
  [[nodiscard]] Cycles horizon() const override {
    return is_starting_ && !is_taking_in_ ? 1 : std::min(access->horizon(), results_.horizon());
  }
  void clear() override;
  [[nodiscard]] LaneResults* lane_results() override { return &forwarded_; }

  [[nodiscard]] Cycles intake() const;
  [[nodiscard]] Cycles latency() const;
  void check_pass() const;
  void begin_intake();
  void end_intake(Cycles now);

  Cycles passed_ = 0;                ///< since reset
  Cycles stalls_ = 0;                ///< of them, without a port
  std::vector<std::uint32_t> pass_;  ///< places of the instructions that have started and not been taken in
  bool is_starting_ = false;         ///< one of them started in this cycle
  bool is_taking_in_ = false;        ///< all of them
  LaneResults forwarded_;
  Countdown<std::uint32_t> results_;
};

}  // namespace tricycle
