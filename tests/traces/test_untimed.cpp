// SPDX-License-Identifier: Apache-2.0
#include "arch/params/machine.hpp"
#include "tests/catch.hpp"
#include "tests/traces/sample.hpp"
#include "traces/tools/check.hpp"
#include "traces/tools/untimed.hpp"

namespace {

using tricycle::engine_count;
using tricycle::engine_of;
using tricycle::Instruction;
using tricycle::Issued;
using tricycle::Random;
using tricycle::run_untimed;
using tricycle::Trace;
using tricycle::test::message_of;
using tricycle::test::sample_trace;
using tricycle::test::sample_with;
using tricycle::test::small_machine;

const std::string load_x =
    "load memory=activation address=0 stride=2 dram=0 dram_stride=2 rows=1 row_bytes=2 once=0";
const std::string store_x =
    "store memory=activation address=0 stride=2 dram=0 dram_stride=2 rows=1 row_bytes=2";

/// A program whose first load waits for a store that stands behind `between` more loads.
std::vector<Instruction> crossed(int between) {
  std::vector<std::string> lines = {load_x + " wait=store"};
  for (int i = 0; i < between; ++i) lines.push_back(load_x);
  lines.push_back(store_x + " post=load");
  lines.emplace_back("halt");
  return sample_with(lines).code;
}

std::vector<std::size_t> order_of(const std::vector<Instruction>& code, std::int64_t depth) {
  std::vector<std::size_t> order;
  CHECK(run_untimed(code, {depth}, [&](const Issued& issued) { order.push_back(issued.index); }).finished);
  return order;
}

}  // namespace

TEST_CASE("a program that deadlocks in queues of depth 1 runs in queues of depth 2") {
  const auto code = crossed(1);
  const auto shallow = run_untimed(code, {1}, [](const Issued&) {});
  CHECK_FALSE(shallow.finished);
  CHECK(shallow.deadlock == "load waits at instruction 0 for store");
  CHECK(order_of(code, 2) == std::vector<std::size_t>{2, 0, 1});
}

TEST_CASE("a program with n loads before the post needs queues of n + 1") {
  for (int n = 0; n < 20; ++n) {
    if (n > 0) CHECK_FALSE(run_untimed(crossed(n), {n}, [](const Issued&) {}).finished);
    CHECK(run_untimed(crossed(n), {n + 1}, [](const Issued&) {}).finished);
  }
}

TEST_CASE("the check of a trace takes the machine's own queue depth") {
  Trace trace = sample_with({});
  trace.code = crossed(1);
  trace.input.rows = 1;
  const auto check = [&](std::int64_t depth) {
    return message_of([&] { check_order(trace, small_machine(depth), "t"); });
  };
  CHECK(check(1) == "t: error: deadlock: load waits at instruction 0 for store");
  CHECK(check(2) ==
        "t: error: instruction 2 (store): reads 'address' in the activation memory at 0 before it was "
        "written");
}

TEST_CASE("a halt alone finishes, and code without one does not") {
  CHECK(run_untimed(sample_with({"halt"}).code, {1}, [](const Issued&) {}).finished);
  const auto result = run_untimed(sample_with({load_x}).code, {1}, [](const Issued&) {});
  CHECK_FALSE(result.finished);
  CHECK(result.deadlock == "the code ends without a halt");
  CHECK(run_untimed({}, {1}, [](const Issued&) {}).deadlock == "the code ends without a halt");
}

TEST_CASE("two engines that wait for each other are both named") {
  const auto code =
      sample_with({load_x + " wait=store post=store", store_x + " wait=load post=load", "halt"}).code;
  const auto result = run_untimed(code, {8}, [](const Issued&) {});
  CHECK_FALSE(result.finished);
  CHECK(result.deadlock == "load waits at instruction 0 for store; store waits at instruction 1 for load");
}

TEST_CASE("one post is one token: it lets one wait pass") {
  const auto code =
      sample_with({load_x + " post=store", store_x + " wait=load", store_x + " wait=load", "halt"}).code;
  int executed = 0;
  const auto result = run_untimed(code, {8}, [&](const Issued&) { ++executed; });
  CHECK_FALSE(result.finished);
  CHECK(executed == 2);
  CHECK(result.deadlock == "store waits at instruction 2 for load");
}

TEST_CASE("every instruction of a random program that finishes runs once, in its engine's order") {
  Random random(31);
  int finished = 0;
  for (int round = 0; round < 500; ++round) {
    std::vector<Instruction> code;
    const Trace sample = sample_trace();
    for (std::uint64_t n = random.below(30); n > 0; --n) {
      code.push_back(sample.code[random.below(4)]);
      code.back().wait.bits = 0;
      code.back().post.bits = 0;
    }
    // Tokens from earlier to later instructions, each waited for once.
    for (std::size_t i = 1; i < code.size(); ++i) {
      Instruction& from = code[random.below(i)];
      if (engine_of(from) == engine_of(code[i]) || from.post.has(engine_of(code[i]))) continue;
      if (random.chance(0.2)) continue;
      from.post.add(engine_of(code[i]));
      code[i].wait.add(engine_of(from));
    }
    code.push_back(sample.code.back());
    std::vector<int> times(code.size(), 0);
    std::vector<std::size_t> last(engine_count, 0);
    const auto result =
        run_untimed(code, {static_cast<std::int64_t>(random.below(4)) + 1}, [&](const Issued& issued) {
          const std::size_t i = issued.index;
          ++times[i];
          std::size_t& before = last[static_cast<std::size_t>(engine_of(code[i]))];
          REQUIRE(i + 1 > before);
          before = i + 1;
        });
    if (!result.finished) continue;
    ++finished;
    for (std::size_t i = 0; i + 1 < code.size(); ++i) REQUIRE(times[i] == 1);
  }
  CHECK(finished > 250);
}

TEST_CASE("the sample's sums are those of its packed operands") {
  // Inputs a7 53: nonzero 10100111, signs 01010011, lane 0 first. Planes of a zero are zero in both.
  Trace trace = sample_trace();
  const auto spec = small_machine();
  tricycle::Memories memories(spec, trace.dram_bytes);
  const auto put = [&](std::size_t at, std::initializer_list<int> bytes) {
    for (const int byte : bytes) memories.dram[at++] = static_cast<std::uint8_t>(byte);
  };
  put(0, {0b00001111, 0b00000101});    // -1 +1 -1 +1 0 0 0 0
  put(128, {0b00000011, 0b00000011});  // -1 -1 0 0 ...: +1 - 1 = 0
  put(130, {0b11111111, 0b00000101});  // -1 +1 -1 +1 ...: 4
  std::vector<std::size_t> completed;
  const auto result = execute_untimed(trace.code, spec, memories,
                                      [&](const Issued& issued) { completed.push_back(issued.index); });
  CHECK(result.finished);
  CHECK(result.overflows == 0);
  CHECK(completed == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(std::vector<std::uint8_t>(memories.dram.begin() + 64, memories.dram.begin() + 72) ==
        std::vector<std::uint8_t>{0, 0, 0, 0, 4, 0, 0, 0});
}
