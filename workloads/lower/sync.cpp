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

struct Issued {
  std::size_t index;  ///< in the program
  Known known;        ///< when it completes, including itself
};

}  // namespace

void add_semaphores(std::vector<Instruction>& code, const MachineSpec& spec) {
  Touches touches(code, spec);
  std::array<std::vector<Issued>, engine_count> issued;
  std::array<Known, engine_count> known{};
  for (std::size_t index = 0; index < code.size(); ++index) {
    if (index % 1024 == 0) tell("ordering instructions", index, code.size());
    const auto engine = static_cast<std::size_t>(engine_of(code[index]));
    if (engine >= engine_count) continue;
    const std::vector<Access> accesses = footprint(code[index], spec);
    for (std::size_t other = 0; other < engine_count; ++other) {
      if (other == engine) continue;
      const std::uint32_t last = touches.last_conflict(other, accesses);
      if (last <= known[engine][other]) continue;
      const Issued& earlier = issued[other][last - 1];
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
