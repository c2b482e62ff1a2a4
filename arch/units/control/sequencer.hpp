// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/control/channel.hpp"
#include "arch/units/control/instruction_memory.hpp"
#include "arch/units/control/page_turn.hpp"
#include "arch/units/control/scoreboard.hpp"
#include "arch/units/control/tokens.hpp"
#include "arch/units/control/unit.hpp"

namespace tricycle {

/// SEQUENCER: fetches from instruction memory and dispatches one instruction per cycle, in order, to the
/// engines' queues. Blocks while the queue of the next instruction's engine is full. Executes loops, whose
/// address generators move the addresses of what it dispatches. Asks for the pages of a program that
/// instruction memory cannot hold whole, one ahead. Halts when all engines have completed what was dispatched
/// (rules S1 to S7 and P1 to P4 of docs/timing.md). Parameters: `sequencer`.
///
/// | port | to |
/// |---|---|
/// | `instructions` | the instruction memory |
/// | `load_queue`, ... (`queues`) | the queue of each engine |
/// | `tokens` | completions of all engines |
/// | `turns` | the fetch unit, which brings pages |
/// | `arrivals` | the fetch unit, which tells what has come |
class Sequencer final : public Unit {
 public:
  Sequencer(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
            Scoreboard& scoreboard);

  sc_core::sc_port<InstructionFetch> instructions{"instructions"};
  sc_core::sc_vector<OutPort<std::uint32_t>> queues{"queues"};
  sc_core::sc_port<TokensIn> tokens{"tokens"};
  OutPort<PageTurn> turns{"turns"};
  InPort<PageArrival> arrivals{"arrivals"};

  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  void advance(Cycles n) override;
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override;
  void clear() override;
  void listen() override;
  [[nodiscard]] bool everything_completed() const;

  [[nodiscard]] bool fetch();
  void turn_page();
  void ask_for(std::uint32_t page);
  void dispatch(Cycles now, Engine engine);
  [[nodiscard]] Cycles cycles_of_own(const Instruction& instruction) const;

  const LoadedProgram& program_;
  const SequencerSpec& spec_;
  Scoreboard& scoreboard_;
  Cycles left_ = 0;  ///< of what it does now: the first fetch, or an instruction of its own
  ProgramCounter counter_;
  const Instruction* fetched_ = nullptr;  ///< what the instruction memory gave for it
  bool dispatched_ = false;
  bool is_blocked_ = false;  ///< by a full queue
  PageHalves pages_;
  bool waits_ = false;  ///< for the next instruction to come from DRAM
};

}  // namespace tricycle
