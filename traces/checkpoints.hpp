// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "arch/isa/loops.hpp"
#include "traces/trace.hpp"

namespace tricycle {

/// A checkpoint as an issued instruction leaves it. `instruction` is that of the program.
[[nodiscard]] Checkpoint moved_checkpoint(const Checkpoint& checkpoint, const Instruction& instruction,
                                          const Instruction& issued, const Iterations& iterations);

/// Where the region of a checkpoint would lie if its instruction wrote to address 0.
[[nodiscard]] Region region_at_zero(const Checkpoint& checkpoint, const Instruction& instruction);

/// The checkpoints of a trace by their instruction.
class Checkpoints {
 public:
  explicit Checkpoints(const Trace& trace);

  /// Calls f(place in the trace's list, checkpoint) for each checkpoint of an issued instruction.
  template <class F>
  void for_each(const Issued& issued, F f) const {
    for (std::size_t c = first_[issued.index]; c < first_[issued.index + 1]; ++c) {
      f(c, moved_checkpoint(trace_.checkpoints[c], trace_.code[issued.index], issued.instruction,
                            issued.iterations));
    }
  }

 private:
  const Trace& trace_;
  std::vector<std::size_t> first_;  ///< of each instruction
};

}  // namespace tricycle
