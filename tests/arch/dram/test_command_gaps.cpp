// SPDX-License-Identifier: Apache-2.0
// Requests made so that exactly one constraint binds: the controller uses every cycle that it leaves.
#include "tests/arch/dram/devices.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tricycle;
using tricycle::test::distinct_device;
using tricycle::test::DramBench;
using tricycle::test::kinds;
using enum DramCommandKind;

struct Spot {
  std::int32_t rank, group, bank;
  std::int64_t row, column;
};
constexpr Spot here = {0, 1, 0, 0, 0};

DramAddress at(const Spot& p) {
  return {0, p.rank, p.group, p.bank, p.row, p.column};
}

/// Writes are moved as soon as no command waits.
DramDevice eager() {
  DramDevice device = distinct_device();
  device.controller.write_low = 0;
  return device;
}
DramDevice closed() {
  DramDevice device = eager();
  device.controller.page = DramPage::closed;
  return device;
}

struct Step {
  bool write;
  Spot place;
};

/// Opens the rows of both steps with reads, waits, and lets the steps arrive in two cycles after each other.
std::vector<DramCommand> on_open_rows(const DramDevice& device, const Step& first, const Step& second) {
  DramBench bench(device);
  for (const Step* step : {&first, &second}) {
    Spot opened = step->place;
    opened.column = 15;
    bench.read(at(opened));
    bench.advance(200);
  }
  bench.commands.clear();
  for (const Step* step : {&first, &second}) {
    step->write ? bench.write(at(step->place)) : bench.read(at(step->place));
    bench.advance(1);
  }
  bench.advance(200);
  return bench.commands;
}

DramCycles gap(const std::vector<DramCommand>& commands, std::size_t i) {
  return commands.at(i).cycle - commands.at(i - 1).cycle;
}

}  // namespace

TEST_CASE("an activate is followed by its read after tRCDRD, 15, and by its write after tRCDWR, 8") {
  DramBench reads(eager());
  reads.read(at(here));
  reads.advance(100);
  REQUIRE(kinds(reads.commands) == "ACT RD");
  CHECK(reads.commands[0].cycle == 1);  // arrived in 0, moved to its bank's queue, chosen in the next
  CHECK(gap(reads.commands, 1) == 15);
  REQUIRE(reads.answers.size() == 1);
  CHECK(reads.answers[0].cycle == 1 + 15 + 13 + 4);  // CL and the burst
  DramBench writes(eager());
  writes.write(at(here));
  writes.advance(100);
  REQUIRE(kinds(writes.commands) == "ACT WR");
  CHECK(gap(writes.commands, 1) == 8);
  CHECK(writes.answers.at(0).cycle == 1);
}

TEST_CASE("activates come tRRD_S, 4, apart in two bank groups and tRRD_L, 12, apart in one") {
  for (const auto& [other, cycles] : {std::pair(Spot{0, 2, 0, 0, 0}, 4), {Spot{0, 1, 1, 0, 0}, 12}}) {
    DramBench bench(eager());
    bench.read(at(here));
    bench.read(at(other));
    bench.advance(100);
    const auto activates = bench.of(activate);
    REQUIRE(activates.size() == 2);
    CHECK(activates[1].cycle - activates[0].cycle == static_cast<DramCycles>(cycles));
  }
}

TEST_CASE("five reads of five banks: the fifth activate waits for tFAW, 37, the others for tRRD_S") {
  DramBench bench(eager());
  for (const Spot& place : {Spot{0, 0, 0, 0, 0}, Spot{0, 1, 0, 0, 0}, Spot{0, 2, 0, 0, 0},
                            Spot{0, 3, 0, 0, 0}, Spot{0, 0, 1, 0, 0}})
    bench.read(at(place));
  bench.advance(200);
  std::vector<DramCycles> cycles;
  for (const DramCommand& command : bench.of(activate)) cycles.push_back(command.cycle);
  CHECK(cycles == std::vector<DramCycles>{1, 5, 9, 13, 38});
}

TEST_CASE("33 reads of other rows: the 33rd activate waits for t32AW where it is longer than 8 tFAW") {
  DramDevice device = eager();
  device.timing.t32AW = 700;
  device.controller.request_queue = 64;
  DramBench bench(device);
  for (std::int32_t i = 0; i < 33; ++i) bench.read(at({0, i % 4, i / 4 % 2, i / 8, 0}));
  bench.advance(3000);
  const auto activates = bench.of(activate);
  REQUIRE(activates.size() == 33);
  CHECK(activates[32].cycle - activates[0].cycle == 700);
}

TEST_CASE("a second row of a bank: tRAS, 31, after the activate to the precharge and tRP, 10, to the next") {
  DramBench bench(eager());
  bench.read(at(here));
  bench.read(at({0, 1, 0, 1, 0}));
  bench.advance(200);
  REQUIRE(kinds(bench.commands) == "ACT RD PRE ACT RD");
  CHECK(bench.commands[2].cycle - bench.commands[0].cycle == 31);
  CHECK(bench.commands[3].cycle - bench.commands[0].cycle == 43);  // tRC, not 31 + 10
  DramDevice device = eager();
  device.timing.tRC = 41;
  DramBench shorter(device);
  shorter.read(at(here));
  shorter.read(at({0, 1, 0, 1, 0}));
  shorter.advance(200);
  CHECK(gap(shorter.commands, 3) == 10);
}

TEST_CASE("a row read late is precharged tRTP, 14, after the read and activated tRP, 10, after that") {
  DramBench other(eager());
  other.read(at(here));
  other.advance(200);
  other.read(at({0, 1, 0, 0, 1}));
  other.read(at({0, 1, 0, 1, 0}));
  other.advance(200);
  REQUIRE(kinds(other.commands) == "ACT RD RD PRE ACT RD");
  CHECK(gap(other.commands, 3) == 14);
  CHECK(gap(other.commands, 4) == 10);
}

TEST_CASE("a row written is precharged tWR, 17, after the data's end: 30 cycles after the write") {
  DramBench bench(eager());
  bench.write(at(here));
  bench.advance(2);
  bench.read(at({0, 1, 0, 1, 0}));
  bench.advance(200);
  REQUIRE(kinds(bench.commands) == "ACT WR PRE ACT RD");
  CHECK(gap(bench.commands, 2) == 30);
  CHECK(gap(bench.commands, 3) == 10);
}

TEST_CASE(
    "closed pages: tRC, 43, binds after a short read, tRTP + tRP, 24, after a late one, 40 after a write") {
  DramBench bench(closed());
  bench.read(at(here));
  bench.read(at({0, 1, 0, 1, 0}));
  bench.advance(200);
  REQUIRE(kinds(bench.commands) == "ACT RDA ACT RDA");
  CHECK(bench.commands[2].cycle - bench.commands[0].cycle == 43);
  DramDevice device = closed();
  device.timing.tRAS = 20;
  device.timing.tRC = 30;
  DramBench shorter(device);
  shorter.read(at(here));
  shorter.read(at({0, 1, 0, 1, 0}));
  shorter.advance(200);
  CHECK(gap(shorter.commands, 2) == 24);
  DramBench written(closed());
  written.write(at(here));
  written.write(at({0, 1, 0, 1, 0}));
  written.advance(200);
  REQUIRE(kinds(written.commands) == "ACT WRA ACT WRA");
  CHECK(gap(written.commands, 2) == 40);
}

TEST_CASE("reads and writes of open rows come 6 apart in a bank group (tCCD_L), 5 apart in two (tCCD_S)") {
  for (const bool write : {false, true}) {
    CHECK(gap(on_open_rows(eager(), {write, here}, {write, {0, 1, 0, 0, 1}}), 1) == 6);
    CHECK(gap(on_open_rows(eager(), {write, here}, {write, {0, 1, 1, 0, 0}}), 1) == 6);
    CHECK(gap(on_open_rows(eager(), {write, here}, {write, {0, 2, 0, 0, 0}}), 1) == 5);
  }
}

TEST_CASE("a write after a read waits 11 cycles on either rank, a read after a write 27, 18 or 3") {
  const auto turn = [](const Step& first, const Step& second) {
    const std::vector<DramCommand> commands = on_open_rows(eager(), first, second);
    REQUIRE(kinds(commands) == (first.write ? "WR RD" : "RD WR"));
    return gap(commands, 1);
  };
  CHECK(turn({false, here}, {true, {0, 1, 0, 0, 1}}) == 11);
  CHECK(turn({false, here}, {true, {0, 2, 0, 0, 0}}) == 11);
  CHECK(turn({false, here}, {true, {1, 1, 0, 0, 0}}) == 11);
  CHECK(turn({true, here}, {false, {0, 1, 0, 0, 1}}) == 27);
  CHECK(turn({true, here}, {false, {0, 1, 1, 0, 0}}) == 27);
  CHECK(turn({true, here}, {false, {0, 2, 0, 0, 0}}) == 18);
  CHECK(turn({true, here}, {false, {1, 1, 0, 0, 0}}) == 3);
}

TEST_CASE("on the other rank a read follows a read after 7 cycles, a write a write after 4") {
  CHECK(gap(on_open_rows(eager(), {false, here}, {false, {1, 1, 0, 0, 0}}), 1) == 7);
  CHECK(gap(on_open_rows(eager(), {true, here}, {true, {1, 1, 0, 0, 0}}), 1) == 4);
}

TEST_CASE("two precharges of a rank come tPPD, 2, apart") {
  DramBench bench(eager());
  const Spot there = {0, 2, 0, 0, 0};
  bench.read(at(here));
  bench.read(at(there));
  bench.advance(200);
  bench.read(at({0, 1, 0, 1, 0}));
  bench.read(at({0, 2, 0, 1, 0}));
  bench.advance(200);
  const auto precharges = bench.of(precharge);
  REQUIRE(precharges.size() == 2);
  CHECK(precharges[1].cycle - precharges[0].cycle == 2);
}

TEST_CASE("a read of a rank under refresh is activated tRFC, 200, after it, of a bank alone tRFCpb, 90") {
  DramDevice device = eager();
  device.controller.refresh = DramRefresh::all_bank;
  DramBench bench(device);
  bench.advance(2501);  // rank 0's turn comes in 5000 / 2
  bench.read(at(here));
  bench.advance(300);
  REQUIRE(kinds(bench.commands) == "REFab ACT RD");
  CHECK(bench.commands[0].cycle == 2500);
  CHECK(gap(bench.commands, 1) == 200);
  device.controller.refresh = DramRefresh::per_bank;
  DramBench alone(device);
  alone.advance(301);  // 600 / 2: the first bank of rank 0
  alone.read(at({0, 0, 0, 0, 0}));
  alone.advance(200);
  REQUIRE(kinds(alone.commands) == "REFpb ACT RD");
  CHECK(alone.commands[0].cycle == 300);
  CHECK(gap(alone.commands, 1) == 90);
}

TEST_CASE("an open row is precharged for a refresh: tRP, 10, between them") {
  DramDevice device = eager();
  device.controller.refresh = DramRefresh::all_bank;
  DramBench bench(device);
  bench.read(at(here));
  bench.advance(2600);
  REQUIRE(kinds(bench.commands) == "ACT RD PRE REFab");
  CHECK(bench.commands[2].cycle == 2500);
  CHECK(gap(bench.commands, 3) == 10);
}
