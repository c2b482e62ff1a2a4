// SPDX-License-Identifier: Apache-2.0
// Who may include whom: the table of docs/house.md against the sources.
#include <algorithm>
#include <map>
#include <set>

#include "tests/system/page.hpp"
#include "tests/system/program.hpp"

namespace fs = std::filesystem;

namespace {

const fs::path source = TRICYCLE_TEST_SOURCE;

struct Room {
  std::string libraries;
  std::set<std::string> from;  ///< rooms that it may include from
};
using House = std::map<std::string, Room>;

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(trimmed(part));
  return parts;
}

/// The rows of a page's table of rooms.
House rooms_of(const std::string& page) {
  House house;
  for (const tricycle::test::PageLine& line : tricycle::test::lines_of_page(page)) {
    if (!line.prose() || !line.text.starts_with("| `")) continue;
    const std::vector<std::string> cells = split(line.text, '|');
    REQUIRE(cells.size() == 5);
    const std::string name = cells[1].substr(1, cells[1].size() - 3);  // `name/`
    Room& room = house[name];
    room.libraries = cells[3];
    for (const std::string& other : split(cells[4], ',')) {
      if (other != "-") room.from.insert(other);
    }
  }
  return house;
}

const House& house() {
  static const House rooms = rooms_of(tricycle::test::slurp(source / "docs/house.md"));
  return rooms;
}

/// The innermost room that a path lies in, or "".
std::string room_of(const std::string& path) {
  std::string best;
  for (const auto& [name, room] : house()) {
    if (path.starts_with(name + "/") && name.size() > best.size()) best = name;
  }
  return best;
}

struct Include {
  std::string target;
  bool own = false;  ///< of the project, not of a library
};

std::vector<Include> includes_of(const fs::path& file) {
  std::vector<Include> includes;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with("#include ") || line.size() < 11) continue;
    includes.push_back({line.substr(10, line.find_first_of("\">", 10) - 10), line[9] == '"'});
  }
  return includes;
}

/// Every .hpp, .cpp and .def of the folders named, by its path from the project's.
std::map<std::string, std::vector<Include>> sources_of(const std::vector<std::string>& folders) {
  std::map<std::string, std::vector<Include>> sources;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(source / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".hpp" && extension != ".cpp" && extension != ".def") continue;
      sources[fs::relative(entry.path(), source).string()] = includes_of(entry.path());
    }
  }
  return sources;
}

const std::vector<std::string> product = {"support", "arch", "traces", "workloads", "sim"};

/// Headers of libraries, and what house.md calls the library.
const std::map<std::string, std::string> library_headers = {
    {"systemc", "SystemC"},
    {"yaml-cpp/", "yaml-cpp"},
    {"onnx/", "ONNX"},
    {"CLI/", "CLI11"},
    {"nlohmann/", "nlohmann-json"},
    {"hwy/", "Highway"},
    {"google/protobuf/", "protobuf"},
    {"boost/graph/", "Boost.Graph"},
    {"boost/math/", "Boost.Math"},
    {"boost/process", "Boost.Process"},
    {"boost/multiprecision/", "Boost.Multiprecision"},
    {"boost/endian/", "Boost.Endian"},
    {"boost/crc", "Boost.CRC"},
    {"boost/iostreams/", "Boost.Iostreams"},
    {"openssl/", "OpenSSL"},
};

/// Everything of the project that a file sees.
void see(const std::map<std::string, std::vector<Include>>& sources, const std::string& file,
         std::set<std::string>& seen) {
  const auto found = sources.find(file);
  if (found == sources.end()) return;
  for (const Include& include : found->second) {
    if (include.own && seen.insert(include.target).second) see(sources, include.target, seen);
  }
}

}  // namespace

TEST_CASE("every source of the product lies in one of the 35 rooms, each with one library of its own",
          "[pages]") {
  CHECK(house().size() == 35);
  for (const auto& [file, includes] : sources_of(product)) {
    INFO(file);
    CHECK_FALSE(room_of(file).empty());
  }
  for (const auto& [name, room] : house()) {
    INFO(name);
    const std::string recipe = tricycle::test::slurp(source / name / "CMakeLists.txt");
    const std::string word = "add_library(tricycle_";
    std::size_t libraries = 0;
    for (std::size_t at = recipe.find(word); at != std::string::npos; at = recipe.find(word, at + 1))
      ++libraries;
    CHECK(libraries == 1);
  }
}

TEST_CASE("a room includes exactly from the rooms and libraries that the house lists for it", "[pages]") {
  std::map<std::string, std::set<std::string>> used;
  for (const auto& [file, includes] : sources_of(product)) {
    const std::string room = room_of(file);
    for (const Include& include : includes) {
      INFO(file << ": " << include.target);
      if (include.own) {
        const std::string from = room_of(include.target);
        CHECK_FALSE(from.empty());
        if (from == room) continue;
        CHECK(house().at(room).from.count(from) == 1);
        used[room].insert(from);
        continue;
      }
      for (const auto& [header, library] : library_headers) {
        if (include.target.starts_with(header))
          CHECK(house().at(room).libraries.find(library) != std::string::npos);
      }
    }
  }
  for (const auto& [name, room] : house()) {
    INFO(name);
    CHECK(used[name] == room.from);
  }
}

TEST_CASE("no circle leads from a room back to itself", "[pages]") {
  std::set<std::string> done;
  while (done.size() < house().size()) {
    const std::size_t before = done.size();
    for (const auto& [name, room] : house()) {
      if (std::includes(done.begin(), done.end(), room.from.begin(), room.from.end())) done.insert(name);
    }
    std::string left;
    for (const auto& [name, room] : house()) left += done.count(name) == 0 ? name + " " : "";
    INFO("in a circle, or above one: " << left);
    REQUIRE(done.size() > before);
  }
}

TEST_CASE("no header but support's is seen by more than half of all .cpp files", "[pages]") {
  std::vector<std::string> folders = product;
  folders.push_back("tests");
  const auto sources = sources_of(folders);
  std::map<std::string, std::size_t> viewers;
  std::size_t files = 0;
  for (const auto& [file, includes] : sources) {
    if (!file.ends_with(".cpp")) continue;
    ++files;
    std::set<std::string> seen;
    see(sources, file, seen);
    for (const std::string& header : seen) ++viewers[header];
  }
  CHECK(files > 400);
  for (const auto& [header, count] : viewers) {
    if (header.starts_with("support/")) continue;
    INFO(header << ": " << count << " of " << files);
    CHECK(2 * count <= files);
  }
}
