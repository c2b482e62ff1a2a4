// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/sync.hpp"

#include <algorithm>
#include <array>

#include "arch/isa/touches.hpp"
#include "support/report.hpp"

namespace tricycle {
namespace {

/// For each engine, how many of its instructions are known to have completed.
using Known = std::array<std::uint32_t, engine_count>;

struct Numbered {
  std::size_t index;  ///< in the program
  Known known;        ///< when it completes, including itself
};

/// A program's stretches: each loop over time steps, and what lies before, between and behind them.
class Sections {
 public:
  explicit Sections(const std::vector<StepLoop>& loops) : loops_(loops) {}

  /// Even: between loops; odd: a loop.
  [[nodiscard]] std::size_t of(const Instruction& instruction) const {
    std::size_t section = 0;
    for (const StepLoop& loop : loops_) {
      if (instruction.layer < loop.first_layer) break;
      section += loop.contains(instruction.layer) ? 1 : 2;
    }
    return section;
  }

 private:
  const std::vector<StepLoop>& loops_;
};

}  // namespace

void add_semaphores(Program& program, const MachineSpec& spec) {
  std::vector<Instruction>& code = program.trace.code;
  Touches touches(code, Loops(code), spec);
  const Sections sections(program.step_loops);
  std::array<std::vector<Numbered>, engine_count> issued;
  std::array<Known, engine_count> known{};
  Known before{};  // instructions of each engine before the present section
  std::size_t section = 0;
  for (std::size_t index = 0; index < code.size(); ++index) {
    if (index % 1024 == 0) tell("ordering instructions", index, code.size());
    const auto engine = static_cast<std::size_t>(engine_of(code[index]));
    if (engine >= engine_count) continue;
    if (sections.of(code[index]) != section) {
      section = sections.of(code[index]);
      for (std::size_t e = 0; e < engine_count; ++e) before[e] = static_cast<std::uint32_t>(issued[e].size());
    }
    const std::vector<Access> accesses = footprint(code[index], spec);
    for (std::size_t other = 0; other < engine_count; ++other) {
      if (other == engine) continue;
      std::uint32_t last = touches.last_conflict(other, accesses);
      if (last <= known[engine][other]) continue;
      last = std::max(last, before[other]);  // a conflict with an earlier section waits for all of it
      const Numbered& earlier = issued[other][last - 1];
      code[earlier.index].post.add(static_cast<Engine>(engine));
      code[index].wait.add(static_cast<Engine>(other));
      for (std::size_t e = 0; e < engine_count; ++e)
        known[engine][e] = std::max(known[engine][e], earlier.known[e]);
    }
    known[engine][engine] = static_cast<std::uint32_t>(issued[engine].size()) + 1;
    touches.add(engine, known[engine][engine], accesses);
    issued[engine].push_back({index, known[engine]});
  }
}

}  // namespace tricycle
