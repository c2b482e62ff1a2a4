// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostics.hpp"
#include "support/ending.hpp"

namespace tricycle {

/// Errors: a path with a control character. The system would end the name at a zero byte, and a terminal
/// would obey other control characters.
void check_output_name(const std::string& path);

/// A file that is written whole or not at all. It is written to a temporary file beside it, which finish()
/// renames. Without finish() no file remains. Mode and group of a replaced file are kept.
class WholeFile {
 public:
  /// Errors: no file can be written at this path.
  explicit WholeFile(std::string path);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  void write(std::string_view content);
  /// Errors: the file could not be written whole.
  void finish();

 private:
  std::string path_, target_, written_;
  bool in_place_ = false;  ///< a device or pipe, which a rename must not replace
  std::optional<Unfinished> unfinished_;
  std::ofstream stream_;
};

/// Writes a file whole or not at all.
void write_whole(const std::string& path, std::string_view content);

/// Another process is writing the folder of a WholeFolder.
class FolderBusy : public InputError {
 public:
  using InputError::InputError;
};

/// A lock on a folder while it is written, visible to other processes that want to write it. It ends with its
/// process. On a file system without locks the outcome is always `held`.
class FolderLock {
 public:
  enum class Outcome { held, busy, gone };

  explicit FolderLock(const std::string& path);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  /// busy: another process has it; gone: the folder was renamed or removed meanwhile.
  [[nodiscard]] Outcome outcome() const { return outcome_; }

 private:
  int file_;
  Outcome outcome_ = Outcome::gone;
};

/// The allowed contents of a result folder: `own` are the names of its files, in which `#` stands for a
/// number. A folder that is not empty contains `sign`.
struct FolderKind {
  std::vector<std::string> own;
  std::string sign;
  [[nodiscard]] bool has(const std::string& name) const;
};

/// A result folder that is written whole or not at all. It is written to NAME.part beside it, which finish()
/// renames. The constructor finds all errors of the path, before anything is computed. An existing folder is
/// replaced when it contains `sign` and only files of its kind. Its mode and group are kept.
class WholeFolder {
 public:
  /// Errors: the name is empty or has a control character; it is a link (a link with a slash behind it is
  /// followed), the current folder or a folder above it, a mount point, or anything other than a result
  /// folder; it cannot be created or replaced; another process is writing it.
  WholeFolder(const std::string& folder, FolderKind kind);
  ~WholeFolder();
  WholeFolder(const WholeFolder&) = delete;
  WholeFolder& operator=(const WholeFolder&) = delete;

  /// Adds a file to the folder. Errors: the file cannot be written whole.
  void add(const std::string& name, std::string_view content);
  /// Moves the folder to its path. Errors: the existing folder has changed since the constructor checked it.
  void finish();

  /// The name as it was given.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  [[noreturn]] void fail(const std::string& message) const;
  void find_target();
  void check_target() const;
  void reserve();
  void make_parents();
  [[nodiscard]] std::unique_ptr<FolderLock> hold_old() const;

  std::string name_, target_, part_;
  FolderKind kind_;
  std::vector<std::string> made_;  ///< folders above it that were created for it
  std::unique_ptr<FolderLock> lock_;
  std::optional<Unfinished> unfinished_;
};

/// Errors: the file of an option lies in the result folder, which replaces an existing folder.
void check_beside(const std::string& file, const std::string& folder, const std::string& option);

}  // namespace tricycle
