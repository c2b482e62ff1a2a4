// SPDX-License-Identifier: Apache-2.0
#include "sim/report/sensitivity.hpp"

#include <algorithm>

#include "sim/cost/energy.hpp"
#include "sim/cost/figures.hpp"
#include "sim/cost/scenario.hpp"
#include "sim/experiment/record.hpp"

namespace tricycle {

Intervals intervals_of(const RunRecord& record) {
  const Inference& first = record.simulation.first;
  const CounterSet events = first.events();
  const auto total_pJ = [&](const Factors& factors) {
    const Prices prices = at(record.prices, factors);
    const EnergyModel model(prices, record.spec, record.simulation.dram_first, events);
    return model.of(events, static_cast<double>(first.cycles)).total();
  };
  const std::vector<Uncertainty>& uncertainties = record.prices.uncertainties;
  const Factors low = factors_of(uncertainties, &Interval::low);
  const Factors high = factors_of(uncertainties, &Interval::high);
  Intervals intervals{
      total_pJ(low), total_pJ(high), area_mm2(at(record.prices, low)), area_mm2(at(record.prices, high)), {}};
  for (std::size_t u = 0; u < uncertainties.size(); ++u) {
    const Quantity quantity = uncertainties[u].quantity;
    if (quantity != Quantity::energy && quantity != Quantity::leakage) continue;
    Factors factors(uncertainties.size(), 1);
    Swing swing{uncertainties[u], 0, 0};
    factors[u] = low[u];
    swing.low_pJ = total_pJ(factors);
    factors[u] = high[u];
    swing.high_pJ = total_pJ(factors);
    intervals.swings.push_back(std::move(swing));
  }
  std::stable_sort(intervals.swings.begin(), intervals.swings.end(), [](const Swing& a, const Swing& b) {
    return a.high_pJ - a.low_pJ > b.high_pJ - b.low_pJ;
  });
  return intervals;
}

}  // namespace tricycle
