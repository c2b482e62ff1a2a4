// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/sram_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "sim/cost/interpolate.hpp"
#include "support/fields.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

constexpr double most = 1e9;  ///< of any figure

bool is_outside(double at) {
  return at < 0 || at > 1;
}

constexpr std::array<const char*, 6> sram_columns = {"size_KiB", "width_bits", "read_pJ",
                                                     "write_pJ", "leak_mW",    "area_mm2"};

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t comma = line.find(','); comma != std::string_view::npos; comma = line.find(',')) {
    fields.push_back(line.substr(0, comma));
    line.remove_prefix(comma + 1);
  }
  fields.push_back(line);
  return fields;
}

/// Column `i` of a row; sizes and widths are integers.
double read_cell(const std::string& text, std::size_t i, const Place& place) {
  double value = 0;
  std::int64_t integer = 0;
  const bool is_number = i < 2 ? parse_integer(text, integer) : parse_number(text, value);
  if (i < 2) value = static_cast<double>(integer);
  if (is_number && value > 0 && value <= most) return value;
  throw InputError(place, fmt::format("'{}' expects {} above 0, not '{}'", sram_columns[i],
                                      i < 2 ? "an integer" : "a number", text));
}

/// Interpolates in logarithms. The result is exact at both ends.
SramFigures mix(const SramFigures& low, const SramFigures& high, double at) {
  SramFigures result = high;
  for (std::size_t i = 0; i < result.size() && at != 1; ++i) result[i] = low[i] * power(high[i] / low[i], at);
  return result;
}

}  // namespace

void SramTable::add_row(std::string_view line, Place place) {
  const std::vector<std::string_view> fields = split(line);
  if (fields.size() != sram_columns.size()) {
    throw InputError(place,
                     fmt::format("expected {} values in a row, not {}", sram_columns.size(), fields.size()));
  }
  std::array<double, sram_columns.size()> row{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    place.column = static_cast<int>(fields[i].data() - line.data()) + 1;
    row[i] = read_cell(std::string(fields[i]), i, place);
  }
  place.column = 1;
  if (!widths_[row[1]].emplace(row[0], SramFigures{row[2], row[3], row[4], row[5]}).second) {
    throw InputError(place, fmt::format("{} KiB of {} bits stand here a second time", row[0], row[1]));
  }
  least_size_ = least_size_ == 0 ? row[0] : std::min(least_size_, row[0]);
  most_size_ = std::max(most_size_, row[0]);
}

SramTable::SramTable(const std::string& path) {
  constexpr std::uint64_t most_bytes = 1U << 20U;
  const std::string text = read_text(path, most_bytes);
  const std::string header = fmt::format("{}", fmt::join(sram_columns, ","));
  Place place;
  place.file = path;
  place.column = 1;
  bool has_header = false;
  for (std::size_t start = 0; start < text.size();) {
    ++place.line;
    const std::size_t end = text.find('\n', start);
    if (end == std::string::npos) throw InputError(place, "the line has no end; is the file cut short?");
    const std::string_view line = std::string_view(text).substr(start, end - start);
    start = end + 1;
    if (line.starts_with('#')) continue;
    if (has_header) add_row(line, place);
    if (!has_header && line != header) throw InputError(place, "expected the header '" + header + "'");
    has_header = true;
  }
  const auto is_short = [](const auto& width) { return width.second.size() < 2; };
  if (widths_.size() < 2 || std::any_of(widths_.begin(), widths_.end(), is_short)) {
    place.line = std::max(place.line, 1);
    throw InputError(place, "the table ends here, and needs at least two widths, each of at least two sizes");
  }
}

Bank SramTable::at(double size_KiB, double width_bits) const {
  const Segment<Sizes> width = segment_of(widths_, width_bits);
  const Segment<SramFigures> low = segment_of(width.low, size_KiB);
  const Segment<SramFigures> high = segment_of(width.high, size_KiB);
  const SramFigures narrow = mix(low.low, low.high, low.at);
  const SramFigures wide = mix(high.low, high.high, high.at);
  Bank bank;
  bank.figures = mix(narrow, wide, width.at);
  const bool is_outer =
      is_outside(width.at) || (width.at != 1 && is_outside(low.at)) || (width.at != 0 && is_outside(high.at));
  const auto sizes = widths_.find(width_bits);
  const bool is_point = sizes != widths_.end() && sizes->second.count(size_KiB) != 0;
  bank.how = is_outer ? "extrapolated" : is_point ? "tabulated" : "interpolated";
  return bank;
}

bool SramTable::reaches(double size_KiB, double width_bits, double factor) const {
  return size_KiB * factor >= least_size_ && size_KiB <= most_size_ * factor &&
         width_bits * factor >= widths_.begin()->first && width_bits <= widths_.rbegin()->first * factor;
}

std::string SramTable::range() const {
  return fmt::format("{} to {} KiB, {} to {} bits", least_size_, most_size_, widths_.begin()->first,
                     widths_.rbegin()->first);
}

}  // namespace tricycle
