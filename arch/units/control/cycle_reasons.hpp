// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <deque>

#include "arch/isa/ledger.hpp"
#include "arch/units/control/countdown.hpp"

namespace tricycle {

/// Finds for each cycle of an inference what it was spent on, and which layer and time step answer for it.
/// The array is what a machine is built for. So a cycle in which it feeds a matmul is the matmul's. Between
/// two matmuls the second one waited: from its start, the instructions are followed backwards that each let
/// the one behind begin (the semaphore that came last, the instruction before on the same engine, the place
/// in a queue, the sequencer), and each answers for the cycles that it took. Plain logic.
class CycleReasons {
 public:
  /// What an instruction is, by its number: instructions are numbered from 0 as they are issued.
  struct Work {
    Engine engine;
    std::size_t entry;  ///< of the ledger
    EngineSet wait, post;
    bool goes_on = false;  ///< the next one of its engine is of the same pass
  };

  static constexpr std::uint64_t none = ~std::uint64_t{0};

  explicit CycleReasons(Ledger& ledger) : ledger_(ledger) {}
  void reset();

  /// The next instruction was issued; `was_blocked` if it had waited for a place in its queue.
  void issued(Cycles now, const Work& work, bool was_blocked);
  /// `by`: an instruction of the output stage that was to start before it.
  void started(Cycles now, std::uint64_t number, std::uint64_t by = none);
  /// What is known of an instruction when it lets the next one of its engine start.
  struct Release {
    Cycles cycle;       ///< from which on it does
    Cycles own;         ///< needed until then with nothing in the way: array steps, cycles of intake
    Cycles held = 0;    ///< of a matmul: in which the output stage was in the way
    Cycles waited = 0;  ///< of a matmul: in which weights that stream had not come
  };
  /// `last`: of its pass, whose start began the intake of all; it answers for all. Else itself.
  void released(std::uint64_t number, const Release& release, std::uint64_t last);
  void completed(Cycles now, std::uint64_t number);
  /// The inference ended in cycle `end`.
  void finish(Cycles end);

 private:
  /// What let an instruction start, or be issued.
  enum class Cause : std::uint8_t { sequencer, queue, engine, semaphore, output_stage };
  struct Record {
    Work work;
    Cycles issued;
    Cycles started = never, completed = never;
    Release release{never, 0};
    std::uint64_t last_of_pass;
    Cause of_issue = Cause::sequencer, of_start = Cause::sequencer;
    std::uint64_t issued_by = 0, started_by = 0;  ///< the number of the instruction that let it
  };
  /// The instructions of an engine that started last.
  struct Started {
    std::uint64_t last = none, before = none;
  };

  /// Where the way back stands: before the start of an instruction, or before its issue.
  struct Position {
    std::uint64_t number;
    Cycles time;
    bool is_issue;
  };

  [[nodiscard]] const Record* find(std::uint64_t number) const;
  [[nodiscard]] Record& at(std::uint64_t number) { return records_[number - first_]; }
  void give(std::size_t entry, CycleReason reason, Cycles from, Cycles to);
  void give_fed(Cycles until);
  void give_work(const Record& record, Cycles until, CycleReason behind);
  void follow(Position position);
  void find_blocker(Record& record) const;
  [[nodiscard]] Position before_start(const Record& record, const Position& position);
  [[nodiscard]] Position before_issue(const Record& record, const Position& position);
  void forget();

  Ledger& ledger_;
  std::deque<Record> records_;  ///< from number `first_` on
  std::uint64_t first_ = 0;
  Cycles told_ = 0;               ///< all cycles before it have been given
  std::uint64_t feeding_ = none;  ///< the matmul that was started last, and has not been given
  std::uint64_t completed_ =
      none;  ///< the instruction that completed last; of those of one cycle, the last one
  std::array<Started, engine_count> started_{};
  std::array<std::array<std::deque<std::uint64_t>, engine_count>, engine_count> posted_;  ///< from, to
};

}  // namespace tricycle
