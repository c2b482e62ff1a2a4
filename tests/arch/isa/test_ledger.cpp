// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/ledger.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

Instruction at(std::uint32_t layer, std::uint32_t step) {
  Instruction instruction;
  instruction.operation = isa::Halt{};
  instruction.layer = layer;
  instruction.step = step;
  return instruction;
}

}  // namespace

TEST_CASE("6 instructions of 2 layers in 2 steps have 4 entries, by layer and then by step") {
  const std::vector<Instruction> code = {at(0, 0), at(1, 0), at(0, 7), at(1, 7), at(1, 7), at(0, 0)};
  Ledger ledger(code, Loops(code));
  REQUIRE(ledger.entries.size() == 4);
  const std::uint32_t expected[4][2] = {{0, 0}, {0, 7}, {1, 0}, {1, 7}};
  for (std::size_t e = 0; e < 4; ++e) {
    CHECK(ledger.entries[e].layer == expected[e][0]);
    CHECK(ledger.entries[e].step == expected[e][1]);
  }
  std::vector<std::size_t> of;
  for (const Instruction& instruction : code)
    of.push_back(ledger.entry_of(instruction.layer, instruction.step));
  CHECK(of == std::vector<std::size_t>{0, 2, 1, 3, 3, 0});
}

TEST_CASE("a ledger that is reset keeps its 2 entries and forgets what they did") {
  const std::vector<Instruction> code = {at(3, 0), at(3, 1)};
  Ledger ledger(code, Loops(code));
  const std::vector<LayerStep> before = ledger.entries;
  ledger.entries[1].events[Counter::dram_read_bytes] = 5;
  ledger.entries[1].busy_cycles[0] = 6;
  ledger.reset();
  CHECK(ledger.entries == before);
}

TEST_CASE("of two steps that end in cycles 40 and 30, events and busy cycles add up and the end is 40") {
  LayerStep a, b;
  a.end_cycle = 40;
  b.end_cycle = 30;
  a.events[Counter::load_bytes] = 5;
  b.events[Counter::load_bytes] = 6;
  a.busy_cycles[2] = 7;
  b.busy_cycles[2] = 8;
  a += b;
  CHECK(a.end_cycle == 40);
  CHECK(a.events[Counter::load_bytes] == 11);
  CHECK(a.busy(Engine::array) == 15);
}

TEST_CASE("10,000 steps of a loop have an entry each, and 10,001 have one together") {
  const auto loop_of = [](std::uint32_t count) {
    std::vector<Instruction> code = {at(0, 0), at(0, 0), at(0, 0), at(0, 0)};
    code[0].operation = isa::Loop{count, 1};
    code[1].operation = isa::Load{};
    code[2].operation = isa::End{};
    return code;
  };
  const auto some = loop_of(10'000), many = loop_of(10'001);
  const Ledger each(some, Loops(some)), together(many, Loops(many));
  CHECK(each.entries.size() == 10'000);
  CHECK_FALSE(each.is_whole());
  CHECK(each.entry_of(0, 9'999) == 9'999);
  CHECK(together.entries.size() == 1);
  CHECK(together.is_whole());
  CHECK(together.entry_of(0, 10'000) == 0);
  std::uint64_t executed = 0;
  together.for_each_entry(Loops(many), many[1], 1, [&](std::size_t entry, std::uint64_t times) {
    CHECK(entry == 0);
    executed += times;
  });
  CHECK(executed == 10'001);
}
