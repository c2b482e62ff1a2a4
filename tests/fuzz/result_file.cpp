// SPDX-License-Identifier: Apache-2.0
#include "sim/results/result_file.hpp"

#include <filesystem>
#include <fstream>

#include "tests/fuzz/target.hpp"

/// A result.json, in a folder of its own.
void tricycle::fuzz::read(Input bytes) {
  const std::filesystem::path folder = file_of({}, "") + ".folder";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "result.json", std::ios::binary) << text_of(bytes);
  static_cast<void>(read_result(folder.string()));
}
