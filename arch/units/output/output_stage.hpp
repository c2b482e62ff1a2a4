// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>

#include "arch/units/array/pipeline.hpp"
#include "arch/units/array/staged_contents.hpp"
#include "arch/units/control/engine_unit.hpp"

namespace tricycle {

/// OUTPUT STAGE: turns the sums of a matmul into results while the array finishes them, group by group:
/// thresholds, scales with a residual, the largest of 2x2. Results go to activation memory; sums never lie in
/// accumulator memory (rules O1 to O6 of docs/timing.md). The array does not finish sums faster than the
/// stage takes them, so it keeps none but those of the last group. Parameters: `output_stage`.
///
/// | port | to |
/// |---|---|
/// | `staged` | the array: an instruction was started here, so its matmul may start |
/// | `fed`, `summed` | the array: a matmul feeds; for how many cycles its last sums come |
/// | `sums` (export) | the array, which puts sums there |
/// | those of an `EngineUnit` | sequencer, semaphores, contents of memories |
class OutputStage final : public EngineUnit, public StagedContents {
 public:
  OutputStage(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
              Scoreboard& scoreboard);

  OutPort<std::uint32_t> staged{"staged"};
  InPort<std::uint32_t> fed{"fed"};
  InPort<Cycles> summed{"summed"};
  sc_core::sc_export<StagedContents> sums_in{"sums"};

  [[nodiscard]] StagedSums& sums() override { return sums_; }
  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  void advance(Cycles n) override { last_sums_.advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return can_start() ? 1 : last_sums_.horizon(); }
  void clear() override;
  void listen() override;
  [[nodiscard]] StagedSums* staged_sums() override { return &sums_; }
  [[nodiscard]] bool can_start() const;

  StagedSums sums_;
  std::deque<std::uint32_t> started_;  ///< those whose last sums have not come
  Pipeline<std::uint32_t> last_sums_;  ///< of matmuls, and results on their way
  std::uint64_t under_way_ = 0;        ///< instructions
  std::uint64_t fed_ = 0;  ///< of those in `started_`, the ones whose matmul feeds or has been fed
};

}  // namespace tricycle
