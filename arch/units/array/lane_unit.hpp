// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/params/machine.hpp"
#include "arch/units/array/pipeline.hpp"
#include "arch/units/control/channel.hpp"
#include "arch/units/control/unit.hpp"

namespace tricycle {

/// A tile, or a part of one, on its way through a lane unit: an instruction, for how many cycles words come,
/// and whether they are its last.
struct TileWork {
  std::uint32_t index;
  Cycles cycles;
  bool is_last = true;
};

/// What the units of arithmetic have in common: the lanes and accumulators of all PEs for some datapaths, in
/// one pipeline that takes one word of both operands of every PE per array step (rules A3 and A4 of
/// docs/timing.md). Each unit has a pipeline of its own, as deep as the array's depth says. Parameters:
/// `array`.
///
/// | port | to |
/// |---|---|
/// | `tiles` | the array, which feeds |
/// | `finished` | the array, which stores the sums |
class LaneUnit : public Unit {
 public:
  LaneUnit(const sc_core::sc_module_name& name, RunControl& run, const MachineSpec& spec, UnitId unit);

  InPort<TileWork> tiles{"tiles"};
  OutPort<std::uint32_t> finished{"finished"};

  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  void advance(Cycles n) override { pipeline_.advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return pipeline_.horizon(); }
  void clear() override { pipeline_.reset(); }
  void listen() override { wake_on(tiles->posted()); }

  const ArraySpec& array_;
  UnitId unit_;
  Cycles latency_;
  Pipeline<TileWork> pipeline_;
};

}  // namespace tricycle
