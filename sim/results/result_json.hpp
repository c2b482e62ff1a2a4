// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tricycle {

/// A result.json of this text, which errors call `file`. Errors: JSON that is damaged or cut short (with line
/// and column) or nested deeper than 64 levels, a number out of range, another file than a result, a result
/// of another version.
[[nodiscard]] nlohmann::ordered_json parse_result(const std::string& text, const std::string& file);

}  // namespace tricycle
