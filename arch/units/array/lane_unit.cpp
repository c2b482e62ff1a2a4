// SPDX-License-Identifier: Apache-2.0
#include "arch/units/array/lane_unit.hpp"

#include "arch/params/timing.hpp"

namespace tricycle {

// Of the array's depth, one cycle each is spent on the way in and on the way out. Words that take longer to
// read (rule R7) are counted in the pipeline.
LaneUnit::LaneUnit(const sc_core::sc_module_name& name, RunControl& run, const MachineSpec& spec, UnitId unit)
    : Unit(name, run),
      array_(spec.array),
      unit_(unit),
      latency_(static_cast<Cycles>(spec.array.depth_cycles - 2 + operand_wait_cycles(spec))),
      pipeline_(latency_) {}

std::vector<Property> LaneUnit::properties() const {
  std::vector<Property> all = {{"PEs", std::to_string(array_.rows * array_.cols)},
                               {"latency_cycles", std::to_string(latency_)}};
  for (const Datapath datapath : array_.datapaths) {
    if (unit_of(datapath) != unit_) continue;
    const Format operand = smallest_operands(array_, datapath);
    all.emplace_back(name_of(datapath),
                     std::to_string(lanes_of(array_, datapath, operand, operand)) + " lanes");
  }
  return all;
}

void LaneUnit::act(Cycles) {
  if (pipeline_.can_start() && tiles->has()) {
    const TileWork tile = tiles->take();
    pipeline_.start(tile.cycles, tile);
  }
  while (pipeline_.due()) {  // a tile of one cycle may be due at once
    const TileWork tile = pipeline_.finish();
    if (tile.is_last) finished->post(tile.index);
  }
  activity_ = pipeline_.taking_in() ? Activity::busy : pipeline_.empty() ? Activity::idle : Activity::stall;
}

}  // namespace tricycle
