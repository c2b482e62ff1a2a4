// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <regex>
#include <set>

#include "support/files.hpp"
#include "tests/catch.hpp"

namespace {

namespace fs = std::filesystem;
using Labels = std::set<std::string>;

const fs::path source = TRICYCLE_TEST_SOURCE;

std::string text_of(const fs::path& path) {
  return tricycle::read_text(path.string(), 1 << 20);
}

/// The first group of every match.
void collect(const std::string& text, const std::string& pattern, Labels& labels) {
  const std::regex regex(pattern);
  for (auto at = std::sregex_iterator(text.begin(), text.end(), regex); at != std::sregex_iterator(); ++at) {
    labels.insert((*at)[1]);
  }
}

Labels rules_of_the_page() {
  Labels rules;
  collect(text_of(source / "docs/timing.md"), R"(\n\| ([SPDMAOVEZFR][0-9]+) \|)", rules);
  return rules;
}

}  // namespace

TEST_CASE("each of the 86 rules of docs/timing.md has a test that bears its label, and each label its rule") {
  Labels tested;
  for (const auto& file : fs::directory_iterator(source / "tests/arch/machine")) {
    const std::string text = text_of(file.path());
    collect(text, R"(TEST_CASE\(\s*"([SPDMAOVEZFR][0-9]+)[:,])", tested);
    collect(text, R"(TEST_CASE\(\s*"[SPDMAOVEZFR][0-9]+, ([SPDMAOVEZFR][0-9]+):)", tested);
  }
  CHECK(tested == rules_of_the_page());
  CHECK(tested.size() == 7 + 4 + 9 + 7 + 12 + 6 + 10 + 6 + 9 + 8 + 8);
}

TEST_CASE("every rule that a header of the machine refers to is one of docs/timing.md") {
  const Labels rules = rules_of_the_page();
  Labels mentioned;
  for (const char* folder : {"arch/params", "arch/isa", "arch/units", "arch/machine"}) {
    for (const auto& file : fs::recursive_directory_iterator(source / folder)) {
      if (file.path().extension() != ".hpp" && file.path().extension() != ".cpp") continue;
      const std::string text = text_of(file.path());
      collect(text, R"(\brules? ([SPDMAOVEZFR][0-9]+)\b)", mentioned);
      collect(text, R"(\brules [SPDMAOVEZFR][0-9]+ to ([SPDMAOVEZFR][0-9]+)\b)", mentioned);
    }
  }
  for (const std::string& label : mentioned) {
    INFO(label);
    CHECK(rules.count(label) == 1);
  }
  CHECK(mentioned.size() >= 14);
}
