// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/pages.hpp"
#include "support/diagnostics.hpp"
#include "support/random.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

Instruction load() {
  return assemble("load memory=weight address=0 stride=4 dram=0 dram_stride=4 rows=1 row_bytes=4 once=0",
                  Place{});
}
Instruction of(const std::string& line) {
  return assemble(line, Place{});
}
std::uint64_t bytes_of(const Instruction& instruction) {
  return static_cast<std::uint64_t>(encoded_bytes(instruction));
}

/// Each page's instructions, as "0-3 3-6".
std::string text_of(const Pages& pages) {
  std::string text;
  for (const Pages::Page& page : pages.all())
    text += (text.empty() ? "" : " ") + std::to_string(page.first) + '-' + std::to_string(page.end);
  return text;
}

/// The pages that execution comes into, one after the other, as `after` says and as it happens.
void check_walk(const std::vector<Instruction>& code, std::uint64_t memory_bytes) {
  const Loops loops(code);
  const Pages pages(code, loops, memory_bytes);
  std::optional<std::uint32_t> page = 0, next = pages.after(ProgramCounter(loops));
  std::size_t turns = 0;
  for (ProgramCounter at(loops); at.index() < code.size(); at.pass(code[at.index()])) {
    const std::uint32_t here = pages.of(at.index());
    if (here != *page) {
      REQUIRE(next == here);
      page = here;
      next = pages.after(at);
      ++turns;
    }
    REQUIRE(pages.after(at) == next);  // wherever in the page
  }
  CHECK(next == std::nullopt);
  CHECK(turns + 1 >= pages.all().size());
}

}  // namespace

TEST_CASE("a program is one page to the last byte of the memory, and pages of half the memory beyond") {
  const std::vector<Instruction> code(8, load());
  const Loops loops(code);
  const std::uint64_t each = bytes_of(load());
  CHECK(text_of(Pages(code, loops, 8 * each)) == "0-8");
  CHECK(Pages(code, loops, 8 * each).bytes_in_dram() == 8 * each);
  // Half of a byte less holds 3 instructions whole.
  const Pages pages(code, loops, 8 * each - 1);
  CHECK(text_of(pages) == "0-3 3-6 6-8");
  CHECK(pages.page_bytes() == (8 * each - 1) / 2);
  CHECK(pages.bytes_in_dram() == 3 * pages.page_bytes());
  CHECK(pages.of(2) == 0);
  CHECK(pages.of(3) == 1);
  CHECK(pages.end_of(3) == each);
  CHECK(pages.end_of(5) == 3 * each);
}

TEST_CASE("an instruction longer than half the memory is no program's") {
  const std::vector<Instruction> code(4, load());
  const Loops loops(code);
  CHECK_NOTHROW(Pages(code, loops, 2 * bytes_of(load())));
  CHECK_THROWS_AS(Pages(code, loops, 2 * bytes_of(load()) - 2), std::invalid_argument);
}

TEST_CASE("behind the last page of a loop comes its first again, until the last iteration") {
  // A loop of three pages around a loop that stays in one, of one load each.
  std::vector<Instruction> code = {of("loop count=2 steps=0")};
  for (int i = 0; i < 3; ++i) {
    code.push_back(of("loop count=5 steps=0"));
    code.push_back(load());
    code.push_back(of("end"));
  }
  code.push_back(of("end"));
  code.push_back(of("halt"));
  const std::uint64_t page = bytes_of(code[0]) + bytes_of(code[1]) + bytes_of(code[2]) + bytes_of(code[3]);
  const Loops loops(code);
  const Pages pages(code, loops, 2 * page);
  REQUIRE(text_of(pages) == "0-4 4-8 8-12");
  std::string walk;
  std::uint32_t page_before = ~0U;
  for (ProgramCounter at(loops); at.index() < code.size(); at.pass(code[at.index()])) {
    if (pages.of(at.index()) == page_before) continue;
    page_before = pages.of(at.index());
    const auto next = pages.after(at);
    walk += std::to_string(page_before) + (next ? '>' + std::to_string(*next) : "") + ' ';
  }
  CHECK(walk == "0>1 1>2 2>0 0>1 1>2 2 ");
  check_walk(code, 2 * page);
}

TEST_CASE("500 random programs of loops in one another come into the pages that are known beforehand") {
  Random random(61);
  for (int i = 0; i < 500; ++i) {
    std::vector<Instruction> code;
    std::size_t open = 0;
    for (int n = 0; n < 30; ++n) {
      if (random.chance(0.3) && open < 4) {
        code.push_back(of("loop count=" + std::to_string(random.between(1, 3)) + " steps=0"));
        ++open;
      } else if (random.chance(0.25) && open > 0) {
        code.push_back(of("end"));
        --open;
      }
      code.push_back(load());
    }
    for (; open > 0; --open) code.push_back(of("end"));
    code.push_back(of("halt"));
    check_walk(code, 2 * bytes_of(load()) + static_cast<std::uint64_t>(random.between(0, 300)));
  }
}
