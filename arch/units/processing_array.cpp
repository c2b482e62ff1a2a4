// SPDX-License-Identifier: Apache-2.0
#include "arch/units/processing_array.hpp"

#include "arch/spec/timing.hpp"

namespace tricycle {

void ProcessingArray::reset() {
  EngineUnit::reset();
  finished_tiles.reset();
  feed_left_ = 0;
  under_way_ = 0;
}

void ProcessingArray::act(Cycles now) {
  while (finished_tiles.has(now)) {
    complete(now, finished_tiles.take(now));
    --under_way_;
  }
  std::uint32_t index = 0;
  if (feed_left_ == 0 && start_next(now, index)) {
    const auto& tile = std::get<isa::Matmul>((*core_.code)[index].operation);
    feed_left_ =
        static_cast<Cycles>(tile_cycles(core_.spec, tile.datapath, tile.rows, tile.cols, tile.words));
    ++under_way_;
    popcount->tiles.post(now, {index, feed_left_});
    popcount->wake();
  }
  activity_ = feed_left_ > 0                   ? Activity::busy
              : under_way_ > 0 || waiting(now) ? Activity::stall
                                               : Activity::idle;
}

}  // namespace tricycle
