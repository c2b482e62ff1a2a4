// SPDX-License-Identifier: Apache-2.0
#include "sim/results/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace tricycle {
namespace {

/// Characters of UTF-8 text, not its bytes.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string replaced(const std::string& text, const std::vector<std::pair<char, std::string>>& changes) {
  std::string out;
  for (const char c : text) {
    const auto change =
        std::find_if(changes.begin(), changes.end(), [&](const auto& one) { return one.first == c; });
    if (change == changes.end()) {
      out += c;
    } else {
      out += change->second;
    }
  }
  return out;
}

std::string latex(const std::string& text) {
  return replaced(text, {{'\\', "\\textbackslash{}"},
                         {'_', "\\_"},
                         {'%', "\\%"},
                         {'&', "\\&"},
                         {'#', "\\#"},
                         {'$', "\\$"},
                         {'{', "\\{"},
                         {'}', "\\}"},
                         {'~', "\\textasciitilde{}"},
                         {'^', "\\textasciicircum{}"}});
}

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  return '"' + replaced(text, {{'"', "\"\""}}) + '"';
}

/// Calls f(row) for the head and for each row.
template <class F>
void each_line(const Table& table, const F& f) {
  f(table.head);
  for (const auto& row : table.rows) f(row);
}

}  // namespace

std::string xml_text(const std::string& text) {
  return replaced(text, {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}});
}

std::string text_of(const Table& table) {
  std::vector<std::size_t> widths(table.head.size(), 0);
  each_line(table, [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  });
  std::string text = table.title + "\n";
  each_line(table, [&](const std::vector<std::string>& row) {
    std::string line = " ";
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string space(widths[i] - width_of(row[i]), ' ');
      line += i == 0 ? " " + row[i] + space : "  " + space + row[i];
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  });
  return text;
}

std::string csv_of(const Table& table) {
  std::string text;
  each_line(table, [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ",") + cell(row[i]);
    text += '\n';
  });
  return text;
}

std::string latex_of(const Table& table) {
  std::string text = "\\begin{table}\n\\caption{" + latex(table.title) + "}\n\\begin{tabular}{l" +
                     std::string(table.head.size() - 1, 'r') + "}\n\\hline\n";
  bool is_head = true;
  each_line(table, [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : " & ") + latex(row[i]);
    text += is_head ? " \\\\\n\\hline\n" : " \\\\\n";
    is_head = false;
  });
  return text + "\\hline\n\\end{tabular}\n\\end{table}\n";
}

std::string svg_of(const Bars& bars) {
  constexpr double row = 26, top = 48, labels = 300, plot = 420, margin = 90;
  const double width = labels + plot + 2 * margin;
  const double height = top + row * static_cast<double>(bars.bars.size()) + 16;
  double most = 0;
  bool has_negative = false;
  for (const Bars::Bar& bar : bars.bars) {
    most = std::max(most, std::abs(bar.value));
    has_negative = has_negative || bar.value < 0;
  }
  const double zero = labels + margin + (has_negative ? plot / 2 : 0);
  const double scale = most > 0 ? (has_negative ? plot / 2 : plot) / most : 0;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "role=\"img\" "
      "font-family=\"sans-serif\" font-size=\"13\">\n<title>{2}</title>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n"
      "<text x=\"12\" y=\"24\" font-size=\"15\" font-weight=\"bold\" fill=\"#1b1b1b\">{2}</text>\n",
      width, height, xml_text(bars.title + (bars.unit.empty() ? "" : ", " + bars.unit)));
  for (std::size_t i = 0; i < bars.bars.size(); ++i) {
    const Bars::Bar& bar = bars.bars[i];
    const double y = top + row * static_cast<double>(i), length = std::abs(bar.value) * scale;
    const bool is_left = bar.value < 0;
    const double end = is_left ? zero - length - 6 : zero + length + 6;
    text += fmt::format(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#1b1b1b\">{}</text>\n"
        "<rect x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"16\" fill=\"{}\"/>\n"
        "<text x=\"{:.2f}\" y=\"{}\" text-anchor=\"{}\" fill=\"#1b1b1b\">{}</text>\n",
        labels, y + 13, xml_text(bar.label), is_left ? zero - length : zero, y, length,
        is_left ? "#2a7fb8" : "#d1731f", end, y + 13, is_left ? "end" : "start", xml_text(bar.text));
  }
  return text +
         fmt::format("<line x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\" stroke=\"#1b1b1b\"/>\n</svg>\n", zero,
                     top - 6, height - 12);
}

}  // namespace tricycle
