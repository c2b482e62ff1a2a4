// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/scenario.hpp"

#include <algorithm>

#include "sim/cost/price.hpp"

namespace tricycle {

Factors factors_of(const std::vector<Uncertainty>& uncertainties, double Interval::*end) {
  Factors factors;
  for (const Uncertainty& uncertainty : uncertainties) factors.push_back(uncertainty.interval.*end);
  return factors;
}

double sum_of(const std::vector<PriceShare>& shares, const Factors& factors) {
  double sum = 0;
  for (const PriceShare& share : shares) {
    double value = share.value;
    for (const std::size_t u : share.uncertain) value *= factors[u];
    sum += value;
  }
  return sum;
}

void add_shares(std::vector<PriceShare>& to, const std::vector<PriceShare>& shares, double count) {
  for (const PriceShare& share : shares) {
    auto same = std::find_if(to.begin(), to.end(),
                             [&](const PriceShare& known) { return known.uncertain == share.uncertain; });
    if (same == to.end()) same = to.insert(same, {0, share.uncertain});
    same->value += share.value * count;
  }
}

Prices at(const Prices& prices, const Factors& factors) {
  Prices changed;
  changed.event_pJ = prices.event_pJ;
  changed.units = prices.units;
  for (std::size_t i = 0; i < counter_count; ++i) {
    if (!prices.event_shares[i].empty())
      changed.event_pJ[i] = rounded(sum_of(prices.event_shares[i], factors));
  }
  for (Prices::Static& unit : changed.units) {
    unit.area_mm2 = sum_of(unit.area_shares, factors);
    unit.leakage_mW = sum_of(unit.leakage_shares, factors);
  }
  return changed;
}

}  // namespace tricycle
