// SPDX-License-Identifier: Apache-2.0
// Pages name what is there: links, tables of files, recipes, the index of pages, the glossary, the report.
#include <algorithm>

#include "tests/system/page.hpp"
#include "tests/system/program.hpp"

namespace fs = std::filesystem;

using tricycle::test::all_pages;
using tricycle::test::anchors_of_page;
using tricycle::test::code_spans;
using tricycle::test::lines_of_page;
using tricycle::test::link_targets;
using tricycle::test::PageLine;
using tricycle::test::slurp;
using tricycle::test::Workspace;

namespace {

const fs::path source = TRICYCLE_TEST_SOURCE;

std::string shown(const fs::path& page, const PageLine& line) {
  return fs::relative(page, source).string() + ":" + std::to_string(line.number) + ": " + line.text;
}

/// Whether a link of a page leads to a file of the project and, if it names one, to a heading.
bool leads_somewhere(const fs::path& page, const std::string& target) {
  const std::size_t hash = target.find('#');
  const std::string file = target.substr(0, hash);
  const fs::path path = file.empty() ? page : page.parent_path() / file;
  if (!fs::exists(path)) return false;
  return hash == std::string::npos || anchors_of_page(slurp(path)).count(target.substr(hash + 1)) == 1;
}

/// Whether a name in a folder's table is a file or a folder there: `graph.hpp`, `dram/`, or `views` of a
/// header or a source file.
bool is_in(const fs::path& folder, const std::string& name) {
  const auto has = [&](const char* ending) { return fs::exists(folder / (name + ending)); };
  return has("") || has(".hpp") || has(".cpp") || has(".def");
}

/// Whether a code span names a source file, a list or a page.
bool names_file(const std::string& span) {
  static const std::regex file("[A-Za-z0-9_./-]+\\.(cpp|hpp|def|md|txt)");
  return std::regex_match(span, file);
}

/// The first cell of a row of a table.
std::string first_cell(const std::string& row) {
  const std::size_t end = row.find('|', 1);
  return row.substr(1, end == std::string::npos ? end : end - 1);
}

/// A term without what the alphabet has no place for.
std::string letters_of(const std::string& term) {
  std::string letters;
  for (const char c : term) {
    if (c >= 'A' && c <= 'Z') letters += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ') letters += c;
  }
  return letters;
}

}  // namespace

TEST_CASE("a page's links are read without those in code, and headings become anchors", "[pages]") {
  const std::vector<std::string> links =
      link_targets("[a](b.md) `[c](d.md)` [e](f.md#one-more), [`g`](h.md)");
  CHECK(links == std::vector<std::string>{"b.md", "f.md#one-more", "h.md"});
  CHECK(anchors_of_page("# A run: `x`\n```\n# no heading\n```\n## One more\n") ==
        std::set<std::string>{"a-run-x", "one-more"});
}

TEST_CASE("every relative link of every page leads to a file, and to a heading where it names one",
          "[pages]") {
  int links = 0;
  for (const fs::path& page : all_pages(source)) {
    for (const PageLine& line : lines_of_page(slurp(page))) {
      if (!line.prose()) continue;
      for (const std::string& target : link_targets(line.text)) {
        if (target.find("://") != std::string::npos || target.starts_with("mailto:")) continue;
        INFO(shown(page, line));
        INFO(target);
        CHECK(leads_somewhere(page, target));
        ++links;
      }
    }
  }
  CHECK(links > 200);
}

TEST_CASE("docs/README.md has a link to every page of docs, and docs/decisions/README.md to every decision",
          "[pages]") {
  for (const char* folder : {"docs", "docs/decisions"}) {
    std::set<std::string> linked;
    for (const PageLine& line : lines_of_page(slurp(source / folder / "README.md"))) {
      for (const std::string& target : link_targets(line.text)) linked.insert(target);
    }
    int pages = 0;
    for (const auto& entry : fs::directory_iterator(source / folder)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with(".md") || name == "README.md") continue;
      INFO(folder << "/" << name);
      CHECK(linked.count(name) == 1);
      ++pages;
    }
    CHECK(pages > 10);
  }
}

TEST_CASE("tables of files and folders name only what exists", "[pages]") {
  int names = 0;
  for (const fs::path& page : all_pages(source)) {
    const fs::path folder = page.filename() == "README.md" ? page.parent_path() : source;
    std::string heading;
    for (const PageLine& line : lines_of_page(slurp(page))) {
      if (!line.prose() || !line.text.starts_with("|")) {
        heading.clear();
        continue;
      }
      const std::string cell = first_cell(line.text);
      if (heading.empty()) heading = cell;
      if (heading != " file " && heading != " folder " && heading != " target ") continue;
      for (const std::string& name : code_spans(cell)) {
        INFO(shown(page, line));
        INFO(name);
        CHECK(is_in(folder, name));
        ++names;
      }
    }
  }
  CHECK(names > 150);
}

TEST_CASE("recipes name only files that exist, in the README's folder or from the project's", "[pages]") {
  int recipes = 0, files = 0;
  for (const fs::path& page : all_pages(source)) {
    bool recipe = false;
    for (const PageLine& line : lines_of_page(slurp(page))) {
      const bool begins = line.text.find("**One more ") != std::string::npos;
      const bool goes_on = recipe && !line.text.starts_with("#") && !line.text.starts_with("|");
      recipe = line.prose() && (begins || goes_on);
      if (begins) ++recipes;
      if (!recipe) continue;
      for (const std::string& name : code_spans(line.text)) {
        if (!names_file(name)) continue;
        INFO(shown(page, line));
        INFO(name);
        CHECK((fs::exists(page.parent_path() / name) || fs::exists(source / name)));
        ++files;
      }
    }
  }
  CHECK(recipes >= 35);
  CHECK(files > 100);
}

TEST_CASE("the glossary is in alphabetical order, each term once, and each says where it lives", "[pages]") {
  static const std::regex entry("- \\*\\*([^*]+)\\*\\*: .+");
  std::string before;
  int terms = 0;
  for (const PageLine& line : lines_of_page(slurp(source / "docs/glossary.md"))) {
    if (!line.text.starts_with("- ")) continue;
    std::smatch match;
    INFO(line.text);
    REQUIRE(std::regex_match(line.text, match, entry));
    const std::string term = letters_of(match[1]);
    INFO("before it: " << before);
    CHECK(before < term);
    CHECK_FALSE(link_targets(line.text).empty());
    before = term;
    ++terms;
  }
  CHECK(terms > 100);
}

TEST_CASE("the reports in README.md and docs/recurrent.md are what the two quickstarts print", "[pages]") {
  const Workspace here;
  const auto check = [&](const std::string& page, const std::string& experiment) {
    const auto ended = here.tricycle("run " + experiment + " --timing-only -o out");
    CHECK(ended.code == 0);
    int lines = 0;
    for (const PageLine& line : lines_of_page(slurp(source / page))) {
      // Without values there are none to compare, and none to score.
      const auto is = [&](const char* word) { return line.text.starts_with(std::string("  ") + word + " "); };
      if (!line.code || line.language != "text" || is("verify") || is("reference") || is("language"))
        continue;
      INFO(page << ":" << line.number << ": " << line.text);
      CHECK(("\n" + ended.out).find("\n" + line.text + "\n") != std::string::npos);
      ++lines;
    }
    CHECK(lines >= 10);
  };
  check("README.md", "quickstart");
  check("docs/recurrent.md", "quickstart-lstm");
}
