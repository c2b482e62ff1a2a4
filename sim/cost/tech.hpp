// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <string>
#include <vector>

#include "arch/params/counters.hpp"
#include "sim/cost/price.hpp"

namespace tricycle {

struct MachineSpec;

/// One price as a report shows it.
struct PriceLine {
  std::string name;  ///< `unit.event`, `unit.part` or a memory
  double value = 0;
  double low = 0, high = 0;      ///< by the intervals of its figures
  std::string unit;              ///< pJ, um2, nW, ...
  std::string source;            ///< of each of its figures
  std::vector<Scaling> scaling;  ///< of each figure to the technology's corner; one entry where all agree
  std::vector<std::string> intervals;  ///< the sources whose intervals these are
};

/// A technology applied to a machine: the price of each event, and area and leakage of each unit.
struct Prices {
  std::string tech;        ///< its name
  std::string projection;  ///< why its figures are guesses; "" for a node with tables
  double node_nm = 0, voltage_V = 0, temperature_K = 0;
  std::array<double, counter_count> event_pJ{};  ///< 0 for plain counters
  std::array<std::vector<PriceShare>, counter_count> event_shares;
  struct Static {
    UnitId unit;
    double area_mm2 = 0;
    double leakage_mW = 0;
    std::vector<PriceShare> area_shares, leakage_shares;
  };
  std::vector<Static> units;     ///< in a fixed order, each unit once
  std::vector<PriceLine> lines;  ///< every figure that was used, with its source
  std::vector<Uncertainty> uncertainties;
};

/// Reads a technology (the name of a preset in configs/tech, or a path) and prices a machine with it. A file
/// with `base` has what it does not state from that technology. Errors, with place: an event or part of the
/// machine without a price; a price for an unknown event or part (with the nearest name); a figure without a
/// source or corner; a figure that no rule converts to the technology's corner; an SRAM outside the table.
/// Errors, at a key of the machine: a memory or an array that is slower than the machine's clock, or a memory
/// of transistors that the technology does not have.
[[nodiscard]] Prices read_prices(const std::string& name_or_path, const MachineSpec& spec,
                                 const Place& option = Place::of_file("--tech"));

}  // namespace tricycle
