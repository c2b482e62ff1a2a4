// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pages of the project as tests read them: lines, fenced blocks and links.
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/folder.hpp"

namespace tricycle::test {

/// A line of a page. Lines of a fenced block have its language, "" where the fence names none.
struct PageLine {
  int number = 0;
  std::string text;
  bool fence = false;  ///< begins or ends a block
  bool code = false;   ///< is inside of a block
  std::string language;

  [[nodiscard]] bool prose() const { return !fence && !code; }
};

inline std::vector<PageLine> lines_of_page(const std::string& page) {
  std::vector<PageLine> lines;
  std::istringstream stream(page);
  bool inside = false;
  std::string language;
  for (std::string text; std::getline(stream, text);) {
    PageLine& line = lines.emplace_back();
    line.number = static_cast<int>(lines.size());
    line.fence = text.starts_with("```");
    if (line.fence) language = inside ? "" : text.substr(3);
    if (line.fence) inside = !inside;
    line.code = inside && !line.fence;
    line.language = language;
    line.text = std::move(text);
  }
  return lines;
}

/// Every match of the pattern's first group.
inline std::vector<std::string> matches_in(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), pattern); at != std::sregex_iterator(); ++at)
    found.push_back((*at)[1]);
  return found;
}

/// The code spans of a line: what stands between single backticks.
inline std::vector<std::string> code_spans(const std::string& text) {
  static const std::regex span("`([^`]+)`");
  return matches_in(text, span);
}

/// The targets of a line's links, but those in code spans.
inline std::vector<std::string> link_targets(const std::string& text) {
  static const std::regex span("`[^`]*`"), link("\\]\\(([^)\\s]+)\\)");
  return matches_in(std::regex_replace(text, span, ""), link);
}

/// The name that a link gives a heading: `one-more-datapath`.
inline std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading.substr(heading.find_first_not_of("# "))) {
    if (c >= 'A' && c <= 'Z') {
      anchor += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
      anchor += c;
    } else if (c == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

inline std::set<std::string> anchors_of_page(const std::string& page) {
  std::set<std::string> anchors;
  for (const PageLine& line : lines_of_page(page)) {
    if (line.prose() && line.text.starts_with("#")) anchors.insert(anchor_of(line.text));
  }
  return anchors;
}

/// Every page below the project's folder, but those of builds and of runs.
inline std::vector<std::filesystem::path> all_pages(const std::filesystem::path& source) {
  namespace fs = std::filesystem;
  std::vector<fs::path> pages;
  for (auto at = fs::recursive_directory_iterator(source); at != fs::recursive_directory_iterator(); ++at) {
    const std::string name = at->path().filename().string();
    const bool top = at.depth() == 0;
    if (at->is_directory() && (name.starts_with(".") || (top && (name == "build" || name == "runs"))))
      at.disable_recursion_pending();
    if (at->is_regular_file() && name.ends_with(".md")) pages.push_back(at->path());
  }
  return pages;
}

}  // namespace tricycle::test
