// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <vector>

namespace tricycle {

/// What the result of a run depends on besides its settings: the files that it read, by path with the SHA-256
/// of each (empty: it looked for this file and did not find it), the program, and the folder of presets.
struct RunInputs {
  std::string program, share_folder;
  std::map<std::string, std::string> files;
};

/// The files that this process read since note_reads(), as inputs_of reads them.
[[nodiscard]] std::string files_read();

/// Puts the files that a run read, the program and the presets' folder into one file.
void write_run_inputs(const std::string& path, const RunInputs& inputs);

/// Tells whether files are what they were. Each is hashed once, whatever the number of runs that read it.
class InputCheck {
 public:
  explicit InputCheck(const std::string& program);

  /// The inputs that a run just had, from the files that it says it read.
  [[nodiscard]] RunInputs inputs_of(const std::string& files_read) const;

  /// What has changed since a run wrote its inputs to `path`: paths of files, or the program. Nothing when it
  /// would do the same again; a note that is not there or damaged counts as a change of itself.
  [[nodiscard]] std::vector<std::string> changes_since(const std::string& path);

 private:
  const std::string& hash_of(const std::string& path);
  std::string program_, share_folder_;
  std::map<std::string, std::string> hashes_;
};

}  // namespace tricycle
