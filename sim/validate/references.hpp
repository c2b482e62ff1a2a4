// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "support/diagnostics.hpp"

namespace tricycle {

/// A table of reference figures: comma-separated; the first line without '#' names the columns; a value with
/// commas is in double quotes. Columns may come in any order. A table may have further columns.
class ReferenceTable {
 public:
  /// Reads a file. Errors: a missing file, no header, a column that occurs twice, a row of another length, an
  /// open quote.
  explicit ReferenceTable(const std::string& path);

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  /// The index of a column. Errors: no such column, with the nearest one.
  [[nodiscard]] std::size_t column(const std::string& name) const;
  [[nodiscard]] const std::string& text(std::size_t row, const std::string& name) const;
  /// An integer from `least` to `most`. Errors have the value's place.
  [[nodiscard]] std::int64_t integer(std::size_t row, const std::string& name, std::int64_t least,
                                     std::int64_t most) const;
  [[nodiscard]] Place place(std::size_t row, const std::string& name) const;

 private:
  struct Cell {
    std::string text;
    int column = 1;  ///< of its first character in the line
  };
  struct Row {
    int line;
    std::vector<Cell> cells;
  };
  [[nodiscard]] const Cell& cell(std::size_t row, const std::string& name) const;
  [[nodiscard]] std::vector<Cell> split(std::string_view line, int number) const;
  [[nodiscard]] Place at(int line, int column) const;
  void add_line(std::string_view line, int number);

  std::string file_;
  int header_line_ = 0;
  std::vector<std::string> columns_;
  std::vector<Row> rows_;
};

}  // namespace tricycle
