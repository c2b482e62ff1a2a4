// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>

#include "arch/isa/bank_reads.hpp"
#include "arch/units/array/feeder_module.hpp"
#include "arch/units/array/lane_unit.hpp"
#include "arch/units/array/staged_contents.hpp"
#include "arch/units/array/stream_walk.hpp"
#include "arch/units/array/zero_skip.hpp"
#include "arch/units/control/engine_unit.hpp"
#include "arch/units/memory/crossbar.hpp"
#include "arch/units/memory/weight_stream.hpp"

namespace tricycle {

/// PROCESSING ARRAY: walks a tile and feeds every PE of rows x cols one word of both operands per step; the
/// popcount, shifter or mac unit does the arithmetic and hands the sums back (rules A1 to A12 of
/// docs/timing.md). With a line buffer in front it feeds a matmul's windows as they come (rules F1 to F6):
/// the cycles without a window are taken together before those with one, which no other unit can see. Zeros
/// can make a tile shorter (rules Z1 to Z9). Parameters: `array`.
///
/// | port | to |
/// |---|---|
/// | `tiles`, `finished` | the popcount, shifter and mac unit, those that there are |
/// | `feeder` | the line buffer, where there is one |
/// | `staged` | the output stage, where there is one: what it has started, one for each matmul |
/// | `fed`, `summed` | the output stage: a matmul feeds; for how many cycles its last sums come |
/// | `sums` | the output stage: the sums (rules O1 to O6) |
/// | `streamed`, `used` | the load engine, where weights stream: bytes that have come, and that were used |
/// | `blocks` | the weight stream: its blocks of weights |
/// | `access` | the crossbar |
/// | those of an `EngineUnit` | sequencer, semaphores, contents of memories |
class ProcessingArray : public EngineUnit {
 public:
  ProcessingArray(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
                  Scoreboard& scoreboard);

  /// The units of arithmetic, in the order of the array's ports.
  static constexpr std::array lane_units = {UnitId::popcount, UnitId::shifter, UnitId::mac};
  [[nodiscard]] static std::size_t port_of(UnitId unit) {
    return static_cast<std::size_t>(std::find(lane_units.begin(), lane_units.end(), unit) -
                                    lane_units.begin());
  }
  sc_core::sc_vector<OptionalPort<ChannelOut<TileWork>>> tiles{"tiles"};
  sc_core::sc_vector<OptionalPort<ChannelIn<std::uint32_t>>> finished{"finished"};
  OptionalPort<WindowFeed> feeder{"feeder"};
  OptionalPort<ChannelIn<std::uint32_t>> staged{"staged"};
  OptionalPort<ChannelOut<std::uint32_t>> fed{"fed"};
  OptionalPort<ChannelOut<Cycles>> summed{"summed"};
  OptionalPort<StagedContents> sums{"sums"};
  OptionalPort<ChannelIn<std::uint64_t>> streamed{"streamed"};
  OptionalPort<ChannelOut<std::uint64_t>> used{"used"};
  OptionalPort<StreamContents> blocks{"blocks"};
  sc_core::sc_port<ArrayAccess> access{"access"};

  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  void advance(Cycles n) override { left_ -= std::min(left_, n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return left_ > 0 ? left_ : never; }
  void clear() override;
  void listen() override;
  [[nodiscard]] StagedSums* staged_sums() override { return sums.size() > 0 ? &sums->sums() : nullptr; }

  [[nodiscard]] WeightBlocks* weight_blocks() override {
    return blocks.size() > 0 ? &blocks->blocks() : nullptr;
  }

  /// What the matmul at work is at. Without a line buffer there is only `feeding`, and `waiting` for weights
  /// that stream.
  enum class Phase : std::uint8_t { free, starting, filling, feeding, resting, waiting };
  void next_phase(Cycles now);
  void start(Cycles now);
  bool take_next(Cycles now);
  Cycles work_on(std::uint32_t place, const OutputRate& output);
  [[nodiscard]] SparseWork drawn(std::uint32_t place, const OutputRate& output);
  [[nodiscard]] const CounterSet& events_of(std::uint32_t place) const;
  void finish(Cycles now, std::uint32_t place);
  [[nodiscard]] Cycles held_cycles();
  void begin_fill(Cycles now);
  void begin_feed();
  void begin_stage();
  void go_on_streaming(Cycles now);
  void feed_part(Cycles now);
  [[nodiscard]] const isa::Matmul& matmul(std::uint32_t place) const {
    return std::get<isa::Matmul>(instruction(place).operation);
  }

  Phase phase_ = Phase::free;
  Cycles left_ = 0;  ///< of the phase
  std::uint32_t place_ = 0;
  Cycles feed_cycles_ = 0;
  StepTables step_tables_;
  ArrayReads reads_;                    ///< of the matmul at work
  std::optional<std::uint32_t> stage_;  ///< what the output stage does with its sums
  OutputRate rate_;                     ///< and how fast
  std::deque<Cycles> last_sums_;        ///< of staged matmuls under way: cycles of their last sums
  bool loaded_ = false;                 ///< the next matmul's weights are in the registers
  std::optional<StreamWalk> walk_;      ///< of the matmul at work, where its weights stream
  Cycles streamed_since_ = 0;           ///< its start
  std::uint64_t here_ = 0;              ///< bytes that have streamed, from the begin of its block on
  std::uint64_t under_way_ = 0;
  std::map<std::uint32_t, CounterSet> own_events_;  ///< of those under way that have others
};

}  // namespace tricycle
