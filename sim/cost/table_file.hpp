// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/choice.hpp"
#include "support/diagnostics.hpp"

namespace tricycle {

/// One row of a table of figures, with the place of each of its values.
class TableRow {
 public:
  /// Errors: another number of values than columns.
  TableRow(std::string_view line, Place place, std::span<const char* const> columns);

  [[nodiscard]] const Place& place() const { return place_; }
  [[nodiscard]] std::string_view text(std::size_t column) const { return fields_[column]; }

  /// Errors, at the value: not one of the enumeration's names.
  template <class Enum>
  [[nodiscard]] Enum word(std::size_t column) const {
    if (const std::optional<Enum> value = value_of<Enum>(fields_[column])) return *value;
    throw refusal(column, either(names_of(Enum{})));
  }
  /// Errors, at the value: not an integer above 0, not a number above 0, or not a number; or above 10^9.
  [[nodiscard]] double count(std::size_t column) const;
  [[nodiscard]] double number_above_0(std::size_t column) const;
  [[nodiscard]] double number(std::size_t column) const;

  /// `'ports' expects 1rw, 1r1w or 2rw, not '3rw'` at the value.
  [[nodiscard]] InputError refusal(std::size_t column, const std::string& expected) const;

 private:
  std::string_view line_;
  std::vector<std::string_view> fields_;
  Place place_;
  std::span<const char* const> columns_;
};

/// Calls `add` for each row of a CSV file with these columns. Lines that begin with # are comments. Returns
/// the place where the file ends.
/// Errors, with file and line: another header, a last line without an end, more than 1 MiB.
Place read_table(const std::string& path, std::span<const char* const> columns,
                 const std::function<void(const TableRow&)>& add);

}  // namespace tricycle
