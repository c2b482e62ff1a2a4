// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "sim/report/folder.hpp"
#include "sim/report/html.hpp"
#include "sim/report/report.hpp"
#include "sim/report/values.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

constexpr const char* command_file = "command.txt";
constexpr const char* html_file = "report.html";

FolderKind result_kind() {
  return {{"result.json", "layers.csv", "steps.csv", "tensors.csv", "ledger.csv", "effective.yaml",
           "timeline.json", "outputs.npy", "outputs-#.npy", "state-#.npy", html_file, command_file},
          "result.json"};
}

/// Whether the folder has the result of another command.
bool is_of_another(const std::string& folder, const std::string& command) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::exists(fs::path(folder) / "result.json", error)) return false;
  return first_line((fs::path(folder) / command_file).string()) != command;
}

}  // namespace

std::unique_ptr<WholeFolder> open_result_folder(const std::string& folder) {
  return std::make_unique<WholeFolder>(folder, result_kind());
}

std::unique_ptr<WholeFolder> open_numbered_folder(const std::string& folder, const std::string& command) {
  constexpr int most = 10'000;
  check_output_name(folder);
  for (int number = 1; number < most; ++number) {
    const std::string name = number == 1 ? folder : fmt::format("{}-{}", folder, number);
    if (is_of_another(name, command)) continue;
    try {
      return open_result_folder(name);
    } catch (const FolderBusy&) {  // another run is writing it: try the next number
    }
  }
  throw InputError(Place::of_file(folder),
                   fmt::format("is there, and so are {} more with a number; give another with -o", most));
}

void write_result_folder(const Report& report, const std::string& command, bool html, WholeFolder& folder) {
  const ResultTexts texts{result_json(report), effective_yaml(report), command};
  folder.add("result.json", texts.result);
  folder.add("layers.csv", layers_csv(report));
  folder.add("effective.yaml", texts.effective);
  if (html) folder.add(html_file, report_html(texts, folder.name()));
  folder.add(command_file, command + "\n");
  if (const std::string steps = steps_csv(report); !steps.empty()) folder.add("steps.csv", steps);
  if (const std::string tensors = tensors_csv(report.record.trace, report.traffic); !tensors.empty())
    folder.add("tensors.csv", tensors);
  for (const auto& [name, values] : values_npy(report.record)) folder.add(name, values);
  if (report.record.request.ledger) folder.add("ledger.csv", ledger_csv(report));
  if (report.record.options.machine.timeline) folder.add("timeline.json", timeline_json(report));
  folder.finish();
}

std::string write_report(const std::string& folder) {
  const std::string html = report_html(read_result_texts(folder), folder);
  std::string path = (std::filesystem::path(folder) / html_file).string();
  write_whole(path, html);
  return path;
}

}  // namespace tricycle
