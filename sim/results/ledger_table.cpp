// SPDX-License-Identifier: Apache-2.0
#include "sim/results/ledger_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/diagnostics.hpp"

namespace tricycle {

Table ledger_table(const ResultFile& run) {
  using Entry = std::pair<std::string, ResultFile::Event>;
  const auto energy = [](const Entry& entry) { return entry.second.count * entry.second.price_pJ; };
  std::vector<Entry> entries(run.events.begin(), run.events.end());
  std::erase_if(entries, [](const Entry& entry) { return entry.second.count == 0; });
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const Entry& a, const Entry& b) { return energy(a) > energy(b); });
  Table table{"Energy, by event", {"event", "count", "price, pJ", "energy, pJ", "share", "sources"}, {}};
  double sum = 0;
  for (const Entry& entry : entries) {
    sum += energy(entry);
    table.rows.push_back({entry.first, fmt::format("{:.0f}", entry.second.count),
                          fmt::format("{:.6g}", entry.second.price_pJ), fmt::format("{:.6g}", energy(entry)),
                          fmt::format("{:.2f} %", 100 * energy(entry) / run.energy_pJ),
                          entry.second.sources.empty() ? "-" : entry.second.sources});
  }
  constexpr double most_rounding = 1e-9;
  if (std::abs(sum - run.energy_pJ) > most_rounding * run.energy_pJ) {
    fail(run.folder,
         fmt::format("its events take {:.6g} pJ together, and its total is {:.6g}: counters, prices "
                     "or energies were changed",
                     sum, run.energy_pJ));
  }
  table.rows.push_back({"all", "", "", fmt::format("{:.6g}", sum), "100.00 %", ""});
  return table;
}

Table sensitivity_table(const ResultFile& run) {
  Table table{"What the intervals of prices move, each alone",
              {"source", "quantity", "factors", "energy, pJ, at least", "at most", "at least", "at most"},
              {}};
  for (const ResultFile::Swing& swing : run.swings) {
    const auto change = [&](double pJ) {
      const double percent = 100 * (pJ / run.energy_pJ - 1);
      return std::abs(percent) < 0.05 ? "0.0 %" : fmt::format("{:+.1f} %", percent);
    };
    const bool is_stated = swing.low != 1 || swing.high != 1;
    table.rows.push_back({swing.source, swing.quantity,
                          is_stated ? fmt::format("{} to {}", swing.low, swing.high) : "none stated",
                          fmt::format("{:.6g}", swing.low_pJ), fmt::format("{:.6g}", swing.high_pJ),
                          change(swing.low_pJ), change(swing.high_pJ)});
  }
  return table;
}

}  // namespace tricycle
