// SPDX-License-Identifier: Apache-2.0
#include "sim/validate/references.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "support/fields.hpp"
#include "support/file_kind.hpp"
#include "support/files.hpp"

namespace tricycle {

Place ReferenceTable::at(int line, int column) const {
  Place place;
  place.file = file_;
  place.line = line;
  place.column = column;
  return place;
}

ReferenceTable::ReferenceTable(const std::string& path) : file_(path) {
  constexpr std::uint64_t most_bytes = 1U << 24U;
  const std::string text = read_text(path, most_bytes);
  refuse_other_kinds({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, path,
                     "a table (.csv)");
  int number = 0;
  for (std::size_t start = 0; start < text.size();) {
    ++number;
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = std::string_view(text).substr(start, end - start);
    start = end + 1;
    if (!line.empty() && !line.starts_with('#')) add_line(line, number);
  }
  if (rows_.empty()) {
    throw InputError(at(std::max(number, 1), 1), columns_.empty()
                                                     ? "the file ends without a line of column names"
                                                     : "the file ends without a row");
  }
}

void ReferenceTable::add_line(std::string_view line, int number) {
  std::vector<Cell> cells = split(line, number);
  if (columns_.empty()) {
    header_line_ = number;
    std::set<std::string> seen;
    for (const Cell& cell : cells) {
      if (!seen.insert(cell.text).second) {
        throw InputError(at(number, cell.column),
                         fmt::format("the column '{}' stands twice", printable(cell.text)));
      }
      columns_.push_back(cell.text);
    }
    return;
  }
  if (cells.size() != columns_.size()) {
    throw InputError(at(number, 1),
                     fmt::format("expected {} values, as the columns' names in line {}, not {}",
                                 columns_.size(), header_line_, cells.size()));
  }
  rows_.push_back({number, std::move(cells)});
}

std::vector<ReferenceTable::Cell> ReferenceTable::split(std::string_view line, int number) const {
  std::vector<Cell> cells;
  std::size_t begin = 0;
  while (true) {
    Cell cell;
    const bool is_quoted = begin < line.size() && line[begin] == '"';
    const std::size_t start = begin + (is_quoted ? 1 : 0);
    cell.column = static_cast<int>(start) + 1;
    std::size_t end = std::min(line.find(is_quoted ? '"' : ',', start), line.size());
    if (is_quoted && (end == line.size() || (end + 1 < line.size() && line[end + 1] != ','))) {
      throw InputError(
          at(number, static_cast<int>(begin) + 1),
          end == line.size() ? "the quote is not closed" : "expected a comma behind the quoted value");
    }
    cell.text = std::string(line.substr(start, end - start));
    cells.push_back(std::move(cell));
    if (is_quoted) ++end;
    if (end >= line.size()) return cells;
    begin = end + 1;
  }
}

std::size_t ReferenceTable::column(const std::string& name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  if (found != columns_.end()) return static_cast<std::size_t>(found - columns_.begin());
  const std::string near = nearest_word(name, columns_);
  throw InputError(at(header_line_, 1),
                   fmt::format("no column is called '{}'{}", name,
                               near.empty() ? "" : fmt::format("; is '{}' meant for it?", printable(near))));
}

const ReferenceTable::Cell& ReferenceTable::cell(std::size_t row, const std::string& name) const {
  return rows_[row].cells[column(name)];
}

const std::string& ReferenceTable::text(std::size_t row, const std::string& name) const {
  return cell(row, name).text;
}

Place ReferenceTable::place(std::size_t row, const std::string& name) const {
  return at(rows_[row].line, cell(row, name).column);
}

std::int64_t ReferenceTable::integer(std::size_t row, const std::string& name, std::int64_t least,
                                     std::int64_t most) const {
  std::int64_t value = 0;
  if (parse_integer(text(row, name), value) && value >= least && value <= most) return value;
  throw InputError(place(row, name), fmt::format("'{}' expects an integer from {} to {}, not '{}'", name,
                                                 least, most, printable(text(row, name))));
}

}  // namespace tricycle
