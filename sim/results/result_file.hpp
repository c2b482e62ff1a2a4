// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tricycle {

/// What comparisons use of a result folder: its `result.json`.
struct ResultFile {
  std::string folder, workload, machine, tech;
  double clock_MHz = 0;
  std::uint64_t cycles = 0;

  /// Figures of the whole run by name, in the order of reports: `cycles`, `energy, pJ`, ...
  std::vector<std::pair<std::string, double>> figures;

  /// The cycles that a layer answers for, by reason.
  struct Layer {
    std::string name;
    std::map<std::string, std::uint64_t> cycles;
  };
  std::vector<Layer> layers;

  /// An event, or the leakage of a unit in a cycle.
  struct Event {
    double count = 0, price_pJ = 0;
    std::string sources;  ///< of the price, by their names in the technology; "" for leakage
  };
  std::map<std::string, Event> events;
  std::map<std::string, double> areas_mm2;  ///< by unit
  double energy_pJ = 0;                     ///< in all

  /// What the interval of a source moves, the most first.
  struct Swing {
    std::string source, quantity;
    double low = 1, high = 1, low_pJ = 0, high_pJ = 0;  ///< factors, and the energy in all with them
  };
  std::vector<Swing> swings;
};

/// Errors: no folder, no result in it, JSON that is damaged or cut short (with line and column), a file that
/// is no result, a result without a figure that all have (with its key).
[[nodiscard]] ResultFile read_result(const std::string& folder);

}  // namespace tricycle
