// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/target.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

#include "support/diagnostics.hpp"

namespace tricycle::fuzz {
namespace {

/// The files written, by their ending.
struct Files {
  std::map<std::string, std::string> paths;

  Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() {
    std::error_code ignored;
    for (const auto& [ending, path] : paths) std::filesystem::remove(path, ignored);
  }
};

}  // namespace

bool reads(Input bytes) {
  try {
    read(bytes);
    return true;
  } catch (const InputError& error) {
    // A terminal obeys control characters.
    const std::string message = error.what();
    require(std::none_of(message.begin(), message.end(),
                         [](char c) { return (c >= 0 && c < ' ' && c != '\n' && c != '\t') || c == 0x7f; }),
            "a message holds a control character");
    return false;
  }
}

std::string text_of(Input bytes) {
  return {bytes.begin(), bytes.end()};
}

Document document_of(Input bytes) {
  return parse_document(text_of(bytes), "input.yaml");
}

std::string file_of(Input bytes, const std::string& ending) {
  static Files files;
  const auto [file, is_new] = files.paths.emplace(ending, "input" + std::to_string(::getpid()) + ending);
  std::ofstream stream(file->second, std::ios::binary | std::ios::trunc);
  stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  require(stream.good(), "the input cannot be written into the working folder");
  return file->second;
}

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace tricycle::fuzz
