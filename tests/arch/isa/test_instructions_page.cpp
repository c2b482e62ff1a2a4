// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <sstream>

#include "arch/isa/instruction.hpp"
#include "arch/isa/usual_fields.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

using Lines = std::vector<std::string>;

/// An instruction (kind: its engine) or a field (kind: its type; opcode 0).
struct Entry {
  const char *name, *kind, *meaning;
  unsigned opcode;
};

constexpr Entry entries[] = {
#define FIELD(type, name, meaning) {#name, #type, meaning, 0},
#define INSTRUCTION(Type, name, opcode, engine, meaning, fields) {#name, #engine, meaning, opcode}, fields
#include "arch/isa/instructions.def"
#undef INSTRUCTION
#undef FIELD
};

/// What docs/instructions.md must say of each instruction: a heading and a row for each field.
Lines expected_lines() {
  Lines lines;
  for (const Entry& e : entries) {
    lines.push_back(e.opcode == 0
                        ? fmt::format("| `{}` | {} | {} |", e.name, e.kind, e.meaning)
                        : fmt::format("## `{}`, {:#04x}, {}: {}", e.name, e.opcode, e.kind, e.meaning));
  }
  return lines;
}

std::string instructions_page() {
  return read_text(std::string(TRICYCLE_TEST_SOURCE) + "/docs/instructions.md", 1 << 20);
}

}  // namespace

TEST_CASE("docs/instructions.md lists exactly the 21 usual values that the encoding knows, in its order") {
  std::string block = "```\n";
  for (const UsualField& usual : usual_fields) {
    const bool is_format = usual.field == "source_format";
    const std::string value = !usual.times.empty()  ? fmt::format("{} x {}", usual.like, usual.times)
                              : !usual.like.empty() ? std::string(usual.like)
                              : is_format           ? name_of(static_cast<Format>(usual.number))
                                                    : std::to_string(usual.number);
    block += fmt::format("{} = {}\n", usual.field, value);
  }
  CHECK(std::size(usual_fields) == 21);
  const bool has_block =
      instructions_page().find("or one of these:\n\n" + block + "```\n") != std::string::npos;
  CHECK(has_block);
}

TEST_CASE("docs/instructions.md lists exactly the 18 instructions and 314 fields of the list, in its order") {
  std::istringstream page(instructions_page());
  Lines found;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## `") || line.starts_with("| `")) found.push_back(line);
  }
  const Lines expected = expected_lines();
  CHECK(expected.size() == 18 + 314);
  for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) CHECK(found[i] == expected[i]);
  CHECK(found.size() == expected.size());
}
