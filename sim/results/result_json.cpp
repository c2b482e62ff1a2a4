// SPDX-License-Identifier: Apache-2.0
#include "sim/results/result_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

using Json = nlohmann::ordered_json;

constexpr int most_depth = 64;
constexpr const char* schema = "tricycle.result/1";

Place place_in(const std::string& file, const std::string& text, std::size_t byte) {
  const std::size_t end = std::min(byte > 0 ? byte - 1 : 0, text.size());
  Place place = Place::of_file(file);
  const auto before = text.begin() + static_cast<std::ptrdiff_t>(end);
  place.line = static_cast<int>(std::count(text.begin(), before, '\n')) + 1;
  const std::size_t start = text.rfind('\n', end == 0 ? 0 : end - 1);
  place.column = static_cast<int>(start == std::string::npos || end == 0 ? end + 1 : end - start);
  return place;
}

}  // namespace

Json parse_result(const std::string& text, const std::string& file) {
  Json json;
  try {
    json = Json::parse(text, [&](int depth, Json::parse_event_t, Json&) {
      if (depth >= most_depth) fail(file, fmt::format("is nested deeper than {} levels", most_depth));
      return true;
    });
  } catch (const Json::parse_error& error) {
    throw InputError(place_in(file, text, error.byte), "is damaged here, or cut short: expected JSON");
  } catch (const Json::out_of_range&) {
    fail(file, "has a number that is out of range");
  }
  if (!json.is_object() || !json.contains("schema") || !json["schema"].is_string())
    fail(file, fmt::format("is no result of a run: expected the key 'schema' with '{}'", schema));
  if (json["schema"] != schema) {
    fail(file, fmt::format("has the schema '{}'; expected '{}'", printable(json["schema"].get<std::string>()),
                           schema));
  }
  return json;
}

}  // namespace tricycle
