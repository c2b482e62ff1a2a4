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

/// No name is half a name: the system ends one at a zero byte, and a terminal obeys other control characters.
/// Errors: the path holds one.
void check_output_name(const std::string& path);

/// A file that is written whole or not at all: a temporary beside it, renamed by finish(). Without finish()
/// nothing is left. One that it replaces hands on its mode and group.
class WholeFile {
 public:
  /// Errors: no file can be written there.
  explicit WholeFile(std::string path);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  void write(std::string_view content);
  /// Errors: it could not be written whole.
  void finish();

 private:
  std::string path_, target_, written_;
  bool in_place_ = false;  ///< a device or pipe, which no rename may replace
  std::optional<Unfinished> unfinished_;
  std::ofstream stream_;
};

/// Writes a file whole or not at all.
void write_whole(const std::string& path, std::string_view content);

/// Another process is writing the folder that a WholeFolder is to be.
class FolderBusy : public InputError {
 public:
  using InputError::InputError;
};

/// Held while a folder is written, so that the next process that wants to write it knows; one that dies holds
/// it no longer. On a file system without locks it is always held.
class FolderLock {
 public:
  enum class Outcome { held, busy, gone };

  explicit FolderLock(const std::string& path);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  /// busy: another has it; gone: the folder was renamed or removed meanwhile.
  [[nodiscard]] Outcome outcome() const { return outcome_; }

 private:
  int file_;
  Outcome outcome_ = Outcome::gone;
};

/// What a folder of results may hold: `own` are the names of its files, and one that is not empty holds
/// `sign`.
struct FolderKind {
  std::vector<std::string> own;
  std::string sign;
  [[nodiscard]] bool has(const std::string& name) const;
};

/// A folder of results, written whole or not at all, in NAME.part beside it, which finish() puts in its
/// place. Everything that could go wrong with the place is found when it is made, before anything is
/// computed. One that is there is replaced when it holds `sign` and files of its kind alone, and hands on its
/// mode and group.
class WholeFolder {
 public:
  /// Errors: the name is empty or holds a control character; it is a link (one with a slash behind it is
  /// followed), the current folder or one above it, a mount point, or anything that is no such folder; it
  /// cannot be made or replaced; another process is writing it.
  WholeFolder(const std::string& folder, FolderKind kind);
  ~WholeFolder();
  WholeFolder(const WholeFolder&) = delete;
  WholeFolder& operator=(const WholeFolder&) = delete;

  /// A file of it. Errors: it cannot be written whole.
  void add(const std::string& name, std::string_view content);
  /// Errors: what is there has become another since it was looked at.
  void finish();

  /// As it was given.
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
  std::vector<std::string> made_;  ///< folders above it, made for it
  std::unique_ptr<FolderLock> lock_;
  std::optional<Unfinished> unfinished_;
};

/// A file that an option asks for must not lie in the result folder, which takes the place of what is there.
void check_beside(const std::string& file, const std::string& folder, const std::string& option);

}  // namespace tricycle
