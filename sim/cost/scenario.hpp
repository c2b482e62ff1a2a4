// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "sim/cost/tech.hpp"

namespace tricycle {

/// One factor for each uncertainty of a technology.
using Factors = std::vector<double>;

/// The low (`&Interval::low`) or high ends of all.
[[nodiscard]] Factors factors_of(const std::vector<Uncertainty>& uncertainties, double Interval::*end);

/// The sum of shares, each multiplied by the factors of its uncertainties.
[[nodiscard]] double sum_of(const std::vector<PriceShare>& shares, const Factors& factors);

/// Adds shares times a count. Shares with the same uncertainties become one.
void add_shares(std::vector<PriceShare>& to, const std::vector<PriceShare>& shares, double count);

/// The prices of events and units if uncertainties were these factors. Its other members are empty.
[[nodiscard]] Prices at(const Prices& prices, const Factors& factors);

}  // namespace tricycle
