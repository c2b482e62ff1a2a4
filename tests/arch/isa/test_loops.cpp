// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/loops.hpp"
#include "support/diagnostics.hpp"
#include "support/random.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

std::vector<Instruction> program(const std::vector<std::string>& lines) {
  std::vector<Instruction> code;
  for (const std::string& line : lines) code.push_back(assemble(line, Place{}));
  return code;
}

/// A load to `address` from `dram`.
std::string load(const std::string& address, const std::string& dram, const std::string& more = "") {
  return "load memory=weight address=" + address + " stride=4 dram=" + dram +
         " dram_stride=4 rows=1 row_bytes=4 once=0" + more;
}
std::string store(const std::string& address, const std::string& dram, const std::string& more = "") {
  return "store memory=weight address=" + address + " stride=4 dram=" + dram +
         " dram_stride=4 rows=1 row_bytes=4" + more;
}

/// The addresses on chip of what a program issues.
std::vector<std::uint32_t> addresses(const std::vector<Instruction>& code) {
  std::vector<std::uint32_t> result;
  for_each_issued(code, Loops(code), [&](const Issued& issued) {
    CHECK(issued.number == result.size());
    result.push_back(std::get<isa::Load>(issued.instruction.operation).address);
  });
  return result;
}

std::string defect(const std::vector<std::string>& lines) {
  const auto code = program(lines);
  const auto found = loop_defect(code);
  return found ? std::to_string(found->instruction) + ": " + found->message : "";
}

}  // namespace

TEST_CASE("a loop of 3 iterations moves an address by its stride in each") {
  const auto code =
      program({"loop count=3 steps=0", "stride instruction=0 field=1 bytes=8 ring=0 ring_bytes=0",
               load("100", "0"), "end", "halt"});
  CHECK(addresses(code) == std::vector<std::uint32_t>{100, 108, 116});
}

TEST_CASE("a stride of 2^32 - 8 bytes moves an address back by 8") {
  const auto code =
      program({"loop count=3 steps=0", "stride instruction=0 field=1 bytes=4294967288 ring=0 ring_bytes=0",
               load("100", "0"), "end", "halt"});
  CHECK(addresses(code) == std::vector<std::uint32_t>{100, 92, 84});
}

TEST_CASE("an address in a ring of two places of 64 bytes is in each in turn") {
  const auto code =
      program({"loop count=5 steps=0", "stride instruction=0 field=1 bytes=64 ring=0 ring_bytes=128",
               load("64", "0"), "end", "halt"});
  CHECK(addresses(code) == std::vector<std::uint32_t>{64, 0, 64, 0, 64});
}

TEST_CASE("a ring goes on from one round of an inner loop to the next where the outer loop adds that round") {
  const auto code =
      program({"loop count=3 steps=0", "stride instruction=2 field=1 bytes=8 ring=8 ring_bytes=12",
               "loop count=2 steps=0", "stride instruction=0 field=1 bytes=4 ring=8 ring_bytes=12",
               load("8", "0"), "end", "end", "halt"});
  CHECK(addresses(code) == std::vector<std::uint32_t>{8, 12, 16, 8, 12, 16});
}

TEST_CASE("in nested loops the offsets of both add up, and the inner one starts again") {
  const auto code =
      program({"loop count=2 steps=0", "stride instruction=2 field=1 bytes=100 ring=0 ring_bytes=0",
               "loop count=3 steps=0", "stride instruction=0 field=1 bytes=8 ring=0 ring_bytes=0",
               load("0", "0"), "end", "end", "halt"});
  CHECK(addresses(code) == std::vector<std::uint32_t>{0, 8, 16, 100, 108, 116});
}

TEST_CASE("the 64-bit address of DRAM moves across 2^32") {
  const auto code =
      program({"loop count=2 steps=0", "stride instruction=0 field=3 bytes=16 ring=0 ring_bytes=0",
               load("0", "0xfffffff8"), "end", "halt"});
  std::vector<std::uint64_t> dram;
  for (const Instruction& instruction : unrolled(code)) {
    if (const auto* moved = std::get_if<isa::Load>(&instruction.operation)) dram.push_back(moved->dram);
  }
  CHECK(dram == std::vector<std::uint64_t>{0xfffffff8, 0x100000008});
}

TEST_CASE("time steps of a loop's instructions go up by its steps in each iteration") {
  auto code = program({"loop count=3 steps=2", load("0", "0"), load("4", "0"), "end", "halt"});
  code[2].step = 1;
  std::vector<std::uint32_t> steps;
  for (const Instruction& instruction : unrolled(code)) steps.push_back(instruction.step);
  CHECK(steps == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 0});
}

TEST_CASE("what is unrolled has no loops, and is what it was unrolled from if that had none") {
  const auto code = program({load("0", "0"), load("4", "4"), "halt"});
  CHECK(unrolled(code) == code);
}

TEST_CASE("an instruction in loops of 3 and 5 is executed 15 times") {
  const auto code = program(
      {"loop count=3 steps=0", load("0", "0"), "loop count=5 steps=0", load("4", "4"), "end", "end", "halt"});
  const Loops loops(code);
  CHECK(loops.executions(1) == 3);
  CHECK(loops.executions(3) == 15);
}

TEST_CASE("the extremes of an address are its smallest and largest of all iterations") {
  Random random(7);
  for (int n = 0; n < 200; ++n) {
    const auto number = [&](std::int64_t low, std::int64_t high) {
      return std::to_string(random.between(low, high));
    };
    const auto stride = [&] { return std::to_string(static_cast<std::uint32_t>(random.between(-100, 100))); };
    const auto code = program({"loop count=" + number(1, 6) + " steps=0",
                               "stride instruction=2 field=1 bytes=" + stride() + " ring=0 ring_bytes=0",
                               "loop count=" + number(1, 6) + " steps=0",
                               "stride instruction=0 field=1 bytes=" + stride() + " ring=0 ring_bytes=0",
                               load("5000", "0"), "end", "end", "halt"});
    const auto all = addresses(code);
    const auto extremes = Loops(code).extremes(code[4], 4);
    CHECK(std::get<isa::Load>(extremes[0].operation).address == *std::min_element(all.begin(), all.end()));
    CHECK(std::get<isa::Load>(extremes[1].operation).address == *std::max_element(all.begin(), all.end()));
  }
}

TEST_CASE("what is wrong with loops is said with the instruction") {
  CHECK(defect({"loop count=2 steps=0", load("0", "0"), "end", "halt"}).empty());
  CHECK(defect({"end", "halt"}) == "0: there is no loop that could end here");
  CHECK(defect({"loop count=2 steps=0", load("0", "0")}) == "0: the loop has no end");
  CHECK(defect({"loop count=2 steps=0", load("0", "0"), "halt", "end"}) == "2: a halt in a loop");
  CHECK(defect({"loop count=0 steps=0", load("0", "0"), "end", "halt"}) == "0: 'count' is at least 1");
  CHECK(defect({"loop count=2 steps=0", "end", "halt"}) == "1: the loop has no instructions");
  CHECK(defect({"loop count=2 steps=0", load("0", "0"),
                "stride instruction=0 field=1 bytes=4 ring=0 ring_bytes=0", "end", "halt"}) ==
        "2: stands neither behind its loop nor behind a stride or guard of that loop");
  CHECK(defect({"loop count=2 steps=0", "stride instruction=1 field=1 bytes=4 ring=0 ring_bytes=0",
                load("0", "0"), "end", "halt"}) == "1: 'instruction' is 1; the loop has 1");
  CHECK(defect({"loop count=2 steps=0", "stride instruction=0 field=0 bytes=4 ring=0 ring_bytes=0",
                load("0", "0"), "end", "halt"}) == "1: field 0 of instruction 2 (load) is no address");
  CHECK(defect({"loop count=2 steps=0", "stride instruction=0 field=9 bytes=4 ring=0 ring_bytes=0",
                load("0", "0"), "end", "halt"}) == "1: field 9 of instruction 2 (load) is no address");
  const std::string moves = "stride instruction=0 field=1 bytes=4 ";
  CHECK(defect({"loop count=2 steps=0", moves + "ring=0 ring_bytes=0", moves + "ring=0 ring_bytes=0",
                load("0", "0"), "end", "halt"}) == "3: 'address' has two strides in one loop");
  CHECK(defect({"loop count=2 steps=0", "stride instruction=2 field=1 bytes=4 ring=0 ring_bytes=8",
                "loop count=2 steps=0", moves + "ring=0 ring_bytes=12", load("0", "0"), "end", "end",
                "halt"}) == "4: 'address' has strides with different rings");
}

TEST_CASE("an address lies in its ring from the first byte to the last") {
  const auto with = [&](const std::string& address) {
    return defect({"loop count=2 steps=0", "stride instruction=0 field=1 bytes=4 ring=8 ring_bytes=12",
                   load(address, "0"), "end", "halt"});
  };
  CHECK(with("7") == "2: 'address' is 7, outside its ring of 12 bytes from 8 on");
  CHECK(with("8").empty());
  CHECK(with("19").empty());
  CHECK(with("20") == "2: 'address' is 20, outside its ring of 12 bytes from 8 on");
}

TEST_CASE("an address may reach 0 and 2^32 - 1 in a loop, and nothing beyond") {
  const auto with = [&](const std::string& address, const std::string& bytes) {
    return defect({"loop count=3 steps=0",
                   "stride instruction=0 field=1 bytes=" + bytes + " ring=0 ring_bytes=0", load(address, "0"),
                   "end", "halt"});
  };
  const std::string leaves = "2: 'address' leaves its range in some iteration of its loops";
  CHECK(with("16", "4294967288").empty());  // -8
  CHECK(with("15", "4294967288") == leaves);
  CHECK(with("4294967279", "8").empty());
  CHECK(with("4294967280", "8") == leaves);
}

TEST_CASE("a program with loops posts as often as it waits, or it is refused") {
  CHECK(defect({"loop count=2 steps=0", load("0", "0", " post=store"), store("0", "0", " wait=load"), "end",
                "halt"})
            .empty());
  CHECK(defect({"loop count=2 steps=0", load("0", "0", " post=store"), store("0", "0"), "end", "halt"}) ==
        "4: the program ends with 2 more posts from load to store than waits");
  CHECK(defect({"loop count=2 steps=0", load("0", "0"), store("0", "0", " wait=load"), "end", "halt"}) ==
        "4: the program ends with 2 fewer posts from load to store than waits");
  CHECK(defect({"loop count=2 steps=0", load("0", "0", " post=store"), "loop count=2 steps=0",
                store("0", "0", " wait=load"), "end", "end", "halt"}) ==
        "6: the program ends with 2 fewer posts from load to store than waits");
}

TEST_CASE("a post before a loop is for one iteration of it, and one of an outer loop for one of an inner") {
  CHECK(defect({load("0", "0", " post=store"), "loop count=4 steps=0",
                "guard instruction=0 other=load posts=0 from=0 until=1", store("0", "0", " wait=load"), "end",
                "halt"})
            .empty());
  CHECK(defect({"loop count=3 steps=0", load("0", "0", " post=store"), "loop count=4 steps=0",
                "guard instruction=0 other=load posts=0 from=2 until=3", store("0", "0", " wait=load"), "end",
                "end", "halt"})
            .empty());
}

TEST_CASE("8 loops lie in one another, 9 do not") {
  const auto nest = [](int depth) {
    std::vector<std::string> lines;
    for (int d = 0; d < depth; ++d) lines.emplace_back("loop count=1 steps=0");
    lines.push_back(load("0", "0"));
    for (int d = 0; d < depth; ++d) lines.emplace_back("end");
    lines.emplace_back("halt");
    return lines;
  };
  CHECK(defect(nest(8)).empty());
  CHECK(defect(nest(9)) == "8: more than 8 loops lie in one another");
}

namespace {

/// Which of the stores that a program issues wait: w, or -.
std::string waits(const std::vector<Instruction>& code) {
  std::string result;
  for_each_issued(code, Loops(code), [&](const Issued& issued) {
    if (std::holds_alternative<isa::Store>(issued.instruction.operation))
      result += issued.instruction.wait.empty() ? '-' : 'w';
  });
  return result;
}

/// A post for each of `count` waits, and then what waits for them.
std::vector<std::string> behind_posts(int count, const std::vector<std::string>& lines) {
  std::vector<std::string> all = {"loop count=" + std::to_string(count) + " steps=0",
                                  load("0", "0", " post=store"), "end"};
  all.insert(all.end(), lines.begin(), lines.end());
  all.emplace_back("halt");
  return all;
}

}  // namespace

TEST_CASE("an instruction waits from one execution of its guard's loop on, up to another") {
  CHECK(waits(program(
            behind_posts(2, {"loop count=5 steps=0", "guard instruction=0 other=load posts=0 from=2 until=4",
                             store("0", "0", " wait=load"), "end"}))) == "--ww-");
}

TEST_CASE("a guard that ends before it begins lets all wait but those between") {
  CHECK(waits(program(
            behind_posts(4, {"loop count=6 steps=0", "guard instruction=0 other=load posts=0 from=4 until=2",
                             store("0", "0", " wait=load"), "end"}))) == "ww--ww");
}

TEST_CASE("a guard of an outer loop counts executions through all iterations of the loop inside") {
  CHECK(waits(program(behind_posts(
            7, {"loop count=3 steps=0", "guard instruction=1 other=load posts=0 from=4 until=11",
                "loop count=4 steps=0", store("0", "0", " wait=load"), "end", "end"}))) == "----wwwwwww-");
}

TEST_CASE("an instruction waits where the guards of all loops around it let it") {
  // The last of each four, but not in the last round.
  CHECK(waits(program(
            behind_posts(2, {"loop count=3 steps=0", "guard instruction=2 other=load posts=0 from=0 until=8",
                             "loop count=4 steps=0", "guard instruction=0 other=load posts=0 from=3 until=0",
                             store("0", "0", " wait=load"), "end", "end"}))) == "---w---w----");
}

TEST_CASE("a guard of posts leaves waits alone") {
  const auto code = program({"loop count=3 steps=0", "guard instruction=1 other=load posts=1 from=0 until=2",
                             "guard instruction=0 other=store posts=0 from=1 until=0",
                             load("0", "0", " wait=store post=store"),
                             store("0", "0", " wait=load post=load"), "end", "halt"});
  REQUIRE_FALSE(loop_defect(code));
  CHECK(waits(code) == "www");
  std::string posts;
  for_each_issued(code, Loops(code), [&](const Issued& issued) {
    if (issued.index == 4) posts += issued.instruction.post.empty() ? '-' : 'p';
  });
  CHECK(posts == "pp-");
}

TEST_CASE("what is wrong with guards is said with the guard") {
  const auto with = [](const std::string& guard) {
    return defect({"loop count=4 steps=0", "guard " + guard, load("0", "0", " wait=store post=store"),
                   store("0", "0", " wait=load post=load"), "end", "halt"});
  };
  CHECK(with("instruction=0 other=store posts=0 from=0 until=0").empty());
  CHECK(with("instruction=0 other=store posts=0 from=1 until=4") ==
        "5: the program ends with 1 more posts from store to load than waits");
  CHECK(with("instruction=2 other=store posts=0 from=1 until=0") == "1: 'instruction' is 2; the loop has 2");
  CHECK(with("instruction=0 other=array posts=0 from=1 until=0") ==
        "1: instruction 2 (load) does not wait for array");
  CHECK(with("instruction=0 other=array posts=1 from=1 until=0") ==
        "1: instruction 2 (load) does not post to array");
  CHECK(with("instruction=0 other=store posts=2 from=1 until=0") == "1: 'posts' is 0 or 1");
  CHECK(with("instruction=0 other=store posts=0 from=2 until=2") == "1: 'from' and 'until' are both 2");
  CHECK(defect({"loop count=4 steps=0", "guard instruction=0 other=store posts=0 from=1 until=0",
                "guard instruction=0 other=store posts=0 from=2 until=0", load("0", "0", " wait=store"),
                "end", "halt"}) == "3: has two guards of one loop for one semaphore");
}

TEST_CASE("semaphores are counted in loops of more iterations than could be followed") {
  const std::string many = "loop count=1000000000 steps=0";
  CHECK(
      defect({many, many, load("0", "0", " post=store"), store("0", "0", " wait=load"), "end", "end", "halt"})
          .empty());
  CHECK(defect({many, "guard instruction=2 other=load posts=0 from=5 until=0", many,
                load("0", "0", " post=store"), store("0", "0", " wait=load"), "end", "end", "halt"}) ==
        "7: the program ends with 5 more posts from load to store than waits");
  CHECK(defect({many, many, many, load("0", "0", " post=store"), store("0", "0", " wait=load"), "end", "end",
                "end", "halt"}) == "3: is executed more often than semaphores are counted");
}
