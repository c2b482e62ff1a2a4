// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>

#include "arch/units/feeder.hpp"
#include "arch/units/lane_unit.hpp"

namespace tricycle {

/// PROCESSING ARRAY: walks a tile and feeds every PE of rows x cols one word of both operands per step; the
/// popcount, shifter or mac unit does the arithmetic and hands the sums back (rules A1 to A10 of
/// docs/timing.md). With a line buffer in front it feeds a matmul's windows as they come (rules F1 to F6):
/// the cycles without a window are taken together before those with one, which no other unit can see. Zeros
/// can make a tile shorter (rules Z1 to Z9).
class ProcessingArray : public EngineUnit {
 public:
  ProcessingArray(const sc_core::sc_module_name& name, Core& core) : EngineUnit(name, core, Engine::array) {}
  std::array<LaneUnit*, datapath_count> lanes{};  ///< the unit of each datapath; null where there is none
  Channel<std::uint32_t> finished_tiles;          ///< from the lane units

 protected:
  void advance(Cycles n) override { left_ -= std::min(left_, n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return left_ > 0 ? left_ : never; }
  void reset() override;

 private:
  /// What the matmul at work is at. Without a line buffer there is only `feeding`.
  enum class Phase : std::uint8_t { free, starting, filling, feeding, resting };
  void next_phase(Cycles now);
  void start(Cycles now);
  Cycles work_on(std::uint32_t index);
  void begin_fill(Cycles now);
  void begin_feed(Cycles now);
  [[nodiscard]] const isa::Matmul& matmul(std::uint32_t index) const {
    return std::get<isa::Matmul>((*core_.code)[index].operation);
  }

  Phase phase_ = Phase::free;
  Cycles left_ = 0;  ///< of the phase
  std::uint32_t index_ = 0;
  Cycles feed_cycles_ = 0;
  bool loaded_ = false;  ///< the next matmul's weights are in the registers
  std::uint64_t under_way_ = 0;
  Feeder feeder_;
};

}  // namespace tricycle
