// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <vector>

#include "arch/units/control/channel.hpp"
#include "arch/units/control/instruction_memory.hpp"
#include "arch/units/control/page_turn.hpp"
#include "arch/units/control/scoreboard.hpp"
#include "arch/units/control/unit.hpp"
#include "arch/units/dram/dram_end.hpp"
#include "arch/units/transfer/dma_logic.hpp"

namespace tricycle {

/// FETCH UNIT: brings the pages that the sequencer asks for from DRAM into instruction memory, one after the
/// other (rules P1 to P4 of docs/timing.md). Where the program fits whole, it has nothing to do. Parameters:
/// `fetch`.
///
/// | port | to |
/// |---|---|
/// | `turns` | the sequencer, which asks for pages |
/// | `arrivals` | the sequencer, which is told what has come |
/// | `requests` | bursts asked of DRAM |
/// | `answers` (export) | DRAM, which answers them |
/// | `memory` | the instruction memory |
class ProgramFetch final : public Unit, public BurstAnswers {
 public:
  /// The program lies in DRAM from `address` on.
  ProgramFetch(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
               Scoreboard& scoreboard, std::uint64_t address);

  InPort<PageTurn> turns{"turns"};
  OutPort<PageArrival> arrivals{"arrivals"};
  OutPort<DramRequest> requests{"requests"};
  sc_core::sc_export<BurstAnswers> answers{"answers"};
  sc_core::sc_port<InstructionWrite> memory{"memory"};

  void answered(const DramRequest& request) override;
  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  void advance(Cycles n) override { logic_.advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override;
  void clear() override;
  void listen() override;

  /// Where the page that comes begins in DRAM, and how long it is.
  [[nodiscard]] std::uint64_t page_address() const;
  [[nodiscard]] std::uint64_t page_bytes() const;
  void start(const PageTurn& turn);
  void take_written(Cycles now);
  void ask();

  /// A burst that is being written, until a cycle.
  struct Writing {
    DramRequest request;
    Cycles until;
  };

  const LoadedProgram& program_;
  Scoreboard& scoreboard_;
  const DmaSpec& spec_;
  std::uint64_t address_;
  DmaLogic logic_;
  PageTurn turn_{};              ///< the page that comes
  std::vector<bool> is_here_;    ///< its bursts
  std::size_t here_ = 0;         ///< its bursts that have come, from the first on
  std::deque<Writing> writing_;  ///< in the order in which they came
  sc_core::sc_event answered_{"answered"};
};

}  // namespace tricycle
