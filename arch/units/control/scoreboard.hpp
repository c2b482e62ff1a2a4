// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "arch/isa/ledger.hpp"
#include "arch/isa/meaning.hpp"
#include "arch/units/control/component.hpp"
#include "arch/units/control/countdown.hpp"
#include "arch/units/control/cycle_reasons.hpp"
#include "arch/units/control/loaded_program.hpp"

namespace tricycle {

/// An instruction that was issued to an engine, until it has completed.
struct InFlight {
  Issued issued;
  std::vector<Access> accesses;
  std::size_t entry = 0;  ///< of the ledger
  Cycles started = 0;
};

/// When an instruction was under way, in cycles of its inference.
struct Span {
  std::uint32_t instruction, step;
  Cycles start, end;
};

/// What an inference has done, instruction by instruction: what is in flight and who holds which operands,
/// and the events and times of layers and time steps. The machine has one, beside its units.
///
/// An instruction under way holds its operands: no other engine may touch them until the cycle after its
/// completion, so the order of processes within a cycle does not matter (rule E4 of docs/timing.md).
class Scoreboard final : public Component {
 public:
  /// With `timeline` the start and end of each instruction are recorded.
  Scoreboard(const LoadedProgram& program, bool timeline);

  /// The sequencer fetches an instruction in an iteration of the loops around it.
  void fetch(std::uint32_t index, const Iterations& iterations);
  /// The entry of the ledger for an instruction in an iteration of the loops around it.
  [[nodiscard]] std::size_t entry_of(std::uint32_t index, const Iterations& iterations) const;
  void count(std::size_t entry, const CounterSet& events) { ledger_.entries[entry].events += events; }
  /// It issues one to its engine. What engines are given is the number of its place here, which it keeps
  /// until the cycle after its completion. `was_blocked`: it waited for a place in the engine's queue.
  [[nodiscard]] std::uint32_t issue(Cycles now, std::uint32_t index, const Iterations& iterations,
                                    bool was_blocked = false);
  [[nodiscard]] const InFlight& operator[](std::uint32_t place) const { return places_[place]; }
  /// An engine starts it; returns where its busy cycles are counted. Throws RunError naming both instructions
  /// when an operand is held by another engine. `by`: the place of what the output stage started before it.
  Cycles& start(Cycles now, std::uint32_t place, Engine engine, std::optional<std::uint32_t> by = {});
  /// The engine can start the next one. `last`: the place of the last one of its pass.
  void release(std::uint32_t place, const CycleReasons::Release& release,
               std::optional<std::uint32_t> last = {}) {
    reasons_.released(places_[place].issued.number, release, places_[last.value_or(place)].issued.number);
  }
  void complete(Cycles now, std::uint32_t place, const CounterSet& events, const Effects& effects);
  /// The inference ended in a cycle: each cycle before it gets its reason.
  void finish(Cycles end) { reasons_.finish(end); }
  /// Instructions issued since reset.
  [[nodiscard]] std::uint64_t issued() const { return issued_; }
  void reset() override;

  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const std::vector<Span>& spans() const { return spans_; }

  std::function<void(const Issued&)> completed;  ///< called with each instruction that has

 private:
  struct Held {
    std::uint32_t place;
    Engine engine;
    Cycles until;  ///< the last cycle in which its operands are held
  };
  struct Free {
    std::uint32_t place;
    Cycles since;
  };
  void hold(Cycles now, std::uint32_t place, Engine engine);

  const LoadedProgram& program_;
  bool timeline_;
  Ledger ledger_;
  CycleReasons reasons_{ledger_};
  std::deque<InFlight> places_;
  std::deque<Free> free_;
  std::vector<Held> held_;
  std::uint64_t issued_ = 0;
  std::vector<Span> spans_;  ///< in the order of completion
};

}  // namespace tricycle
