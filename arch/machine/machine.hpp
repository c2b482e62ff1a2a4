// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <systemc>
#include <vector>

#include "arch/machine/elaboration.hpp"
#include "arch/units/array/processing_array.hpp"
#include "arch/units/control/sequencer.hpp"
#include "arch/units/dram/dram_end.hpp"
#include "arch/units/memory/crossbar.hpp"
#include "arch/units/output/output_stage.hpp"
#include "arch/units/transfer/dma_engine.hpp"
#include "arch/units/transfer/program_fetch.hpp"
#include "arch/units/vector/vector_unit.hpp"

namespace tricycle {

/// A memory of somebody else's at the machine's DRAM end.
struct ForeignDram {
  /// Makes the module that reaches it, as `TlmDram`, with contents of so many bytes.
  std::function<std::unique_ptr<DramEnd>(const char* name, RunControl&, std::uint64_t bytes)> make;
  sc_core::sc_time core_period;  ///< a core cycle, in the time of that memory
};

/// THE MACHINE: its modules and channels, and what each port is bound to, as drawn in arch/README.md. It has
/// no behaviour of its own.
class Machine final : public sc_core::sc_module {
 public:
  /// `code` outlives the machine. Without `foreign` it has the DRAM that its parameters describe.
  Machine(const sc_core::sc_module_name& name, const MachineSpec& spec, const std::vector<Instruction>& code,
          std::size_t layers, std::uint64_t dram_bytes, const MachineOptions& options,
          const ForeignDram* foreign = nullptr);

  /// From reset to the end of one inference; without values where the machine or the caller wants none.
  Inference run(Start start = Start::loaded, bool with_values = true);
  [[nodiscard]] MemoryView memories();
  [[nodiscard]] Scoreboard& scoreboard() { return scoreboard_; }

 private:
  using Queue = Channel<std::uint32_t>;
  /// The channels on both sides of a unit of arithmetic.
  struct Lanes {
    UnitId id;
    std::unique_ptr<LaneUnit> unit;
    std::unique_ptr<Channel<TileWork>> tiles;
    std::unique_ptr<Queue> finished;
  };
  [[nodiscard]] static std::vector<Lanes> make_lanes(RunControl& run, const MachineSpec& spec);
  void bind_lanes();
  void bind_weight_stream();
  void bind_output_stage();
  void bind_memories();
  void bind_engine(EngineUnit& engine, Engine id);
  void bind_fetch();
  template <class Module>
  void bind_client(Module& module, DramClient client);
  void bind_transfers();
  void simulate();
  template <class F>
  void for_each_component(F f);

  std::size_t layers_;
  bool is_foreign_;  ///< what stands at DRAM's end
  bool functional_;  ///< inferences compute values

  // In the order of the drawing, which is the order of reports.
  RunControl run_;
  LoadedProgram program_;
  Scoreboard scoreboard_;
  InstructionMemory instruction_memory_;
  OnChipMemory weight_memory_, activation_memory_, accumulator_memory_;
  Crossbar crossbar_{"crossbar"};
  Sequencer sequencer_;
  ProgramFetch fetch_;
  DmaEngine load_, store_;
  ProcessingArray array_;
  std::vector<Lanes> lanes_;                     ///< for each unit that a datapath of the array needs
  std::unique_ptr<Feeder> feeder_;               ///< where there is a line buffer
  std::unique_ptr<WeightStream> weight_stream_;  ///< where weights stream
  std::unique_ptr<OutputStage> output_stage_;    ///< where there is one
  VectorUnit vector_;
  std::unique_ptr<DramEnd> dram_;
  std::vector<std::unique_ptr<Queue>> queues_;   ///< of instructions, for each engine
  std::vector<std::unique_ptr<Tokens>> tokens_;  ///< for each engine, then the sequencer
  Channel<PageTurn> turns_;
  Channel<PageArrival> arrivals_;
  std::vector<std::unique_ptr<Channel<DramRequest>>> requests_;  ///< of each client of DRAM
  std::unique_ptr<Queue> staged_, fed_;                          ///< between the array and the output stage
  std::unique_ptr<Channel<Cycles>> summed_;                      ///< from the array to it
  std::unique_ptr<Channel<std::uint64_t>> streamed_, used_;      ///< between the load engine and the array
};

}  // namespace tricycle
