// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/pipeline.hpp"
#include "arch/units/unit.hpp"

namespace tricycle {

class ProcessingArray;

/// A tile on its way through a lane unit: an instruction, and for how many cycles its words come.
struct TileWork {
  std::uint32_t index;
  Cycles cycles;
};

/// POPCOUNT UNIT, SHIFTER UNIT, MAC UNIT: the lanes and accumulators of all PEs for their datapaths: XNOR or
/// TM gates and popcount trees; exponent adders, barrel shifters and fixed-point adders; multipliers and
/// adders. Each is one pipeline, as deep as the array's depth says, that takes one word of both operands of
/// every PE per step (rules A3 and A4 of docs/timing.md).
class LaneUnit : public Unit {
 public:
  LaneUnit(const sc_core::sc_module_name& name, Core& core);
  ProcessingArray* array = nullptr;
  Channel<TileWork> tiles;

 protected:
  void advance(Cycles n) override { pipeline_.advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return pipeline_.horizon(); }
  void reset() override;

 private:
  Pipeline<std::uint32_t> pipeline_;
};

}  // namespace tricycle
