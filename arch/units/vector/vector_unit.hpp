// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/control/engine_unit.hpp"
#include "arch/units/memory/crossbar.hpp"

namespace tricycle {

/// VECTOR UNIT: thresholds, affine outputs, lookups, products, functions and draws, `lanes` elements at a
/// time (rules V1 to V6 of docs/timing.md), as the ports of the memories let it (R5). Parameters: `vector`.
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

 private:
  void advance(Cycles n) override;
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return std::min(access->horizon(), results_.horizon()); }
  void clear() override;

  [[nodiscard]] Cycles intake_of(std::uint32_t place) const;
  [[nodiscard]] Cycles latency_of(std::uint32_t place) const;

  Cycles passed_ = 0;          ///< since reset
  Cycles stalls_ = 0;          ///< of them, without a port
  bool is_taking_in_ = false;  ///< an instruction, `place_`
  std::uint32_t place_ = 0;
  Countdown<std::uint32_t> results_;
};

}  // namespace tricycle
