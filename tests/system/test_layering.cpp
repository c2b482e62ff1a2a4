// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "tests/system/program.hpp"

namespace fs = std::filesystem;

namespace {

/// Which folders each folder may include from, besides itself: docs/house.md's table.
const std::map<std::string, std::set<std::string>>& allowed() {
  static const std::map<std::string, std::set<std::string>> table = {
      {"support", {}},
      {"arch/spec", {"support"}},
      {"arch/datapath", {"support", "arch/spec"}},
      {"arch/dram", {"support", "arch/spec"}},
      {"arch/isa", {"support", "arch/spec", "arch/datapath"}},
      {"traces", {"support", "arch/spec", "arch/isa"}},
      {"arch/units", {"support", "arch/spec", "arch/isa", "arch/datapath", "arch/dram"}},
      {"arch/machine", {"support", "arch/spec", "arch/isa", "arch/datapath", "arch/dram", "arch/units"}},
      {"workloads", {"support", "arch/spec", "arch/isa", "arch/datapath", "traces"}},
      {"sim",
       {"support", "arch/spec", "arch/datapath", "arch/dram", "arch/isa", "traces", "arch/machine",
        "workloads"}},
  };
  return table;
}

/// Headers of libraries that only some folders may include.
const std::map<std::string, std::set<std::string>>& library_users() {
  static const std::map<std::string, std::set<std::string>> table = {
      {"systemc", {"arch/units", "arch/machine"}},
      {"yaml-cpp/", {"support"}},
      {"onnx/", {"workloads"}},
      {"CLI/", {"sim"}},
      {"nlohmann/", {"sim"}},
      {"hwy/", {"arch/datapath"}},
      {"boost/graph/", {"workloads"}},
      {"boost/math/", {"workloads"}},
      {"boost/process", {"sim"}},
      {"openssl/", {"support"}},
  };
  return table;
}

std::string room_of(const std::string& path) {
  std::string best;
  for (const auto& [room, may] : allowed()) {
    if (path.starts_with(room + "/") && room.size() > best.size()) best = room;
  }
  return best;
}

}  // namespace

TEST_CASE("no folder includes what the house does not allow it") {
  const fs::path source = TRICYCLE_TEST_SOURCE;
  int includes = 0;
  for (const auto& [room, may] : allowed()) {
    for (const auto& entry : fs::recursive_directory_iterator(source / room)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".hpp" && extension != ".cpp") continue;
      std::ifstream stream(entry.path());
      std::string line;
      while (std::getline(stream, line)) {
        if (!line.starts_with("#include ")) continue;
        const std::string target = line.substr(10, line.find_first_of("\">", 10) - 10);
        INFO(fs::relative(entry.path(), source).string() << ": " << line);
        if (line[9] == '"') {
          const std::string from = room_of(target);
          ++includes;
          CHECK_FALSE(from.empty());
          CHECK((from == room || may.count(from) == 1));
        } else {
          for (const auto& [header, users] : library_users()) {
            if (target.starts_with(header)) CHECK(users.count(room) == 1);
          }
        }
      }
    }
  }
  CHECK(includes > 100);
}
