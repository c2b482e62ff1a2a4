// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "arch/isa/ledger.hpp"
#include "arch/isa/meaning.hpp"
#include "arch/units/control/component.hpp"
#include "arch/units/control/countdown.hpp"
#include "arch/units/control/loaded_program.hpp"

namespace tricycle {

/// When an instruction was under way, in cycles of its inference.
struct Span {
  std::uint32_t instruction;
  Cycles start, end;
};

/// An instruction under way holds its operands: no other engine may touch them until the cycle after its
/// completion, so the order of processes within a cycle does not matter (rule E4 of docs/timing.md).
class OperandLocks {
 public:
  explicit OperandLocks(const LoadedProgram& program) : program_(program) {}
  /// Throws RunError naming both instructions when an operand is held by another engine.
  void hold(Cycles now, std::uint32_t index, Engine engine);
  void release(Cycles now, std::uint32_t index);
  void reset() { held_.clear(); }

 private:
  struct Held {
    std::uint32_t index;
    Engine engine;
    Cycles until;  ///< the last cycle in which it is held
  };
  const LoadedProgram& program_;
  std::vector<Held> held_;
};

/// What an inference has done, instruction by instruction: who holds which operands, and the events and times
/// of layers and time steps. The machine has one, beside its units.
class Scoreboard final : public Component {
 public:
  /// With `timeline` the start and end of each instruction are recorded.
  Scoreboard(const LoadedProgram& program, bool timeline);

  /// An engine starts an instruction; returns where its busy cycles are counted.
  Cycles& start(Cycles now, std::uint32_t index, Engine engine);
  void complete(Cycles now, std::uint32_t index, const CounterSet& events, const Effects& effects);
  /// The halt has neither operands nor an end.
  void count(std::uint32_t index) { ledger_[index].events += program_.events[index]; }
  void reset() override;

  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const std::vector<Span>& spans() const { return spans_; }

  std::function<void(std::size_t)> completed;  ///< called with each instruction that has

 private:
  const LoadedProgram& program_;
  bool timeline_;
  OperandLocks locks_;
  Ledger ledger_;
  std::vector<Cycles> started_;  ///< of each instruction, where a timeline is recorded
  std::vector<Span> spans_;      ///< in the order of completion
};

}  // namespace tricycle
