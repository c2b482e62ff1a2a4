// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/popcount_unit.hpp"

namespace tricycle {

/// PROCESSING ARRAY: walks a tile output-stationary and feeds every PE of rows x cols one word of both
/// operands per step; the popcount unit does the arithmetic and hands the sums back (rules A1 to A4 of
/// docs/timing.md).
class ProcessingArray : public EngineUnit {
 public:
  ProcessingArray(const sc_core::sc_module_name& name, Core& core) : EngineUnit(name, core, Engine::array) {}
  PopcountUnit* popcount = nullptr;
  Channel<std::uint32_t> finished_tiles;  ///< from the popcount unit

 protected:
  void advance(Cycles n) override { feed_left_ -= std::min(feed_left_, n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return feed_left_ > 0 ? feed_left_ : never; }
  void reset() override;

 private:
  Cycles feed_left_ = 0;
  std::uint64_t under_way_ = 0;
};

}  // namespace tricycle
