// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/corner.hpp"

namespace tricycle {

/// What is priced, as messages call it; `lanes` of a PE, where it is one of them.
struct Item {
  std::string name;
  std::int64_t lanes = 0;
  [[nodiscard]] std::string what() const { return "the price of '" + name + "'"; }
};

/// Where a figure is from, and how many of it there are.
struct Origin {
  double times = 1;
  std::string source, at;
};

/// Reads the keys `source` and `at`, which every figure has.
void read_origin(Fields& fields, Origin& origin);

/// The sum of an item's figures, where they come from and how each came to the corner.
struct Price {
  double value = 0;
  std::string source;
  std::vector<Scaling> scaling;
};

/// What one of a part takes.
struct PartPrice {
  Price um2, nW;
};

/// The price of an event, in pJ, and of a part, from one figure or a list of figures that are added.
[[nodiscard]] Price read_energy(const Document& node, const Item& item, Corners& corners);
[[nodiscard]] PartPrice read_part(const Document& node, const Item& item, Corners& corners);

/// To six significant digits, as CACTI prints: what a report shows is what was used.
[[nodiscard]] double rounded(double value);

}  // namespace tricycle
