// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/control/channel.hpp"
#include "arch/units/control/memory_contents.hpp"
#include "arch/units/control/scoreboard.hpp"
#include "arch/units/control/tokens.hpp"
#include "arch/units/control/unit.hpp"

namespace tricycle {

/// A unit with an in-order queue of instructions (rules E1 to E8 of docs/timing.md).
///
/// | port | to |
/// |---|---|
/// | `queue` | the sequencer, which sends places of the scoreboard |
/// | `tokens` | its semaphores |
/// | `to_load`, ..., `to_sequencer` (`posts`) | the semaphores of the others |
/// | `weight_memory`, `activation_memory`, `accumulator_memory` | their contents |
class EngineUnit : public Unit {
 public:
  EngineUnit(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
             Scoreboard& scoreboard, Engine engine);

  InPort<std::uint32_t> queue{"queue"};         ///< of issued instructions, from the sequencer
  sc_core::sc_port<TokensIn> tokens{"tokens"};  ///< that its instructions wait for
  sc_core::sc_vector<sc_core::sc_port<TokensOut>> posts{"posts"};  ///< for each engine, then the sequencer
  sc_core::sc_port<MemoryContents> weight_memory{"weight_memory"}, activation_memory{"activation_memory"},
      accumulator_memory{"accumulator_memory"};

 protected:
  /// The instruction at the head, if its semaphores have been posted: takes the tokens, frees the queue's
  /// slot, holds the operands, and is what the engine is busy for from now on. Otherwise false. `by`: what
  /// the output stage has started for it.
  bool start_next(Cycles now, std::uint32_t& place, std::optional<std::uint32_t> by = {});
  /// Executes the instruction's meaning, counts its events, releases its operands, posts.
  void complete(Cycles now, std::uint32_t place) { complete(now, place, events(place)); }
  void complete(Cycles now, std::uint32_t place, const CounterSet& events);
  /// Completes one that had nothing to do.
  void pass_over(Cycles now, std::uint32_t place) { complete_with(now, place, {}, {}); }
  [[nodiscard]] bool waiting() const { return queue->has(); }
  void listen() override;
  [[nodiscard]] const MachineSpec& spec() const { return program_.spec; }
  /// What was issued with a place of the scoreboard: the instruction, its accesses, and its events where no
  /// zero changes them.
  [[nodiscard]] const Instruction& instruction(std::uint32_t place) const {
    return scoreboard_[place].issued.instruction;
  }
  [[nodiscard]] const std::vector<Access>& accesses(std::uint32_t place) const {
    return scoreboard_[place].accesses;
  }
  [[nodiscard]] const CounterSet& events(std::uint32_t place) const {
    return program_.events[scoreboard_[place].issued.index];
  }
  [[nodiscard]] const MemoryView& memories() const { return memories_; }
  /// The bytes of DRAM that its instructions move; none by default.
  [[nodiscard]] virtual std::span<std::uint8_t> dram_bytes() { return {}; }
  /// The sums on their way to the output stage; none by default.
  [[nodiscard]] virtual StagedSums* staged_sums() { return nullptr; }
  /// The results that go from one of its instructions to the next; none by default.
  [[nodiscard]] virtual LaneResults* lane_results() { return nullptr; }
  /// The weights on their way from the load engine to the array; none by default.
  [[nodiscard]] virtual WeightBlocks* weight_blocks() { return nullptr; }

  const LoadedProgram& program_;
  Scoreboard& scoreboard_;

 private:
  void start_of_simulation() override;
  void complete_with(Cycles now, std::uint32_t place, const CounterSet& events, const Effects& effects);

  Engine engine_;
  MemoryView memories_;
};

}  // namespace tricycle
