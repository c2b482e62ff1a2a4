// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <vector>

#include "arch/units/control/engine_unit.hpp"
#include "arch/units/dram/dram_end.hpp"
#include "arch/units/memory/crossbar.hpp"
#include "arch/units/memory/weight_stream.hpp"
#include "arch/units/transfer/dma_logic.hpp"

namespace tricycle {

/// LOAD or STORE ENGINE: moves rows between DRAM and on-chip memory in bursts (rules D1 to D8 of
/// docs/timing.md) through the ports of the memory (rule R6), and weights from DRAM to the array (rule D9).
/// Parameters: `load` and `store`.
///
/// | port | to |
/// |---|---|
/// | `requests` | bursts asked of DRAM |
/// | `answers` (export) | DRAM, which answers them |
/// | `access` | the crossbar: a load's bursts are written on chip, a store's are read |
/// | `dram_contents` | the contents of DRAM |
/// | `streamed`, `used` | the array, of a load engine where weights stream: bytes that came, that it used |
/// | `blocks` | the weight stream: its blocks of weights |
/// | those of an `EngineUnit` | sequencer, semaphores, contents of memories |
class DmaEngine : public EngineUnit, public BurstAnswers {
 public:
  DmaEngine(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
            Scoreboard& scoreboard, Engine engine);

  OutPort<DramRequest> requests{"requests"};
  sc_core::sc_export<BurstAnswers> answers{"answers"};
  sc_core::sc_port<TransferAccess> access{"access"};
  sc_core::sc_port<MemoryContents> dram_contents{"dram_contents"};
  OptionalPort<ChannelOut<std::uint64_t>> streamed{"streamed"};
  OptionalPort<ChannelIn<std::uint64_t>> used{"used"};
  OptionalPort<StreamContents> blocks{"blocks"};

  /// A load's burst is then written on chip and only counts when that is done; a store's counts at once.
  void answered(const DramRequest& request) override;
  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  void advance(Cycles n) override { logic_.advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override;
  void clear() override;
  void listen() override;
  [[nodiscard]] std::span<std::uint8_t> dram_bytes() override { return dram_contents->bytes(); }
  [[nodiscard]] WeightBlocks* weight_blocks() override {
    return blocks.size() > 0 ? &blocks->blocks() : nullptr;
  }

  /// Bursts of a load that came side by side and are written together (rule R6).
  struct Arrived {
    Cycles cycle;
    std::vector<DramRequest> bursts;
    std::uint64_t bytes;  ///< that they become on chip
  };
  void write(Cycles now, const DramRequest& request);
  void take_answers(Cycles now);
  void ask(Cycles now);
  [[nodiscard]] Cycles index_cycles(std::uint32_t place) const;
  void take_in_order(Cycles now);
  void finish_transfers(Cycles now);
  [[nodiscard]] std::uint64_t streamed_bytes_of(std::uint32_t place) const;
  [[nodiscard]] bool is_kept(std::uint32_t place) const;
  void start(Cycles now, std::uint32_t place);
  void read_next(Cycles from);
  [[nodiscard]] DmaRows rows_of(std::uint32_t place) const;
  [[nodiscard]] std::uint64_t gathered_row(const isa::Gather& gather, std::uint32_t place,
                                           std::uint64_t row) const;

  bool writes_;
  const DmaSpec& spec_;
  DmaLogic logic_;
  const std::vector<Access>* rows_ = nullptr;          ///< of the transfer that asks
  std::deque<Arrived> arrived_;                        ///< a load's bursts that are being written
  std::deque<std::pair<Cycles, DramRequest>> stored_;  ///< a store's answers, with the cycle of each
  /// A burst of weights that stream, and the cycle in which it was answered.
  struct StreamedBurst {
    std::uint64_t transfer, address;
    std::uint32_t bytes;
    Cycles answered = never;
  };
  std::deque<StreamedBurst> streaming_;  ///< in the order in which they were asked for
  std::uint64_t read_ = 0;               ///< next bursts of a store that have been read
  sc_core::sc_event answered_{"answered"};
};

}  // namespace tricycle
