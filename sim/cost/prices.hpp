// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json.hpp>

#include "sim/cost/tech.hpp"

namespace tricycle {

/// How the figures of a price were converted to the corner of the technology: from which corner, by which
/// factor and rule.
[[nodiscard]] nlohmann::ordered_json scaling_json(const PriceLine& line);

/// Every price with its scaling (docs/result.md).
[[nodiscard]] nlohmann::ordered_json prices_json(const std::vector<PriceLine>& lines);

}  // namespace tricycle
