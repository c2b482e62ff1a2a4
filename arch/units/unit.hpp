// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <exception>
#include <functional>
#include <systemc>
#include <vector>

#include "arch/isa/footprint.hpp"
#include "arch/isa/ledger.hpp"
#include "arch/isa/meaning.hpp"
#include "arch/params/counters.hpp"
#include "arch/units/channel.hpp"
#include "arch/units/dram_port.hpp"
#include "arch/units/sram_arbiter.hpp"

namespace tricycle {

class Unit;

/// When an instruction was under way, in cycles of its inference.
struct Span {
  std::uint32_t index;  ///< of the instruction
  Cycles start, end;
};

/// An instruction under way holds its operands: no other engine may touch them until the cycle after its
/// completion, so the order of processes within a cycle does not matter (rule E4 of docs/timing.md).
class OperandLocks {
 public:
  /// Throws RunError naming both instructions when an operand is held by another engine.
  void hold(Cycles now, std::uint32_t index, Engine engine, const std::vector<Access>& accesses,
            const std::vector<Instruction>& code);
  void release(Cycles now, std::uint32_t index);
  void reset() { held_.clear(); }

 private:
  struct Held {
    std::uint32_t index;
    Engine engine;
    const std::vector<Access>* accesses;
    Cycles until;  ///< the last cycle in which it is held
  };
  std::vector<Held> held_;
};

/// What the units of one machine share: the program, the memories' contents, the semaphores, the ledgers and
/// the clock.
struct Core {
  MachineSpec spec;
  const std::vector<Instruction>* code = nullptr;
  std::vector<std::vector<Access>> accesses;  ///< of each instruction
  std::vector<CounterSet> events;             ///< of each instruction; zeros change a matmul's at its start
  std::vector<double> weight_densities;       ///< declared, of each layer
  std::vector<double> activation_densities;   ///< the same
  std::uint64_t seed = 1;                     ///< of the zeros drawn then
  bool lockstep = false;
  bool functional = true;
  bool timeline = false;  ///< record spans
  Cycles cycle_limit = never;
  std::function<void(std::size_t)> completed;
  std::function<void(Cycles, const DramRequest&)> dram_requests;  ///< told each burst as it reaches DRAM
  bool check_dram = false;                                        ///< its commands against the rules
  std::function<void(const DramCommand&)> dram_commands;          ///< told each command of a DRAM device

  Memories memories;
  Semaphores semaphores;
  OperandLocks locks;
  SramArbiter sram;
  std::array<Unit*, engine_count + 1> engines{};
  Ledger ledger;
  std::vector<Cycles> started;  ///< of each instruction, where a timeline is recorded
  std::vector<Span> spans;

  Cycles start = 0;        ///< kernel cycle that is cycle 0 of this inference
  Cycles alive_until = 0;  ///< the last cycle in which something can still happen
  bool limited = false;    ///< the cycle limit was reached
  bool halted = false;
  Cycles halted_at = 0;
  std::exception_ptr error;

  [[nodiscard]] static sc_core::sc_time cycles(Cycles n);
  [[nodiscard]] static Cycles kernel_cycle();
  [[nodiscard]] Cycles now() const { return kernel_cycle() - start; }
  void alive(Cycles until) { alive_until = std::max(alive_until, until); }
};

enum class Activity : std::uint8_t { busy, stall, idle };

/// A hardware unit: one SystemC process that drives plain logic. Each time it wakes it lets the cycles pass
/// that have passed (`advance`), acts on what it can see (`act`), and sleeps until its `horizon` or until
/// somebody wakes it. In lockstep it wakes every cycle instead. Both must give the same cycles and counters.
class Unit : public sc_core::sc_module {
 public:
  Unit(const sc_core::sc_module_name& name, Core& core);

  /// Back to reset; runs from the core's cycle 0.
  void begin();
  /// Something was sent to this unit, to be seen in the next cycle.
  void wake();
  /// Lets time pass up to the end of the run.
  void settle(Cycles now);

  std::array<Cycles, 3> times{};  ///< busy, stall, idle

 protected:
  virtual void advance(Cycles n) = 0;
  virtual void act(Cycles now) = 0;
  [[nodiscard]] virtual Cycles horizon() const = 0;
  virtual void reset() = 0;

  /// Of the cycles that have passed since it acted, `cycles` busy ones were spent waiting.
  void stalled(Cycles cycles);

  Core& core_;
  Activity activity_ = Activity::idle;  ///< set by act(): what the unit does until it acts again
  Cycles* busy_for_ = nullptr;          ///< where busy cycles are counted besides `times`

 private:
  void step();
  sc_core::sc_event wake_{"wake"};
  Cycles last_ = 0;
  bool acted_ = false;  ///< since begin()
};

/// A unit with an in-order queue of instructions.
class EngineUnit : public Unit {
 public:
  EngineUnit(const sc_core::sc_module_name& name, Core& core, Engine engine);
  Channel<std::uint32_t> queue;

 protected:
  /// The instruction at the head, if its semaphores have been posted: takes the tokens, frees the queue's
  /// slot, holds the operands, and is what the engine is busy for from now on. Otherwise false.
  bool start_next(Cycles now, std::uint32_t& index);
  /// Executes the instruction's meaning, counts its events, releases its operands, posts.
  void complete(Cycles now, std::uint32_t index);
  [[nodiscard]] bool waiting(Cycles now) const { return queue.has(now); }
  void reset() override { queue.reset(); }

 private:
  Engine engine_;
};

}  // namespace tricycle
