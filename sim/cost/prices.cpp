// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/prices.hpp"

namespace tricycle {

nlohmann::ordered_json scaling_json(const PriceLine& line) {
  auto list = nlohmann::ordered_json::array();
  for (const Scaling& scaling : line.scaling)
    list.push_back({{"from", scaling.from}, {"factor", scaling.factor}, {"rule", scaling.rule}});
  return list;
}

nlohmann::ordered_json prices_json(const std::vector<PriceLine>& lines) {
  auto list = nlohmann::ordered_json::array();
  for (const PriceLine& line : lines) {
    list.push_back(
        {{"name", line.name}, {"value", line.value}, {"unit", line.unit}, {"scaling", scaling_json(line)}});
  }
  return list;
}

}  // namespace tricycle
