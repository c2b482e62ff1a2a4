// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <string>

namespace tricycle {

/// A name without the characters that would end a field of a CSV file.
[[nodiscard]] inline std::string csv_field(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ',' || c == '"' || c == '\n'; }, '_');
  return name;
}

}  // namespace tricycle
