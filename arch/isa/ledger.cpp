// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/ledger.hpp"

#include <algorithm>
#include <utility>

namespace tricycle {

const std::vector<std::string>& names_of(CycleReason) {
  static const std::vector<std::string> names = {
#define CYCLE_REASON(identifier, meaning) #identifier,
#include "arch/isa/cycle_reasons.def"
#undef CYCLE_REASON
  };
  return names;
}

LayerStep& LayerStep::operator+=(const LayerStep& other) {
  events += other.events;
  for (std::size_t e = 0; e < busy_cycles.size(); ++e) busy_cycles[e] += other.busy_cycles[e];
  for (std::size_t r = 0; r < by_reason.size(); ++r) by_reason[r] += other.by_reason[r];
  end_cycle = std::max(end_cycle, other.end_cycle);
  return *this;
}

Ledger::Ledger(const std::vector<Instruction>& code, const Loops& loops) {
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < code.size() && !is_whole_; ++i) {
    std::size_t steps = 0;
    if (loops.executions(i) > most_ledger_steps) {
      loops.for_each_around(i, [&](const ProgramLoop& loop) {
        if (loop.steps > 0) is_whole_ = is_whole_ || loop.count > most_ledger_steps;
      });
      if (is_whole_) break;
    }
    loops.for_each_step(code[i], i, [&](std::uint32_t step, std::uint64_t) {
      is_whole_ = is_whole_ || ++steps > most_ledger_steps;
      const Pair pair(code[i].layer, step);
      if (!is_whole_ && (pairs.empty() || pairs.back() != pair)) pairs.push_back(pair);
    });
  }
  if (is_whole_) {
    pairs.clear();
    for (const Instruction& instruction : code) pairs.emplace_back(instruction.layer, 0);
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  for (const auto& [layer, step] : pairs) {
    entries.emplace_back();
    entries.back().layer = layer;
    entries.back().step = step;
  }
}

std::size_t Ledger::entry_of(std::uint32_t layer, std::uint32_t step) const {
  const std::pair wanted(layer, is_whole_ ? 0 : step);
  const auto found = std::lower_bound(
      entries.begin(), entries.end(), wanted,
      [](const LayerStep& e, const auto& pair) { return std::pair(e.layer, e.step) < pair; });
  return static_cast<std::size_t>(found - entries.begin());
}

void Ledger::reset() {
  for (LayerStep& entry : entries) {
    LayerStep empty;
    empty.layer = entry.layer;
    empty.step = entry.step;
    entry = empty;
  }
}

}  // namespace tricycle
