// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <vector>

namespace tricycle {

/// All that the result of a run depends on besides its settings: the program, the folder of presets, and the
/// files that it read, each path with its SHA-256. An empty hash means that the run looked for the file and
/// did not find it.
struct RunInputs {
  std::string program, share_folder;
  std::map<std::string, std::string> files;
};

/// The files that this process read since note_reads(), as text for inputs_of.
[[nodiscard]] std::string files_read();

/// Writes the inputs of a run to one file.
void write_run_inputs(const std::string& path, const RunInputs& inputs);

/// Checks whether files have changed. Each file is hashed once, even if many runs read it.
class InputCheck {
 public:
  explicit InputCheck(const std::string& program);

  /// The inputs of a run that just ended, from its list of files read.
  [[nodiscard]] RunInputs inputs_of(const std::string& files_read) const;

  /// All that has changed since a run wrote its inputs to `path`: paths of files, the program, or the folder
  /// of presets. Empty where the run would do the same again. Where the file at `path` is missing or damaged,
  /// the result is `path` itself.
  [[nodiscard]] std::vector<std::string> changes_since(const std::string& path);

 private:
  const std::string& hash_of(const std::string& path);
  std::string program_, share_folder_;
  std::map<std::string, std::string> hashes_;
};

}  // namespace tricycle
