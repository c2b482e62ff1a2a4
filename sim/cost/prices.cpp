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
    nlohmann::ordered_json row = {
        {"name", line.name}, {"value", line.value}, {"unit", line.unit}, {"scaling", scaling_json(line)}};
    if (!line.intervals.empty())
      row.update({{"low", line.low}, {"high", line.high}, {"intervals", line.intervals}});
    list.push_back(std::move(row));
  }
  return list;
}

}  // namespace tricycle
