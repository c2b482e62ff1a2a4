// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace tricycle {

/// What a report shows of a result folder.
struct ResultTexts {
  std::string result;     ///< result.json
  std::string effective;  ///< effective.yaml; empty: the report has no configuration and no sources of prices
  std::string command;    ///< the first line of command.txt, or empty
};

/// report.html: one file without anything beside it. It has the run's figures as JSON, and a script that
/// makes tables and charts of them. `folder` names the folder in errors. Errors: a result that is damaged,
/// cut off, of another schema or not whole; a damaged effective.yaml.
[[nodiscard]] std::string report_html(const ResultTexts& texts, const std::string& folder);

/// Errors: there is no such folder, or it has no result.json.
[[nodiscard]] ResultTexts read_result_texts(const std::string& folder);

/// A file of sim/report/html, which the build puts into the program.
struct HtmlPart {
  std::string_view name, text;
};
/// All of them, in the order of CMakeLists.txt.
[[nodiscard]] std::span<const HtmlPart> html_parts();

}  // namespace tricycle
