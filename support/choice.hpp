// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tricycle {

/// The values of an enumeration have names, which `names_of(Enum)` beside it lists in their order. That list
/// is what files and reports say.
template <class Enum>
[[nodiscard]] const std::string& name_of(Enum value) {
  return names_of(value)[static_cast<std::size_t>(value)];
}

/// The value of a name, if there is one.
template <class Enum>
[[nodiscard]] std::optional<Enum> value_of(std::string_view name) {
  const std::vector<std::string>& names = names_of(Enum{});
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace tricycle
