// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "sim/result/residency.hpp"
#include "sim/result/result.hpp"
#include "sim/result/values.hpp"
#include "support/diagnostics.hpp"
#include "support/files.hpp"

namespace tricycle {

namespace fs = std::filesystem;

void check_result_folder(const std::string& folder) {
  static const std::vector<std::string> own = {"result.json",    "layers.csv",    "steps.csv",  "tensors.csv",
                                               "effective.yaml", "timeline.json", "outputs.npy"};
  check_folder(folder, own, "result.json");
}

void check_folder(const std::string& folder, const std::vector<std::string>& own, const std::string& sign) {
  Place place;
  place.file = folder;
  if (folder.empty()) throw InputError(place, "the result folder has no name; give one with -o");
  std::error_code error;
  const fs::file_status status = fs::symlink_status(folder, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) throw InputError(place, "exists and is no folder; give another with -o");
  bool other = false;
  bool result = false;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    result = result || name == sign;
    other = other || std::find(own.begin(), own.end(), name) == own.end() || !entry.is_regular_file(error);
  }
  const bool empty = fs::is_empty(folder, error);
  if (other || (!empty && !result)) {
    throw InputError(place, "is a folder that holds something other than a result; give another with -o");
  }
}

void check_beside(const std::string& file, const std::string& folder, const std::string& option) {
  const auto plain = [](const std::string& path) {
    return (fs::absolute(path) / "").lexically_normal().string();
  };
  if (!plain(file).starts_with(plain(folder))) return;
  Place place;
  place.file = option + " " + file;
  throw InputError(place, "lies in the result folder, which is replaced whole; give another path");
}

void write_result_folder(const RunRecord& record, const std::string& folder) {
  check_result_folder(folder);
  std::vector<std::pair<std::string, std::string>> files = {{"result.json", result_json(record)},
                                                            {"layers.csv", layers_csv(record)},
                                                            {"effective.yaml", effective_yaml(record)}};
  if (const std::string steps = steps_csv(record); !steps.empty()) files.emplace_back("steps.csv", steps);
  if (const std::string tensors = tensors_csv(record.trace); !tensors.empty())
    files.emplace_back("tensors.csv", tensors);
  if (std::optional<std::string> outputs = outputs_npy(record))
    files.emplace_back("outputs.npy", std::move(*outputs));
  if (record.options.machine.timeline) files.emplace_back("timeline.json", timeline_json(record));
  write_folder(folder, files);
}

void write_folder(const std::string& folder, const std::vector<std::pair<std::string, std::string>>& files) {
  fs::path target = fs::path(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // a slash at the end
  const fs::path part(target.string() + ".part" + std::to_string(::getpid()));
  std::error_code error;
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), error);
  fs::remove_all(part, error);
  if (!fs::create_directory(part, error)) {
    Place place;
    place.file = folder;
    throw InputError(place, "cannot be created: " + error.message());
  }
  try {
    for (const auto& [name, content] : files) write_whole((part / name).string(), content);
    const fs::path old(part.string() + ".old");
    const bool replaces = fs::exists(target);
    if (replaces) fs::rename(target, old);
    std::error_code failed;
    fs::rename(part, target, failed);
    if (failed && replaces) fs::rename(old, target);
    if (failed) throw fs::filesystem_error("cannot be put in its place", target, failed);
    if (replaces) fs::remove_all(old);
  } catch (...) {
    fs::remove_all(part, error);
    throw;
  }
}

}  // namespace tricycle
