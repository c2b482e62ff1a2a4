// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/files_read.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/diagnostics.hpp"
#include "support/files.hpp"
#include "support/output.hpp"

namespace tricycle {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json parse(const std::string& path) {
  constexpr std::uint64_t most_note_bytes = std::uint64_t{1} << 26U;
  if (!std::filesystem::exists(path)) return nullptr;
  return Json::parse(read_text(path, most_note_bytes), nullptr, false);
}

std::map<std::string, std::string> files_in(const Json& json) {
  std::map<std::string, std::string> files;
  for (const auto& [path, hash] : json.items())
    if (hash.is_string()) files[path] = hash.get<std::string>();
  return files;
}

}  // namespace

std::string files_read() {
  return text_of(noted_reads());
}

void write_run_inputs(const std::string& path, const RunInputs& inputs) {
  write_whole(
      path,
      text_of({{"program", inputs.program}, {"share_folder", inputs.share_folder}, {"files", inputs.files}}));
}

InputCheck::InputCheck(const std::string& program)
    : program_(sha256_of_file(program)), share_folder_(tricycle::share_folder()) {}

RunInputs InputCheck::inputs_of(const std::string& files_read) const {
  return {program_, share_folder_, files_in(parse(files_read))};
}

std::vector<std::string> InputCheck::changes_since(const std::string& path) {
  const Json json = parse(path);
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>()
                                                                           : "";
  };
  if (!json.is_object() || !json.contains("files") || !json["files"].is_object()) return {path};
  std::vector<std::string> changes;
  if (text("program") != program_) changes.emplace_back("the program");
  if (text("share_folder") != share_folder_) changes.emplace_back("the folder of presets");
  for (const auto& [file, hash] : files_in(json["files"])) {
    if (hash_of(file) != hash) changes.push_back(file);
  }
  return changes;
}

const std::string& InputCheck::hash_of(const std::string& path) {
  const auto known = hashes_.find(path);
  if (known != hashes_.end()) return known->second;
  std::string hash;
  try {
    hash = sha256_of_file(path);
  } catch (const InputError&) {  // missing or unreadable: treated as absent
  }
  return hashes_[path] = hash;
}

}  // namespace tricycle
