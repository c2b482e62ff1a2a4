// SPDX-License-Identifier: Apache-2.0
#include "sim/report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sim/results/result_json.hpp"
#include "sim/results/table.hpp"
#include "support/document.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t most_bytes = 64U << 20U;
constexpr std::size_t most_values = 16;    // of an output; result.json has them all
constexpr std::size_t most_columns = 500;  // of the chart of time steps

/// The keys without which there is nothing to show, and what they hold.
struct Needed {
  const char* key;
  Json::value_t type;
  const char* what;
};
constexpr Needed needed[] = {
    {"workload", Json::value_t::object, "an object"},  {"machine", Json::value_t::string, "a string"},
    {"tech", Json::value_t::object, "an object"},      {"cycles", Json::value_t::number_unsigned, "a number"},
    {"energy_pJ", Json::value_t::object, "an object"}, {"units", Json::value_t::array, "a list"},
    {"layers", Json::value_t::array, "a list"},        {"memory", Json::value_t::object, "an object"}};

/// Errors: a key without which there is nothing to show.
void check_whole(const Json& result, const std::string& file) {
  for (const Needed& need : needed) {
    if (!result.contains(need.key) || result.at(need.key).type() != need.type)
      fail(file, fmt::format("is no whole result: expected the key '{}' with {}", need.key, need.what));
  }
}

/// Leaves of an output as many as a reader looks at.
void shorten_values(Json& output) {
  for (const char* key : {"first", "last", "codes"}) {
    if (output.contains(key) && output[key].is_array() && output[key].size() > most_values)
      output[key].erase(output[key].begin() + most_values, output[key].end());
  }
  if (output.contains("further") && output["further"].is_array())
    for (Json& further : output["further"]) shorten_values(further);
}

/// Adds up time steps that would share a column of a chart. `steps` says how many a row has.
Json fewer_steps(const Json& per_step) {
  const std::size_t each = (per_step.size() + most_columns - 1) / most_columns;
  Json rows = Json::array();
  for (std::size_t i = 0; i < per_step.size(); ++i) {
    const Json& step = per_step[i];
    if (!step.is_object()) continue;
    if (i % each == 0 || rows.empty()) {
      rows.push_back(step);
      rows.back()["steps"] = 1;
      continue;
    }
    Json& row = rows.back();
    row["steps"] = row["steps"].get<std::uint64_t>() + 1;
    for (const char* key : {"cycles", "array_busy_cycles", "dram_read_bytes", "dram_write_bytes"})
      row[key] = row.value(key, std::uint64_t{0}) + step.value(key, std::uint64_t{0});
    row["energy_pJ"] = row.value("energy_pJ", 0.0) + step.value("energy_pJ", 0.0);
    row.erase("utilization");
  }
  return rows;
}

/// The result without what makes it long and is not shown.
Json shown_of(Json result) {
  if (result.contains("outputs") && result["outputs"].is_object()) shorten_values(result["outputs"]);
  if (result.contains("states") && result["states"].is_array())
    for (Json& state : result["states"]) shorten_values(state);
  if (result.contains("recurrence") && result["recurrence"].is_object()) {
    Json& per_step = result["recurrence"]["per_step"];
    if (per_step.is_array() && per_step.size() > most_columns) per_step = fewer_steps(per_step);
  }
  return result;
}

/// A YAML document with its scalars as they are written.
Json tree_of(const Document& document) {
  if (document.kind == Document::Kind::scalar) return printable(document.scalar);
  Json tree = document.kind == Document::Kind::sequence ? Json::array() : Json::object();
  for (const Document& item : document.items) tree.push_back(tree_of(item));
  for (const Document::Entry& entry : document.entries) tree[printable(entry.first)] = tree_of(entry.second);
  return tree;
}

/// JSON that a script element may hold: no `<` begins an end of it, or a comment.
std::string embedded(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

/// The parts whose names end so, one behind the other.
std::string parts_named(std::string_view ending) {
  std::string text;
  for (const HtmlPart& part : html_parts())
    if (part.name.ends_with(ending)) text += part.text;
  return text;
}

/// The page with a text for each `{{name}}` of it.
std::string filled(std::string_view page, const std::vector<std::pair<std::string, std::string>>& texts) {
  std::string result;
  while (true) {
    const std::size_t open = page.find("{{"), close = page.find("}}", open);
    if (open == std::string_view::npos || close == std::string_view::npos) return result += page;
    result += page.substr(0, open);
    const std::string_view name = page.substr(open + 2, close - open - 2);
    const auto is_named = [&](const auto& entry) { return entry.first == name; };
    result += std::find_if(texts.begin(), texts.end(), is_named)->second;
    page.remove_prefix(close + 2);
  }
}

}  // namespace

std::string report_html(const ResultTexts& texts, const std::string& folder) {
  const std::string result_file = (fs::path(folder) / "result.json").string();
  const std::string effective_file = (fs::path(folder) / "effective.yaml").string();
  Json data;
  try {
    Json result = parse_result(texts.result, result_file);
    check_whole(result, result_file);
    data["result"] = shown_of(std::move(result));
  } catch (const Json::exception&) {  // words where figures are added up
    fail(result_file, "is no whole result: some of its figures are no numbers");
  }
  if (!texts.effective.empty()) data["effective"] = tree_of(parse_document(texts.effective, effective_file));
  data["command"] = printable(texts.command);
  const Json& workload = data["result"]["workload"];
  const auto name = workload.find("name");
  const std::string title = fmt::format(
      "{} on {}", name != workload.end() && name->is_string() ? name->get<std::string>() : "a run",
      data["result"]["machine"].get<std::string>());
  return filled(parts_named("page.html"), {{"title", xml_text(printable(title))},
                                           {"style", parts_named(".css")},
                                           {"data", embedded(data)},
                                           {"script", parts_named(".js")}});
}

ResultTexts read_result_texts(const std::string& folder) {
  const fs::path path(folder);
  std::error_code error;
  if (!fs::exists(path, error)) fail(printable(folder), "no such folder");
  if (!fs::is_directory(path, error))
    fail(printable(folder), "is no folder; expected the folder of a result");
  if (!fs::exists(path / "result.json", error))
    fail(printable(folder), "has no result.json; expected the folder that 'tricycle run' wrote");
  ResultTexts texts;
  texts.result = read_text((path / "result.json").string(), most_bytes);
  if (fs::exists(path / "effective.yaml", error))
    texts.effective = read_text((path / "effective.yaml").string(), most_bytes);
  texts.command = first_line((path / "command.txt").string());
  return texts;
}

}  // namespace tricycle
