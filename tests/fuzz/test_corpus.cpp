// SPDX-License-Identifier: Apache-2.0
// Runs a target without libFuzzer: its corpus, and what seeded faults make of it.
#include <algorithm>
#include <filesystem>

#include "support/random.hpp"
#include "tests/catch.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/mutated.hpp"

using tricycle::Bytes;
using tricycle::Random;

TEST_CASE("the target's corpus and mutations of it are read or refused, and nothing else") {
  namespace fs = std::filesystem;
  const std::string program = fs::read_symlink("/proc/self/exe").filename().string();
  const fs::path folder =
      fs::path(TRICYCLE_TEST_SOURCE) / "tests/fuzz/corpus" / program.substr(program.find('_') + 1);
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> corpus;
  int read = 0;
  for (const std::string& path : paths) {
    INFO(path);
    corpus.push_back(tricycle::read_bytes(path, 1U << 20U));
    if (tricycle::fuzz::reads(corpus.back())) ++read;
  }
  CHECK(read > 0);
  Random random(1);
  std::size_t bytes = 0;  // large files are slow to read
  for (int i = 0; i < 2000 && bytes < 2'000'000; ++i) {
    const std::size_t from = random.below(corpus.size());
    INFO("mutation " << i << ", of " << paths[from]);
    bytes += corpus[from].size();
    static_cast<void>(tricycle::fuzz::reads(tricycle::test::mutated(corpus[from], random)));
  }
}
