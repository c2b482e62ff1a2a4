// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/ledger.hpp"

#include <algorithm>
#include <utility>

namespace tricycle {

LayerStep& LayerStep::operator+=(const LayerStep& other) {
  events += other.events;
  for (std::size_t e = 0; e < busy_cycles.size(); ++e) busy_cycles[e] += other.busy_cycles[e];
  end_cycle = std::max(end_cycle, other.end_cycle);
  return *this;
}

Ledger::Ledger(const std::vector<Instruction>& code) {
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  const auto pair_of = [](const Instruction& instruction) {
    return Pair(instruction.layer, instruction.step);
  };
  std::vector<Pair> pairs;
  for (const Instruction& instruction : code) {
    if (pairs.empty() || pairs.back() != pair_of(instruction)) pairs.push_back(pair_of(instruction));
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  for (const auto& [layer, step] : pairs) {
    entries.emplace_back();
    entries.back().layer = layer;
    entries.back().step = step;
  }
  for (const Instruction& instruction : code) {
    const auto found = std::lower_bound(pairs.begin(), pairs.end(), pair_of(instruction));
    of.push_back(static_cast<std::uint32_t>(found - pairs.begin()));
  }
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
