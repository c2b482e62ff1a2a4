// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/cost/corner.hpp"

namespace tricycle {

/// The priced item, by its name in messages. `lanes`: lanes of the PE, where the item is a PE. `bits`: bits
/// of the accumulator, where the item is one.
struct Item {
  std::string name;
  std::int64_t lanes = 0, bits = 0;
  [[nodiscard]] std::string what() const { return "the price of '" + name + "'"; }
};

/// The source of a figure, and its multiplicity.
struct Origin {
  double times = 1;
  std::string source, at;
};

/// Reads the keys `source` and `at`, which every figure has.
void read_origin(Fields& fields, Origin& origin);

/// One figure of a sum, and which of the technology's uncertainties it has.
struct PriceShare {
  double value = 0;
  std::vector<std::size_t> uncertain;
};

/// The sum of an item's figures, their sources, and how each was converted to the corner.
struct Price {
  double value = 0;
  std::string source;
  std::vector<Scaling> scaling;
  std::vector<PriceShare> shares;
};

/// Area and leakage of one part, and the delay through it (0 where no figure states one).
struct PartPrice {
  Price um2, nW, ns;
};

/// Read the price of an event in pJ, and the price of a part, from one figure or from a list of figures that
/// are added. Only lanes and accumulators have a delay.
[[nodiscard]] Price read_energy(const Document& node, const Item& item, Corners& corners);
[[nodiscard]] PartPrice read_part(const Document& node, const Item& item, Corners& corners);

/// Rounds to six significant digits, as CACTI prints. So a report shows the value that was used.
[[nodiscard]] double rounded(double value);

}  // namespace tricycle
