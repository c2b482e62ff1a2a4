// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <sstream>

#include "arch/isa/instruction.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

using Lines = std::vector<std::string>;

/// What docs/instructions.md must say of each instruction: a heading and a row for each field.
Lines expected_lines() {
  Lines lines;
#define FIELD(type, name, meaning) lines.push_back(fmt::format("| `{}` | {} | {} |", #name, #type, meaning));
#define INSTRUCTION(Type, name, opcode, engine, meaning, fields)                                       \
  lines.push_back(fmt::format("## `{}`, {:#04x}, {}: {}", #name, unsigned{opcode}, #engine, meaning)); \
  fields
#include "arch/isa/instructions.def"
#undef INSTRUCTION
#undef FIELD
  return lines;
}

}  // namespace

TEST_CASE("docs/instructions.md lists exactly the 6 instructions and 48 fields of the list, in its order") {
  std::istringstream page(read_text(std::string(TRICYCLE_TEST_SOURCE) + "/docs/instructions.md", 1 << 20));
  Lines found;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## `") || line.starts_with("| `")) found.push_back(line);
  }
  const Lines expected = expected_lines();
  CHECK(expected.size() == 6 + 48);
  for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) CHECK(found[i] == expected[i]);
  CHECK(found.size() == expected.size());
}
