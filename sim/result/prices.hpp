// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json.hpp>

#include "sim/tech.hpp"

namespace tricycle {

/// How the figures of a price came to the corner of the technology: where from, by which factor and rule.
[[nodiscard]] nlohmann::ordered_json scaling_json(const PriceLine& line);

/// Every price with its scaling (docs/result.md).
[[nodiscard]] nlohmann::ordered_json prices_json(const std::vector<PriceLine>& lines);

}  // namespace tricycle
