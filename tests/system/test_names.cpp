// SPDX-License-Identifier: Apache-2.0
// One name, one thing: the sources' side of what cmake/odr.cmake checks of programs, which cannot see two
// types of the same members or two inline functions. The formatter puts namespaces and what stands in them at
// the first column.
#include <map>
#include <regex>
#include <set>

#include "tests/system/program.hpp"

namespace fs = std::filesystem;

namespace {

struct Definition {
  std::string space, name, file;
};

/// The types that `text` defines outside of other types, and in a header its inline functions.
std::vector<Definition> definitions_in(const std::string& file, const std::string& text) {
  static const std::regex space(R"(^namespace ?([\w:]*) \{$)");
  static const std::regex type(
      R"(^(?:struct|class|union|enum class|enum) (?:\[\[\w+\]\] )?(\w+)(?: final)?(?: : [^;]*)?(?: \{.*|)$)");
  static const std::regex function(
      R"(^(?:\[\[nodiscard\]\] )?(?:inline|constexpr|consteval) [^=({]*?\b(\w+)\(.*)");
  std::vector<std::string> spaces;
  std::vector<Definition> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, space)) {
      spaces.push_back(match[1].str().empty() ? "(anonymous)" : match[1].str());
    } else if (line.starts_with("}  // namespace") && !spaces.empty()) {
      spaces.pop_back();
    } else if (std::regex_match(line, match, type) ||
               (file.ends_with(".hpp") && std::regex_match(line, match, function))) {
      std::string within;
      for (const std::string& part : spaces) within += part + "::";
      found.push_back({within, match[1], file});
    }
  }
  return found;
}

bool is_anonymous(const Definition& definition) {
  return definition.space.find("(anonymous)") != std::string::npos;
}

std::vector<Definition> all_definitions() {
  const fs::path source = TRICYCLE_TEST_SOURCE;
  std::vector<Definition> all;
  for (const char* folder : {"support", "arch", "traces", "workloads", "sim", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(source / folder)) {
      const std::string file = fs::relative(entry.path(), source).string();
      if ((!file.ends_with(".hpp") && !file.ends_with(".cpp")) || file.starts_with("tests/odr/")) continue;
      for (Definition& definition : definitions_in(file, tricycle::test::slurp(entry.path())))
        all.push_back(std::move(definition));
    }
  }
  return all;
}

}  // namespace

TEST_CASE("types and inline functions are found with their namespaces") {
  const std::string text =
      "namespace tricycle {\n"
      "namespace {\n"
      "struct Own {\n"
      "  struct Nested {};\n"
      "};\n"
      "}  // namespace\n"
      "struct Declared;\n"
      "enum class Opaque : std::uint8_t;\n"
      "class Base final : public Other {\n"
      "enum class Kind : std::uint8_t {\n"
      "struct Outer::Inner {\n"
      "[[nodiscard]] constexpr std::int64_t twice(std::int64_t x) {\n"
      "inline const char* const text = \"(\";\n"
      "}  // namespace tricycle\n"
      "struct Bare {\n";
  std::string found;
  for (const auto& [space, name, file] : definitions_in("a.hpp", text)) found += space + name + " ";
  CHECK(found == "tricycle::(anonymous)::Own tricycle::Base tricycle::Kind tricycle::twice Bare ");
}

TEST_CASE(
    "a type that a .cpp file defines is in an anonymous namespace, where no other file can have one of its "
    "name") {
  int own = 0;
  for (const Definition& definition : all_definitions()) {
    if (!definition.file.ends_with(".cpp")) continue;
    INFO(definition.file << ": " << definition.space << definition.name);
    CHECK(is_anonymous(definition));
    ++own;
  }
  CHECK(own > 100);
}

TEST_CASE("no two headers define a type or an inline function of one name") {
  std::map<std::string, std::set<std::string>> files;
  for (const Definition& definition : all_definitions()) {
    if (!definition.file.ends_with(".hpp")) continue;
    INFO(definition.file << ": " << definition.space << definition.name);
    CHECK_FALSE(is_anonymous(definition));
    files[definition.space + definition.name].insert(definition.file);
  }
  CHECK(files.size() > 300);
  for (const auto& [name, where] : files) {
    std::string list;
    for (const std::string& file : where) list += " " + file;
    INFO(name << ":" << list);
    CHECK(where.size() == 1);
  }
}
