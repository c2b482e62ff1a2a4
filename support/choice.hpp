// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tricycle {

/// The name of an enumeration's value. `names_of(Enum)`, declared beside the enumeration, lists the names in
/// the order of the values. Files and reports use these names.
template <class Enum>
[[nodiscard]] const std::string& name_of(Enum value) {
  return names_of(value)[static_cast<std::size_t>(value)];
}

/// The value with this name; nothing for an unknown name.
template <class Enum>
[[nodiscard]] std::optional<Enum> value_of(std::string_view name) {
  const std::vector<std::string>& names = names_of(Enum{});
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace tricycle
