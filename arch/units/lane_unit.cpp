// SPDX-License-Identifier: Apache-2.0
#include "arch/units/lane_unit.hpp"

#include "arch/units/processing_array.hpp"

namespace tricycle {

// Of the array's depth, one cycle each is spent on the way in and on the way out. Words that take longer to
// read (rule R7) are counted in the pipeline.
LaneUnit::LaneUnit(const sc_core::sc_module_name& name, Core& core)
    : Unit(name, core),
      pipeline_(static_cast<Cycles>(core.spec.array.depth_cycles - 2 + operand_wait_cycles(core.spec))) {}

void LaneUnit::reset() {
  tiles.reset();
  pipeline_.reset();
}

void LaneUnit::act(Cycles now) {
  if (pipeline_.can_start() && tiles.has(now)) {
    const TileWork tile = tiles.take(now);
    pipeline_.start(tile.cycles, tile.index);
  }
  while (pipeline_.due()) {  // a tile of one cycle in a pipeline of none is due at once
    array->finished_tiles.post(now, pipeline_.finish());
    array->wake();
  }
  activity_ = pipeline_.taking_in() ? Activity::busy : pipeline_.empty() ? Activity::idle : Activity::stall;
}

}  // namespace tricycle
