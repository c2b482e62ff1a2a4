// SPDX-License-Identifier: Apache-2.0
#include "support/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail_at(const std::string& path, const std::string& message) {
  throw InputError(Place::of_file(path), message);
}

std::string why(int number) {
  return std::generic_category().message(number);
}

/// Gives `path` the group and mode of `old`, if that exists: `path` will take its place.
void take_after(const std::string& path, const std::string& old) {
  struct stat before {};
  if (::stat(old.c_str(), &before) != 0) return;
  // If the user may not set the group, it remains right if the folder above hands it on.
  if (::chown(path.c_str(), static_cast<uid_t>(-1), before.st_gid) != 0) errno = 0;
  ::chmod(path.c_str(), before.st_mode & 07777U);
}

bool is_mount_point(const std::string& path) {
  struct statx info {};
  const bool known = ::statx(AT_FDCWD, path.c_str(), AT_NO_AUTOMOUNT, STATX_INO, &info) == 0 &&
                     (info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
  if (known) return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  struct stat here {
  }, above{};
  if (::stat(path.c_str(), &here) != 0 || ::stat((path + "/..").c_str(), &above) != 0) return false;
  return here.st_dev != above.st_dev || here.st_ino == above.st_ino;
}

}  // namespace

void check_output_name(const std::string& path) {
  const auto control = std::find_if(path.begin(), path.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
  if (control == path.end()) return;
  fail_at(printable(path), fmt::format("is no name for output: its character {} is a control character",
                                       control - path.begin() + 1));
}

WholeFile::WholeFile(std::string path) : path_(std::move(path)) {
  check_output_name(path_);
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  if (fs::is_directory(status)) fail_at(path_, "is a directory; a file is expected");
  // A rename would put a plain file in the place of /dev/null, of a pipe or of a link.
  in_place_ = fs::exists(status) && !fs::is_regular_file(status);
  target_ = fs::is_symlink(path_, error) ? fs::canonical(path_, error).string() : path_;
  if (target_.empty()) fail_at(path_, "is a link to a file that is not there");
  written_ = in_place_ ? path_ : target_ + ".part" + std::to_string(::getpid());
  stream_.open(written_, std::ios::binary | std::ios::trunc);
  if (!stream_) fail_at(path_, "cannot be written: " + why(errno));
  if (!in_place_) unfinished_.emplace(written_);
}

WholeFile::~WholeFile() = default;

void WholeFile::write(std::string_view content) {
  stream_.write(content.data(), static_cast<std::streamsize>(content.size()));
}

void WholeFile::finish() {
  stream_.close();
  if (!stream_) fail_at(path_, "cannot be written whole: is the disk full?");
  if (in_place_) return;
  take_after(written_, target_);
  unfinished_->finish([&] {
    if (std::rename(written_.c_str(), target_.c_str()) != 0)
      fail_at(path_, "cannot be written whole: " + why(errno));
  });
}

void write_whole(const std::string& path, std::string_view content) {
  WholeFile file(path);
  file.write(content);
  file.finish();
}

bool FolderKind::has(const std::string& name) const {
  return std::any_of(own.begin(), own.end(), [&](const std::string& file) {
    const std::size_t at = file.find('#');
    if (at == std::string::npos) return file == name;
    const std::string before = file.substr(0, at), behind = file.substr(at + 1);
    if (name.size() < file.size() || !name.starts_with(before) || !name.ends_with(behind)) return false;
    const std::string number = name.substr(at, name.size() - before.size() - behind.size());
    return number.find_first_not_of("0123456789") == std::string::npos;
  });
}

FolderLock::FolderLock(const std::string& path)
    : file_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (file_ < 0) return;
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    outcome_ = Outcome::busy;
    return;
  }
  struct stat held {
  }, named{};
  const bool same = ::fstat(file_, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
                    held.st_ino == named.st_ino && held.st_dev == named.st_dev;
  if (same) outcome_ = Outcome::held;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

WholeFolder::WholeFolder(const std::string& folder, FolderKind kind) : name_(folder), kind_(std::move(kind)) {
  if (folder.empty()) fail("the result folder has no name; give one with -o");
  check_output_name(folder);
  find_target();
  check_target();
  reserve();
}

WholeFolder::~WholeFolder() {
  if (!unfinished_) return;
  unfinished_.reset();
  // Removes the folders above that were made for it, if nobody has put anything into them since.
  for (auto made = made_.rbegin(); made != made_.rend(); ++made) ::rmdir(made->c_str());
}

void WholeFolder::fail(const std::string& message) const {
  fail_at(name_, message);
}

/// Finds the folder's own path, without a slash at its end.
void WholeFolder::find_target() {
  std::error_code error;
  fs::path path(name_);
  const bool follows = !path.has_filename();
  if (follows) path = path.parent_path();
  if (fs::is_symlink(path, error)) {
    const std::string to = fs::read_symlink(path, error).string();
    if (!follows)
      fail(fmt::format("is a link to '{}'; give the folder itself, or '{}/' to replace what it leads to",
                       printable(to), path.string()));
    path = fs::canonical(path, error);
    if (error) fail(fmt::format("is a link to '{}', which is not there", printable(to)));
  }
  // `.`, `..` and the like name folders that exist.
  const std::string last = path.filename().string();
  if (last.empty() || last == "." || last == "..") path = fs::canonical(path, error);
  target_ = error ? name_ : path.string();
  part_ = target_ + ".part";
}

void WholeFolder::check_target() const {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target_, error);
  if (!fs::exists(status)) {
    if (status.type() == fs::file_type::none) fail("cannot be read: " + error.message());
    return;
  }
  if (!fs::is_directory(status)) fail("exists and is no folder; give another with -o");
  const std::string here = (fs::canonical(fs::current_path(), error) / "").string();
  if (here.starts_with((fs::canonical(target_, error) / "").string()))
    fail("is the current folder, or one above it, which cannot be replaced; give another with -o");
  if (is_mount_point(target_)) fail("is a mount point, which cannot be replaced; give a folder in it");
  bool other = false, result = false, empty = true;
  fs::directory_iterator entries(target_, error);
  if (error) fail("cannot be read: " + error.message());
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    empty = false;
    result = result || name == kind_.sign;
    other = other || !kind_.has(name) || !entry.is_regular_file(error);
  }
  if (other || (!empty && !result))
    fail("is a folder that holds something other than a result; give another with -o");
  if (::access(target_.c_str(), W_OK | X_OK) != 0) fail("cannot be replaced: " + why(errno));
  struct stat above {
  }, old{};
  const std::string parent = fs::path(target_).parent_path().string();
  if (::stat(parent.empty() ? "." : parent.c_str(), &above) != 0 || ::stat(target_.c_str(), &old) != 0)
    return;
  const uid_t user = ::geteuid();
  if ((above.st_mode & S_ISVTX) != 0 && user != 0 && user != above.st_uid && user != old.st_uid)
    fail("belongs to another user, and cannot be replaced; give another with -o");
}

void WholeFolder::make_parents() {
  const fs::path parent = fs::path(target_).parent_path();
  std::vector<std::string> missing;
  std::error_code error;
  for (fs::path path = parent; !path.empty() && !fs::exists(path, error); path = path.parent_path())
    missing.push_back(path.string());
  for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
    if (::mkdir(path->c_str(), 0777) == 0) {
      made_.push_back(*path);
    } else if (errno != EEXIST) {
      fail(fmt::format("cannot be created: '{}': {}", printable(*path), why(errno)));
    }
  }
}

/// Makes the folder for the output, or takes over the folder of a process that died.
void WholeFolder::reserve() {
  constexpr int most_tries = 1000;
  make_parents();
  for (int tries = 0; tries < most_tries; ++tries) {
    int refused = 0;
    unfinished_.emplace(part_, [&] {
      refused = ::mkdir(part_.c_str(), 0777) == 0 ? 0 : errno;
      return refused == 0;
    });
    if (refused != 0 && refused != EEXIST) fail("cannot be created: " + why(refused));
    lock_ = std::make_unique<FolderLock>(part_);
    if (lock_->outcome() == FolderLock::Outcome::busy) {
      unfinished_->forget();
      throw FolderBusy(Place::of_file(name_),
                       "another run is writing its result there now; wait for it, or give another with -o");
    }
    if (lock_->outcome() == FolderLock::Outcome::gone) {
      unfinished_->forget();
      continue;
    }
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(part_, error)) {
      const std::string name = entry.path().filename().string();
      if (!kind_.has(name))
        fail(
            fmt::format("needs '{}' for its unfinished result, but that folder holds other files; remove it, "
                        "or give another with -o",
                        part_));
      fs::remove(entry.path(), error);
    }
    if (refused == EEXIST) unfinished_.emplace(part_);
    take_after(part_, target_);
    return;
  }
  fail("cannot be created: other runs keep writing there; give another with -o");
}

void WholeFolder::add(const std::string& name, std::string_view content) {
  const std::string path = part_ + "/" + name;
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  if (!stream) fail(fmt::format("its '{}' cannot be written whole: is the disk full?", name));
  take_after(path, target_ + "/" + name);
}

/// Locks the folder that is about to be replaced, so that no other process takes it for the folder of a dead
/// one. A process that has just put it there releases it soon.
std::unique_ptr<FolderLock> WholeFolder::hold_old() const {
  constexpr int most_tries = 1000;
  std::unique_ptr<FolderLock> lock;
  for (int tries = 0; tries < most_tries; ++tries) {
    lock = std::make_unique<FolderLock>(target_);
    if (lock->outcome() != FolderLock::Outcome::busy) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return lock;
}

void WholeFolder::finish() {
  check_target();
  const bool replaces = fs::exists(target_);
  const std::unique_ptr<FolderLock> old_lock = replaces ? hold_old() : nullptr;
  unfinished_->finish([&] {
    // Puts the folder in its place at once, so that there is always a whole result. Not every file system can
    // exchange two folders.
    if (!replaces) {
      if (std::rename(part_.c_str(), target_.c_str()) != 0) fail("cannot be put in its place: " + why(errno));
      return;
    }
    if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) != 0) {
      const std::string old = part_ + ".old";
      if (std::rename(target_.c_str(), old.c_str()) != 0) fail("cannot be replaced: " + why(errno));
      if (std::rename(part_.c_str(), target_.c_str()) != 0) {
        const int number = errno;
        std::rename(old.c_str(), target_.c_str());
        fail("cannot be put in its place: " + why(number));
      }
      std::rename(old.c_str(), part_.c_str());
    }
    std::error_code error;
    fs::remove_all(part_, error);
    if (error)
      fail(fmt::format("is complete, but the earlier result could not be removed; it is left in '{}': {}",
                       part_, error.message()));
  });
  unfinished_.reset();
  lock_.reset();
}

void check_beside(const std::string& file, const std::string& folder, const std::string& option) {
  const auto plain = [](const std::string& path) {
    return (fs::absolute(path) / "").lexically_normal().string();
  };
  if (!plain(file).starts_with(plain(folder))) return;
  fail_at(option + " " + file, "lies in the result folder, which is replaced whole; give another path");
}

}  // namespace tricycle
