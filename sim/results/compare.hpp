// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "sim/results/result_file.hpp"
#include "sim/results/table.hpp"

namespace tricycle {

/// Cycles that a layer takes for one reason in two runs.
struct CycleCause {
  std::string layer, reason;
  std::uint64_t a = 0, b = 0;
  [[nodiscard]] std::int64_t difference() const {
    return static_cast<std::int64_t>(b) - static_cast<std::int64_t>(a);
  }
};

/// The causes that differ, the largest difference first. Their differences add up to that of the runs.
/// Layers are the same if their names are.
[[nodiscard]] std::vector<CycleCause> cycle_causes(const ResultFile& a, const ResultFile& b);

/// Energy of one event in two runs. Its difference is that of the counts at the price of `a`, and that of the
/// prices for the count of `b`.
struct EnergyCause {
  std::string event;
  ResultFile::Event a, b;
  [[nodiscard]] double by_count() const { return (b.count - a.count) * a.price_pJ; }
  [[nodiscard]] double by_price() const { return b.count * (b.price_pJ - a.price_pJ); }
  [[nodiscard]] double difference() const { return by_count() + by_price(); }
};

/// The events that differ, the largest difference first.
[[nodiscard]] std::vector<EnergyCause> energy_causes(const ResultFile& a, const ResultFile& b);

/// All figures of the runs side by side, each with its ratio to the first run's.
[[nodiscard]] Table figures_table(const std::vector<ResultFile>& runs);
/// The first `most` causes, and the others as one row; a total.
[[nodiscard]] Table cycles_table(const std::vector<CycleCause>& causes, std::size_t most);
[[nodiscard]] Table energy_table(const std::vector<EnergyCause>& causes, std::size_t most);
[[nodiscard]] Bars cycles_bars(const std::vector<CycleCause>& causes, std::size_t most);
[[nodiscard]] Bars energy_bars(const std::vector<EnergyCause>& causes, std::size_t most);

/// Which runs are compared, and what is not alike in them.
[[nodiscard]] std::string heading(const std::vector<ResultFile>& runs);

}  // namespace tricycle
