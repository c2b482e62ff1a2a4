// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace tricycle {

/// A table as text, and its writers. The first column has words, the others figures.
struct Table {
  std::string title;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;  ///< each as long as the head
};

/// A text as XML and HTML have it.
[[nodiscard]] std::string xml_text(const std::string& text);

/// Columns under each other, indented by two.
[[nodiscard]] std::string text_of(const Table& table);
[[nodiscard]] std::string csv_of(const Table& table);
/// A `tabular` with its caption, for a document without packages.
[[nodiscard]] std::string latex_of(const Table& table);

/// A figure with a bar for each row, to the left of a middle line where the value is below 0.
struct Bars {
  std::string title, unit;
  struct Bar {
    std::string label;
    double value;
    std::string text;  ///< of the value
  };
  std::vector<Bar> bars;
};
[[nodiscard]] std::string svg_of(const Bars& bars);

}  // namespace tricycle
