// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/sync.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "arch/isa/footprint.hpp"

namespace tricycle {
namespace {

/// For each engine, how many of its instructions are known to have completed.
using Known = std::array<std::size_t, engine_count>;

struct Issued {
  std::size_t index;  ///< in the program
  std::vector<Access> accesses;
  Known known;  ///< by the time it completes, itself included
};

bool conflicts(const std::vector<Access>& a, const std::vector<Access>& b) {
  return std::any_of(a.begin(), a.end(), [&](const Access& x) {
    return std::any_of(b.begin(), b.end(), [&](const Access& y) { return conflict(x, y); });
  });
}

}  // namespace

void add_semaphores(std::vector<Instruction>& code, const MachineSpec& spec) {
  std::array<std::vector<Issued>, engine_count> issued;
  std::array<Known, engine_count> known{};
  for (std::size_t index = 0; index < code.size(); ++index) {
    const auto engine = static_cast<std::size_t>(engine_of(code[index]));
    if (engine >= engine_count) continue;
    std::vector<Access> accesses = footprint(code[index], spec);
    for (std::size_t other = 0; other < engine_count; ++other) {
      if (other == engine) continue;
      for (std::size_t i = issued[other].size(); i > known[engine][other]; --i) {
        const Issued& earlier = issued[other][i - 1];
        if (!conflicts(accesses, earlier.accesses)) continue;
        code[earlier.index].post.add(static_cast<Engine>(engine));
        code[index].wait.add(static_cast<Engine>(other));
        for (std::size_t e = 0; e < engine_count; ++e)
          known[engine][e] = std::max(known[engine][e], earlier.known[e]);
        break;
      }
    }
    known[engine][engine] = issued[engine].size() + 1;
    issued[engine].push_back({index, std::move(accesses), known[engine]});
  }
}

}  // namespace tricycle
