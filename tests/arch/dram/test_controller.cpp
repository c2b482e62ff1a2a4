// SPDX-License-Identifier: Apache-2.0
#include "tests/arch/dram/devices.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tricycle;
using tricycle::test::address_of;
using tricycle::test::distinct_device;
using tricycle::test::DramBench;
using tricycle::test::kinds;

using Ids = std::vector<std::uint64_t>;

DramDevice fcfs() {
  DramDevice device = distinct_device();
  device.controller.scheduler = DramScheduler::fcfs;
  return device;
}

DramAddress row(std::int64_t row, std::int64_t column = 0) {
  return {0, 0, 0, 0, row, column};
}

}  // namespace

TEST_CASE("FR-FCFS: a later read of the open row overtakes an earlier one of another row") {
  DramBench bench(distinct_device());
  bench.read(row(0, 0));  // opens
  bench.read(row(1, 0));
  bench.read(row(0, 1));
  bench.read(row(0, 2));
  bench.advance(300);
  CHECK(kinds(bench.commands) == "ACT RD RD RD PRE ACT RD");
  CHECK(bench.reads_answered() == Ids{0, 2, 3, 1});
  CHECK(bench.statistics().read_row_hits == 2);
}

TEST_CASE("FCFS: reads are answered in the order in which they came, whatever rows are open") {
  DramBench bench(fcfs());
  bench.read(row(0, 0));
  bench.read(row(1, 0));
  bench.read(row(0, 1));
  bench.read({0, 1, 2, 0, 0, 0});
  bench.advance(400);
  CHECK(bench.reads_answered() == Ids{0, 1, 2, 3});
  CHECK(kinds(bench.commands) == "ACT RD PRE ACT RD PRE ACT RD ACT RD");
}

TEST_CASE("FCFS: a write between two reads is written between them") {
  DramBench bench(fcfs());
  bench.read(row(0, 0));
  bench.write(row(0, 1));
  bench.read(row(0, 2));
  bench.advance(300);
  CHECK(kinds(bench.commands) == "ACT RD WR RD");
}

TEST_CASE("a row that was served 4 times is closed for an older request although another wants it") {
  // tRTP is 4, less than tCCD_L, 6: the precharge may come before the next hit.
  DramDevice device = distinct_device();
  device.timing.tRTP = 4;
  device.controller.command_queue = 16;
  for (const auto& [cap, expected] :
       {std::pair(4, "RD RD RD PRE ACT RD PRE ACT RD RD RD"), {100, "RD RD RD RD RD RD PRE ACT RD"}}) {
    device.controller.row_hits = cap;
    DramBench bench(device);
    bench.read(row(0, 15));  // the first use
    bench.advance(200);
    bench.commands.clear();
    bench.read(row(0, 0));
    bench.read(row(1, 0));
    for (std::int64_t column = 1; column < 6; ++column) bench.read(row(0, column));
    bench.advance(600);
    CHECK(kinds(bench.commands) == expected);
  }
}

TEST_CASE("closed pages: every read and write precharges its row, and none hits") {
  DramDevice device = distinct_device();
  device.controller.page = DramPage::closed;
  device.controller.write_low = 0;
  DramBench bench(device);
  bench.read(row(0, 0));
  bench.read(row(0, 1));
  bench.advance(300);
  bench.write(row(0, 2));
  bench.advance(300);
  CHECK(kinds(bench.commands) == "ACT RDA ACT RDA ACT WRA");
  CHECK(bench.statistics().read_row_hits == 0);
  CHECK(bench.statistics().write_row_hits == 0);
}

TEST_CASE("a read of what waits to be written is answered in the next cycle, without a command") {
  DramBench bench(distinct_device());
  bench.write(row(0, 3));
  bench.advance(10);
  bench.read(row(0, 3));
  bench.advance(300);
  REQUIRE(bench.answers.size() == 2);
  CHECK(bench.answers[1].cycle == 11);
  CHECK(bench.commands.empty());  // one write is fewer than write_low, 8
  CHECK(bench.statistics().forwarded_reads == 1);
  CHECK(bench.statistics().reads == 1);
  CHECK(bench.statistics().read_latency_max == 1);
}

TEST_CASE("two reads of one request's bytes that wait together are one command and two answers") {
  DramBench bench(distinct_device());
  bench.read(row(0, 3));
  bench.advance(2);
  bench.read(row(0, 3));
  bench.advance(300);
  CHECK(kinds(bench.commands) == "ACT RD");
  REQUIRE(bench.answers.size() == 2);
  CHECK(bench.answers[0].cycle == bench.answers[1].cycle);
  CHECK(bench.answers[0].arrival == 0);
  CHECK(bench.answers[1].arrival == 2);
  CHECK(bench.statistics().merged == 1);
  bench.read(row(0, 3));  // the first two are over: a command of its own
  bench.advance(300);
  CHECK(kinds(bench.commands) == "ACT RD RD");
}

TEST_CASE("two writes of one request's bytes that wait together are one command") {
  DramDevice device = distinct_device();
  device.controller.write_low = 0;
  DramBench bench(device);
  bench.write(row(0, 3));
  bench.write(row(0, 3));
  bench.advance(300);
  CHECK(kinds(bench.commands) == "ACT WR");
  CHECK(bench.answers.size() == 2);
  CHECK(bench.statistics().merged == 1);
}

TEST_CASE("an address and the same one a capacity further are one place") {
  const DramDevice device = distinct_device();
  const auto bytes = static_cast<std::uint64_t>(device.geometry.bytes());
  DramBench bench(device);
  bench.model().add(0, 640, true);
  bench.model().add(1, 640 + bytes, false);
  bench.advance(2);
  CHECK(bench.statistics().forwarded_reads == 1);
}

TEST_CASE("idle, 8 writes wait and the ninth drains all; with the queue full of 32 they go before reads") {
  DramBench bench(distinct_device());
  for (std::int64_t i = 0; i < 8; ++i) bench.write(row(0, i));
  bench.advance(500);
  CHECK(bench.of(DramCommandKind::write).empty());
  CHECK(bench.model().busy());
  bench.write(row(0, 8));
  bench.advance(500);
  CHECK(bench.of(DramCommandKind::write).size() == 9);
  CHECK_FALSE(bench.model().busy());
}

TEST_CASE("31 writes let reads pass, 32 go before them") {
  for (const int writes : {31, 32}) {
    DramDevice device = distinct_device();
    DramBench bench(device);
    bench.read({0, 0, 1, 0, 0, 0});  // keeps a command waiting: not idle
    bench.advance(1);
    for (std::int64_t i = 0; i < writes; ++i)
      bench.write({0, 1, static_cast<std::int32_t>(i % 4), 0, 0, i / 4});
    for (std::int64_t i = 0; i < 16; ++i) bench.read({0, 0, static_cast<std::int32_t>(i % 4), 1, 0, i / 4});
    bench.advance(50);
    INFO(writes);
    CHECK(bench.of(DramCommandKind::write).empty() == (writes == 31));
  }
}

TEST_CASE("an older read goes before the write to its bytes, also when the queue of one write is full") {
  DramDevice device = distinct_device();
  device.controller.request_queue = 1;
  DramBench bench(device);
  bench.read(row(0, 3));
  bench.write(row(0, 3));
  bench.advance(300);
  CHECK(kinds(bench.commands) == "ACT RD WR");
  CHECK(bench.answers.size() == 2);
}

TEST_CASE("writes never end and fill their queue again and again: a read waits for two drains of 32") {
  const DramDevice device = distinct_device();
  DramBench bench(device);
  for (std::int64_t i = 0; bench.model().now() < 20000; bench.advance(1)) {
    const DramAddress at = {0, 0, static_cast<std::int32_t>(i % 4), 0, i / 64 % 8, i / 4 % 16};
    if (bench.model().now() == 1000) {
      bench.read({0, 1, 0, 0, 0, 0});
    } else if (bench.model().accepts(address_of(device, at), true)) {
      bench.write(at);
      ++i;
    }
  }
  const auto read = std::find_if(bench.answers.begin(), bench.answers.end(),
                                 [](const DramAnswer& answer) { return !answer.write; });
  REQUIRE(read != bench.answers.end());
  const auto reads = bench.of(DramCommandKind::read);
  REQUIRE(reads.size() == 1);
  const auto writes = bench.of(DramCommandKind::write);
  const auto between = std::count_if(writes.begin(), writes.end(), [&](const DramCommand& command) {
    return command.cycle > 1000 && command.cycle < reads[0].cycle;
  });
  // The rest of a drain, two more, and what the command queues of four banks held.
  CHECK(between <= 3 * 32 + 8 * 4);
}

TEST_CASE("a queue of 4 accepts 4 reads and 4 writes, and one more when one has moved on") {
  DramDevice device = distinct_device();
  device.controller.request_queue = 4;
  DramBench bench(device);
  const std::uint64_t next = address_of(device, row(9));
  for (std::int64_t i = 0; i < 4; ++i) {
    CHECK(bench.model().accepts(next, false));
    bench.read(row(i));
  }
  CHECK_FALSE(bench.model().accepts(next, false));
  CHECK(bench.model().accepts(next, true));
  bench.advance(1);
  CHECK(bench.model().accepts(next, false));
  for (std::int64_t i = 0; i < 4; ++i) {
    CHECK(bench.model().accepts(next, true));
    bench.write(row(20 + i));
  }
  CHECK_FALSE(bench.model().accepts(next, true));
}

TEST_CASE("FCFS has one queue: 4 requests of either kind fill a queue of 4") {
  DramDevice device = fcfs();
  device.controller.request_queue = 4;
  DramBench bench(device);
  bench.read(row(0));
  bench.write(row(1));
  bench.read(row(2));
  CHECK(bench.model().accepts(0, true));
  bench.write(row(3));
  CHECK_FALSE(bench.model().accepts(0, true));
  CHECK_FALSE(bench.model().accepts(0, false));
}

TEST_CASE("a channel's full queue does not fill another channel's") {
  DramDevice device = distinct_device();
  device.geometry.channels = 2;
  device.controller.request_queue = 1;
  DramBench bench(device);
  bench.read({0, 0, 0, 0, 0, 0});
  CHECK_FALSE(bench.model().accepts(address_of(device, {0, 0, 0, 0, 5, 0}), false));
  CHECK(bench.model().accepts(address_of(device, {1, 0, 0, 0, 5, 0}), false));
  bench.read({1, 0, 0, 0, 0, 0});
  bench.advance(100);
  REQUIRE(bench.commands.size() == 4);
  CHECK(bench.of(DramCommandKind::read)[0].cycle == bench.of(DramCommandKind::read)[1].cycle);
}

TEST_CASE("two command buses: a read and an activate share a cycle that one bus gives to the read") {
  const auto commands_with = [](std::int64_t buses) {
    DramDevice device = distinct_device();
    device.controller.command_buses = buses;
    DramBench bench(device);
    bench.read(row(0));
    bench.advance(100);
    bench.commands.clear();
    bench.read(row(0, 1));  // in the bank's queue after cycle 100, read in 101
    bench.read(row(0, 2));  // read in 101 + tCCD_L
    bench.advance(6);
    bench.read({0, 0, 2, 0, 0, 0});  // in its queue after cycle 106
    bench.read({0, 1, 2, 0, 0, 0});  // after 107, on the other rank
    bench.advance(3);
    std::vector<DramCycles> cycles;
    for (const DramCommand& command : bench.commands) cycles.push_back(command.cycle);
    return cycles;
  };
  CHECK(commands_with(1) == std::vector<DramCycles>{101, 107, 108});
  CHECK(commands_with(2) == std::vector<DramCycles>{101, 107, 107, 108});
}

TEST_CASE(
    "reads of an open row never end and come closer than tRTP: one of another row is answered all the same") {
  DramDevice device = distinct_device();
  DramBench bench(device);
  std::uint64_t old = 0, arrived = 0;
  for (std::int64_t i = 0; bench.model().now() < 20000; bench.advance(1)) {
    if (bench.model().now() == 300) {
      old = arrived++;
      bench.read(row(1, 0));
    } else if (bench.model().accepts(address_of(device, row(0)), false)) {
      ++arrived;
      bench.read(row(0, i++ % 16));
    }
  }
  const auto found = std::find_if(bench.answers.begin(), bench.answers.end(),
                                  [&](const DramAnswer& answer) { return answer.id == old; });
  REQUIRE(found != bench.answers.end());
  // 16 reads that wait at most, tCCD_L apart; then tRTP, tRP, tRCDRD, CL and a burst.
  CHECK(found->cycle - found->arrival <= 16 * 6 + 14 + 10 + 15 + 13 + 4);
}
