// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/table_file.hpp"

#include <fmt/format.h>

#include <cmath>

#include "support/fields.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

constexpr double most = 1e9;  ///< of any figure

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t comma = line.find(','); comma != std::string_view::npos; comma = line.find(',')) {
    fields.push_back(line.substr(0, comma));
    line.remove_prefix(comma + 1);
  }
  fields.push_back(line);
  return fields;
}

}  // namespace

TableRow::TableRow(std::string_view line, Place place, std::span<const char* const> columns)
    : line_(line), fields_(split(line)), place_(std::move(place)), columns_(columns) {
  if (fields_.size() != columns.size())
    throw InputError(place_,
                     fmt::format("expected {} values in a row, not {}", columns.size(), fields_.size()));
}

double TableRow::count(std::size_t column) const {
  std::int64_t value = 0;
  const bool is_count = parse_integer(std::string(fields_[column]), value) && value > 0;
  if (is_count && static_cast<double>(value) <= most) return static_cast<double>(value);
  throw refusal(column, "an integer above 0");
}

double TableRow::number_above_0(std::size_t column) const {
  double value = 0;
  if (parse_number(std::string(fields_[column]), value) && value > 0 && value <= most) return value;
  throw refusal(column, "a number above 0");
}

double TableRow::number(std::size_t column) const {
  double value = 0;
  if (parse_number(std::string(fields_[column]), value) && std::abs(value) <= most) return value;
  throw refusal(column, "a number");
}

InputError TableRow::refusal(std::size_t column, const std::string& expected) const {
  Place place = place_;
  place.column = static_cast<int>(fields_[column].data() - line_.data()) + 1;
  return {place, fmt::format("'{}' expects {}, not '{}'", columns_[column], expected, fields_[column])};
}

Place read_table(const std::string& path, std::span<const char* const> columns,
                 const std::function<void(const TableRow&)>& add) {
  constexpr std::uint64_t most_bytes = 1U << 20U;
  const std::string text = read_text(path, most_bytes);
  const std::string header = fmt::format("{}", fmt::join(columns, ","));
  Place place = Place::of_file(path);
  place.column = 1;
  bool has_header = false;
  for (std::size_t start = 0; start < text.size();) {
    ++place.line;
    const std::size_t end = text.find('\n', start);
    if (end == std::string::npos) throw InputError(place, "the line has no end; is the file cut short?");
    const std::string_view line = std::string_view(text).substr(start, end - start);
    start = end + 1;
    if (line.starts_with('#')) continue;
    if (has_header) add(TableRow(line, place, columns));
    if (!has_header && line != header) throw InputError(place, "expected the header '" + header + "'");
    has_header = true;
  }
  place.line = std::max(place.line, 1);
  return place;
}

}  // namespace tricycle
