// SPDX-License-Identifier: Apache-2.0
#include "support/output.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"

namespace {

namespace fs = std::filesystem;
using tricycle::FolderBusy;
using tricycle::FolderKind;
using tricycle::WholeFolder;
using tricycle::test::Folder;
using tricycle::test::message_of;
using tricycle::test::put;

const FolderKind kind = {{"sign", "other"}, "sign"};

/// Writes a folder of its kind whole.
void write_folder(const std::string& path, const std::string& content) {
  WholeFolder folder(path, kind);
  folder.add("sign", content);
  folder.finish();
}

/// What is said of a place for a folder.
std::string refusal(const std::string& path) {
  return message_of([&] { const WholeFolder folder(path, kind); });
}

/// For a while no file may be longer than this: it stands for a full disk.
class LengthLimit {
 public:
  explicit LengthLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    rlimit low = before_;
    low.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
  }
  ~LengthLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  LengthLimit(const LengthLimit&) = delete;
  LengthLimit& operator=(const LengthLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

unsigned mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

unsigned group_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_gid;
}

}  // namespace

TEST_CASE("a written file replaces the old one whole and leaves no temporary") {
  const Folder folder;
  tricycle::write_whole(folder.path("f"), "a longer text than the next");
  tricycle::write_whole(folder.path("f"), std::string("short\0\n", 7));
  CHECK(tricycle::read_text(folder.path("f"), 100) == std::string("short\0\n", 7));
  CHECK(folder.names() == std::vector<std::string>{"f"});
}

TEST_CASE("a file that cannot be written whole leaves the old one as it was") {
  const Folder folder;
  const std::string path = folder.path("f");
  tricycle::write_whole(path, "old");
  const std::string message = [&] {
    const LengthLimit limit(10'000);
    return message_of([&] { tricycle::write_whole(path, std::string(1'000'000, 'x')); });
  }();
  CHECK(message == path + ": error: cannot be written whole: is the disk full?");
  CHECK(tricycle::read_text(path, 100) == "old");
  CHECK(folder.names() == std::vector<std::string>{"f"});
}

TEST_CASE("a file that cannot be opened for writing is an error with its reason") {
  const Folder folder;
  const std::string path = folder.path("missing/f");
  CHECK(message_of([&] { tricycle::write_whole(path, "x"); }) ==
        path + ": error: cannot be written: No such file or directory");
  CHECK(message_of([&] { tricycle::write_whole(folder.path(), "x"); }) ==
        folder.path() + ": error: is a directory; a file is expected");
}

TEST_CASE("a device is written to, never replaced by a file") {
  if (!fs::exists("/dev/full")) return;
  tricycle::write_whole("/dev/null", "x");
  CHECK(fs::is_character_file("/dev/null"));
  CHECK(message_of([] { tricycle::write_whole("/dev/full", "x"); }) ==
        "/dev/full: error: cannot be written whole: is the disk full?");
  CHECK(fs::is_character_file("/dev/full"));
}

TEST_CASE("a link stays a link when its file is written") {
  const Folder folder;
  put(folder.path("file"), "old");
  fs::create_symlink(folder.path("file"), folder.path("link"));
  tricycle::write_whole(folder.path("link"), "new");
  CHECK(fs::is_symlink(folder.path("link")));
  CHECK(tricycle::read_text(folder.path("file"), 9) == "new");
  CHECK(folder.names() == std::vector<std::string>{"file", "link"});
  fs::create_symlink(folder.path("nowhere"), folder.path("loose"));
  CHECK(message_of([&] { tricycle::write_whole(folder.path("loose"), "x"); }) ==
        folder.path("loose") + ": error: is a link to a file that is not there");
}

TEST_CASE("a file that replaces another keeps its mode") {
  const Folder folder;
  put(folder.path("f"), "old");
  REQUIRE(::chmod(folder.path("f").c_str(), 0640) == 0);
  tricycle::write_whole(folder.path("f"), "new");
  CHECK(mode_of(folder.path("f")) == 0640);
}

TEST_CASE("a file whose name holds a control character is refused, and its name printed without") {
  const Folder folder;
  CHECK(message_of([&] { tricycle::write_whole(folder.path("a\nb"), "x"); }) ==
        folder.path("a?b") + ": error: is no name for output: its character " +
            std::to_string(folder.path().size() + 3) + " is a control character");
  CHECK(folder.names().empty());
}

TEST_CASE("a folder appears when it is finished, with the folders above it") {
  const Folder folder;
  {
    WholeFolder made(folder.path("a/b"), kind);
    made.add("sign", "1");
    CHECK_FALSE(fs::exists(folder.path("a/b")));
    made.finish();
    CHECK(tricycle::read_text(folder.path("a/b/sign"), 9) == "1");
  }
  CHECK(folder.names("a") == std::vector<std::string>{"b"});
}

TEST_CASE("a folder that is not finished leaves nothing, the folders above it neither") {
  const Folder folder;
  {
    WholeFolder made(folder.path("a/b/c"), kind);
    made.add("sign", "1");
    CHECK(folder.names("a/b") == std::vector<std::string>{"c.part"});
  }
  CHECK(folder.names().empty());
}

TEST_CASE("a folder replaces an earlier one of its kind whole, and keeps its mode and group") {
  const Folder folder;
  const std::string path = folder.path("r");
  write_folder(path, "1");
  put(path + "/other", "old");
  REQUIRE(::chmod(path.c_str(), 02775) == 0);
  REQUIRE(::chmod((path + "/sign").c_str(), 0600) == 0);
  const bool gives = ::chown(path.c_str(), static_cast<uid_t>(-1), 12345) == 0;  // root alone may
  if (gives) REQUIRE(::chmod(path.c_str(), 02775) == 0);
  const unsigned group = group_of(path);
  write_folder(path, "2");
  CHECK(tricycle::read_text(path + "/sign", 9) == "2");
  CHECK(folder.names("r") == std::vector<std::string>{"sign"});
  CHECK(mode_of(path) == 02775);
  CHECK(mode_of(path + "/sign") == 0600);
  CHECK(group_of(path) == group);
  CHECK(folder.names() == std::vector<std::string>{"r"});
}

TEST_CASE("a folder is refused where it could not be put: whole messages") {
  const Folder folder;
  const std::string other =
      ": error: is a folder that holds something other than a result; give another with -o";
  CHECK(refusal("") == "error: the result folder has no name; give one with -o");
  put(folder.path("file"), "x");
  CHECK(refusal(folder.path("file")) ==
        folder.path("file") + ": error: exists and is no folder; give another with -o");
  CHECK(refusal(folder.path("file/r")) ==
        folder.path("file/r") + ": error: cannot be created: Not a directory");
  fs::create_directory(folder.path("mine"));
  CHECK(refusal(folder.path("mine")).empty());  // empty
  put(folder.path("mine/notes"), "x");
  CHECK(refusal(folder.path("mine")) == folder.path("mine") + other);
  fs::remove(folder.path("mine/notes"));
  put(folder.path("mine/other"), "x");
  CHECK(refusal(folder.path("mine")) == folder.path("mine") + other);  // without the sign
  CHECK(refusal("/proc") == "/proc: error: is a mount point, which cannot be replaced; give a folder in it");
  CHECK(refusal("/proc/r") == "/proc/r: error: cannot be created: No such file or directory");
  CHECK(refusal(folder.path("a\tb")) ==
        folder.path("a?b") + ": error: is no name for output: its character " +
            std::to_string(folder.path().size() + 3) + " is a control character");
  const fs::path before = fs::current_path();
  fs::create_directory(folder.path("here"));
  fs::current_path(folder.path("here"));
  const std::string current =
      ": error: is the current folder, or one above it, which cannot be replaced; give another with -o";
  CHECK(refusal(".") == "." + current);
  CHECK(refusal("..") == ".." + current);
  CHECK(refusal("../here/") == "../here/" + current);
  fs::current_path(before);
  CHECK(folder.names() == std::vector<std::string>{"file", "here", "mine"});
}

TEST_CASE("a link is followed where a slash stands behind it, and refused without") {
  const Folder folder;
  write_folder(folder.path("real"), "1");
  fs::create_directory_symlink("real", folder.path("link"));
  CHECK(refusal(folder.path("link")) == folder.path("link") +
                                            ": error: is a link to 'real'; give the folder itself, or '" +
                                            folder.path("link") + "/' to replace what it leads to");
  write_folder(folder.path("link/"), "2");
  CHECK(fs::is_symlink(folder.path("link")));
  CHECK(tricycle::read_text(folder.path("real/sign"), 9) == "2");
  fs::create_directory_symlink("nowhere", folder.path("loose"));
  CHECK(refusal(folder.path("loose/")) ==
        folder.path("loose/") + ": error: is a link to 'nowhere', which is not there");
}

TEST_CASE("two writers of one folder: the second is told, and may write when the first is done") {
  const Folder folder;
  const std::string path = folder.path("r");
  {
    WholeFolder first(path, kind);
    first.add("sign", "1");
    CHECK_THROWS_AS(WholeFolder(path, kind), FolderBusy);
    CHECK(refusal(path) ==
          path +
              ": error: another run is writing its result there now; wait for it, or give another with -o");
    first.finish();
    CHECK(tricycle::read_text(path + "/sign", 9) == "1");
  }
  write_folder(path, "2");
  CHECK(tricycle::read_text(path + "/sign", 9) == "2");
  CHECK(folder.names() == std::vector<std::string>{"r"});
}

TEST_CASE("what a writer left that died is taken over, and nothing else of that name") {
  const Folder folder;
  fs::create_directory(folder.path("r.part"));
  put(folder.path("r.part/sign"), "half");
  put(folder.path("r.part/other"), "half");
  write_folder(folder.path("r"), "1");
  CHECK(folder.names() == std::vector<std::string>{"r"});
  CHECK(folder.names("r") == std::vector<std::string>{"sign"});
  fs::create_directory(folder.path("s.part"));
  put(folder.path("s.part/thesis"), "mine");
  CHECK(refusal(folder.path("s")) == folder.path("s") + ": error: needs '" + folder.path("s.part") +
                                         "' for its unfinished result, but that folder holds other files; "
                                         "remove it, or give another with -o");
  CHECK(tricycle::read_text(folder.path("s.part/thesis"), 9) == "mine");
}

TEST_CASE("a folder that the disk has no room for leaves the earlier one as it was") {
  const Folder folder;
  write_folder(folder.path("r"), "1");
  const LengthLimit limit(10'000);
  CHECK(message_of([&] { write_folder(folder.path("r"), std::string(1'000'000, 'x')); }) ==
        folder.path("r") + ": error: its 'sign' cannot be written whole: is the disk full?");
  CHECK(tricycle::read_text(folder.path("r/sign"), 9) == "1");
  CHECK(folder.names() == std::vector<std::string>{"r"});
}

TEST_CASE("a name of a folder's kind may have a number in it, of digits alone") {
  const tricycle::FolderKind numbered = {{"outputs.npy", "outputs-#.npy"}, "result.json"};
  for (const char* name : {"outputs.npy", "outputs-2.npy", "outputs-10.npy"}) CHECK(numbered.has(name));
  for (const char* name : {"outputs-.npy", "outputs-x.npy", "outputs-2.txt", "outputs-#.npy", "-2.npy"})
    CHECK_FALSE(numbered.has(name));
}
