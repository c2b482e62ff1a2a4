// SPDX-License-Identifier: Apache-2.0
// Loops that are found in a program: its text written out, and rolled.
#include <sstream>

#include "arch/isa/loops.hpp"
#include "support/diagnostics.hpp"
#include "tests/catch.hpp"
#include "workloads/lower/roll.hpp"
#include "workloads/lower/roll_guards.hpp"

using namespace tricycle;

namespace {

using Lines = std::vector<std::string>;

/// A load of 4 bytes to `address`, and a store from there.
std::string load(int address, int dram, const std::string& semaphores = "") {
  return "load memory=weight address=" + std::to_string(address) + " stride=4 dram=" + std::to_string(dram) +
         " dram_stride=4 rows=1 row_bytes=4 once=0" + semaphores;
}
std::string store(int address, int dram, const std::string& semaphores = "") {
  return "store memory=weight address=" + std::to_string(address) + " stride=4 dram=" + std::to_string(dram) +
         " dram_stride=4 rows=1 row_bytes=4" + semaphores;
}

/// The program rolled, one instruction in a line, without the halt. Its blocks in weight memory go round a
/// ring of `ring_bytes`, if that is not 0.
Lines rolled(const Lines& lines, std::uint64_t ring_bytes = 0) {
  Program program;
  program.trace.workload = "test";
  for (const std::string& line : lines) program.trace.code.push_back(assemble(line, Place{}));
  program.trace.code.push_back(assemble("halt", Place{}));
  if (ring_bytes > 0) program.rings.insert({0, Memory::weight, 0, ring_bytes});
  const std::vector<Instruction> before = program.trace.code;
  MachineSpec spec;
  spec.sequencer.loop_registers = 64;
  roll_loops(program, spec);
  CHECK(unrolled(program.trace.code) == before);
  Lines result;
  for (const Instruction& instruction : program.trace.code) result.push_back(disassemble(instruction));
  CHECK(result.back() == "halt");
  result.pop_back();
  return result;
}

/// The guards of loops of these counts, the outermost first, for executions of which those with an x use a
/// semaphore: `from-until` of each loop, or "none".
std::string ranges(const std::string& executions, const std::vector<std::size_t>& counts,
                   const Numbering& number = {}) {
  std::vector<bool> used;
  for (const char c : executions) used.push_back(c == 'x');
  const auto found = guard_ranges(used, counts, number);
  if (!found) return "none";
  std::string text;
  for (const GuardRange& range : *found) {
    text += (text.empty() ? "" : " ") + std::to_string(range.from) + "-" + std::to_string(range.until);
  }
  return text;
}

}  // namespace

TEST_CASE("loads to addresses in equal steps become a loop with a stride for each address") {
  Lines lines;
  for (int k = 0; k < 8; ++k) lines.push_back(load(8 * k, 100 + 4 * k));
  CHECK(rolled(lines) == Lines{"loop count=8 steps=0",
                               "stride instruction=0 field=1 bytes=8 ring=0 ring_bytes=0",
                               "stride instruction=0 field=3 bytes=4 ring=0 ring_bytes=0",
                               disassemble(assemble(load(0, 100), Place{})), "end"});
}

TEST_CASE("loads that no loop makes shorter stay as they are") {
  CHECK(rolled({load(0, 100), load(8, 104)}).size() == 2);
  CHECK(rolled({load(0, 100), load(8, 140), load(12, 90), load(80, 14)}).size() == 4);
}

TEST_CASE("blocks in a ring of two places are one loop, with a guard for the first two and the last two") {
  Lines lines;
  for (int k = 0; k < 8; ++k) {
    lines.push_back(load(k % 2 * 4, 4 * k, std::string(k < 2 ? "" : " wait=store") + " post=store"));
    lines.push_back(store(k % 2 * 4, 64, std::string(" wait=load") + (k < 6 ? " post=load" : "")));
  }
  CHECK(rolled(lines, 8) ==
        Lines{"loop count=8 steps=0", "stride instruction=0 field=1 bytes=4 ring=0 ring_bytes=8",
              "stride instruction=0 field=3 bytes=4 ring=0 ring_bytes=0",
              "stride instruction=1 field=1 bytes=4 ring=0 ring_bytes=8",
              "guard instruction=0 other=store posts=0 from=2 until=0",
              "guard instruction=1 other=load posts=1 from=0 until=6",
              disassemble(assemble(load(0, 0, " wait=store post=store"), Place{})),
              disassemble(assemble(store(0, 64, " wait=load post=load"), Place{})), "end"});
}

TEST_CASE("a block that several stores read becomes an inner loop whose first store waits for the load") {
  Lines lines;
  for (int k = 0; k < 6; ++k) {
    lines.push_back(load(4 * k, 4 * k, " post=store"));
    for (int s = 0; s < 5; ++s) lines.push_back(store(4 * k, 64 + 4 * s, s == 0 ? " wait=load" : ""));
  }
  const Lines found = rolled(lines);
  REQUIRE(found.size() == 11);
  CHECK(found[0] == "loop count=6 steps=0");
  CHECK(found[5] == "loop count=5 steps=0");
  CHECK(found[7] == "guard instruction=0 other=load posts=0 from=0 until=1");
}

TEST_CASE("the guard of one loop is enough where the executions that wait follow each other") {
  CHECK(ranges("xxxx", {4}) == "0-0");
  CHECK(ranges("--xx", {4}) == "2-0");
  CHECK(ranges("xx--", {4}) == "0-2");
  CHECK(ranges("-x--", {4}) == "1-2");
  CHECK(ranges("----xxxxxxx-", {3, 4}) == "4-11 0-0");
}

TEST_CASE("an inner loop's guard says what is alike in each iteration, an outer one's where that begins") {
  CHECK(ranges("---x---x---x", {3, 4}) == "0-0 3-0");
  CHECK(ranges("---x---x----", {3, 4}) == "0-8 3-0");
  CHECK(ranges("----x---x---", {3, 4}) == "4-0 0-1");
  CHECK(ranges("xx--xx--xx--xx--xx------", {3, 2, 4}) == "0-18 0-0 0-2");
}

TEST_CASE("a guard whose end lies before its begin leaves out what lies between") {
  CHECK(ranges("xx-xxx", {6}) == "3-2");
  CHECK(ranges("xxxx--xx", {2, 4}) == "6-4 0-0");
  CHECK(ranges("---x---x-------x", {4, 4}) == "12-11 3-0");
}

TEST_CASE("executions that no interval of each loop tells apart have no guards") {
  CHECK(ranges("x-x-x", {5}) == "none");
  CHECK(ranges("-x-x", {4}) == "none");
  CHECK(ranges("x--x-xx-", {2, 4}) == "none");
}

TEST_CASE("time steps that were not written are guarded as those around them, which must be alike") {
  const Numbering number = {2, 100};  // iterations 0, 1, 102, 103
  CHECK(ranges("xxxx", {4}, number) == "0-0");
  CHECK(ranges("-xxx", {4}, number) == "1-0");
  CHECK(ranges("xxx-", {4}, number) == "0-103");
  CHECK(ranges("xx--", {4}, number) == "none");
  CHECK(ranges("--xx", {4}, number) == "none");
}
