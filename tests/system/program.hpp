// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>

#include "tests/catch.hpp"
#include "tests/folder.hpp"

namespace tricycle::test {

namespace fs = std::filesystem;

inline void spill(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A folder of its own for one test, gone when the test ends.
class Workspace {
 public:
  Workspace() : folder_(fs::temp_directory_path() / ("tricycle-test-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Workspace() { fs::remove_all(folder_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  [[nodiscard]] fs::path operator/(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& text) const { spill(folder_ / name, text); }
  [[nodiscard]] std::string read(const std::string& name) const { return slurp(folder_ / name); }
  [[nodiscard]] bool has(const std::string& name) const { return fs::exists(folder_ / name); }
  [[nodiscard]] nlohmann::json json(const std::string& name) const {
    return nlohmann::json::parse(read(name));
  }

  struct Ended {
    int code;
    std::string out, err;
  };
  /// Runs `tricycle ARGUMENTS` here, as a shell would.
  [[nodiscard]] Ended tricycle(const std::string& arguments) const {
    const std::string command =
        "cd '" + folder_.string() + "' && '" TRICYCLE_PROGRAM "' " + arguments + " >.out 2>.err </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read(".out"), read(".err")};
  }

 private:
  fs::path folder_;
};

/// A wrong command: exit code 2, exactly this message, nothing else, and no result left behind.
inline void check_refused(const Workspace& here, const std::string& arguments, const std::string& message) {
  const auto ended = here.tricycle(arguments);
  CHECK(ended.err == message + "\n");
  CHECK(ended.code == 2);
  CHECK(ended.out.empty());
  CHECK_FALSE(here.has("out"));
  CHECK_FALSE(here.has("runs"));
}

/// A small machine to bend.
inline const char* const small_machine =
    "name: small\n"
    "clock_MHz: 100\n"
    "array: {rows: 2, cols: 4, word_bits: 32}\n"
    "weight_memory: {size_KiB: 8}\n"
    "activation_memory: {size_KiB: 4}\n"
    "accumulator_memory: {size_KiB: 1}\n"
    "instruction_memory: {size_KiB: 8}\n";

/// A small network.
inline const char* const small_network =
    "format: tricycle-network/1\n"
    "name: tiny\n"
    "input: {features: 40}\n"
    "layers:\n"
    "  - {name: a, units: 12, density: 0.5}\n"
    "  - {name: b, units: 5, output: scaled}\n";

/// A network whose pool reads all of an image for one output: 64 x 64 pixels of 32 channels at a time.
inline const char* const wide_pool =
    "format: tricycle-network/1\n"
    "name: pools\n"
    "input: {channels: 32, height: 64, width: 64, encoding: ternary}\n"
    "layers:\n"
    "  - {name: p, pool: {kind: max, kernel: 64}}\n"
    "  - {name: a, units: 5, output: scaled}\n";

/// A small convolutional network, with padding, a stride, groups and a pool.
inline const char* const small_convolutions =
    "format: tricycle-network/1\n"
    "name: small\n"
    "input: {channels: 32, height: 10, width: 10, encoding: ternary}\n"
    "layers:\n"
    "  - {name: a, conv: {filters: 16, kernel: 3, pad: 1}, density: 1}\n"
    "  - {name: b, pool: {kind: max, kernel: 2}}\n"
    "  - {name: c, conv: {filters: 8, kernel: 3, stride: 2, groups: 2}, density: 1}\n"
    "  - {name: d, units: 10, output: scaled}\n";

}  // namespace tricycle::test
