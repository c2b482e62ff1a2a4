// SPDX-License-Identifier: Apache-2.0
#include "tests/arch/dram/devices.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tricycle;
using tricycle::test::distinct_device;
using tricycle::test::DramBench;
using tricycle::test::kinds;
using enum DramCommandKind;

DramDevice refreshed(DramRefresh refresh) {
  DramDevice device = distinct_device();
  device.controller.refresh = refresh;
  return device;
}

}  // namespace

TEST_CASE("a rank is refreshed every tREFI, 5000, two ranks half of it apart") {
  DramBench bench(refreshed(DramRefresh::all_bank));
  bench.advance(12501);
  std::vector<DramCycles> cycles;
  std::vector<std::int32_t> ranks;
  for (const DramCommand& command : bench.commands) {
    CHECK(command.kind == refresh);
    cycles.push_back(command.cycle);
    ranks.push_back(command.at.rank);
  }
  CHECK(cycles == std::vector<DramCycles>{2500, 5000, 7500, 10000, 12500});
  CHECK(ranks == std::vector<std::int32_t>{0, 1, 0, 1, 0});
  CHECK(bench.statistics().refreshes == 5);
  DramBench before(refreshed(DramRefresh::all_bank));
  before.advance(12500);  // cycles 0 to 12499
  CHECK(before.statistics().refreshes == 4);
}

TEST_CASE("per bank each rank has one refresh every tREFIpb, 600, of the next of its 8 banks") {
  DramBench bench(refreshed(DramRefresh::per_bank));
  bench.advance(300 * 17 + 1);
  REQUIRE(bench.commands.size() == 17);
  for (std::size_t i = 0; i < 17; ++i) {
    const DramCommand& command = bench.commands[i];
    CHECK(command.kind == refresh_bank);
    CHECK(command.cycle == 300 * (i + 1));
    CHECK(command.at.rank == static_cast<std::int32_t>(i % 2));
    CHECK(command.at.group * 2 + command.at.bank == static_cast<std::int32_t>(i / 2 % 8));
  }
  CHECK(bench.statistics().bank_refreshes == 17);
  CHECK(bench.statistics().refreshes == 0);
}

TEST_CASE("without refresh nothing happens in a million cycles") {
  DramBench bench(refreshed(DramRefresh::none));
  bench.advance(1'000'000);
  CHECK(bench.commands.empty());
  CHECK(bench.statistics().cycles == 1'000'000);
  CHECK(bench.statistics().precharged_cycles == 2'000'000);
}

TEST_CASE("while one bank is refreshed for 90 cycles the others of its rank are read; under tRFC none is") {
  const auto activated = [](DramRefresh refresh, const DramAddress& at) {
    DramBench bench(refreshed(refresh));
    const DramCycles due = refresh == DramRefresh::per_bank ? 300 : 2500;
    bench.advance(due + 1);
    bench.read(at);
    bench.advance(400);
    return bench.of(activate).at(0).cycle - due;
  };
  CHECK(activated(DramRefresh::per_bank, {0, 0, 0, 0, 0, 0}) == 90);
  CHECK(activated(DramRefresh::per_bank, {0, 0, 0, 1, 0, 0}) == 4);  // tRRD_S
  CHECK(activated(DramRefresh::per_bank, {0, 1, 0, 0, 0, 0}) == 2);  // on its way through the queues
  CHECK(activated(DramRefresh::all_bank, {0, 0, 0, 1, 0, 0}) == 200);
  CHECK(activated(DramRefresh::all_bank, {0, 1, 0, 0, 0, 0}) == 2);
}

TEST_CASE("a refresh that is due closes the open rows of its rank and holds back that rank's requests") {
  DramBench bench(refreshed(DramRefresh::all_bank));
  bench.read({0, 0, 0, 0, 0, 0});
  bench.read({0, 0, 1, 0, 0, 0});
  bench.read({0, 1, 0, 0, 0, 0});
  bench.advance(2499);
  bench.commands.clear();
  bench.read({0, 0, 0, 0, 0, 1});  // in its queue after cycle 2499, too late by one
  bench.read({0, 1, 0, 0, 0, 1});
  bench.advance(400);
  // Precharges tPPD, 2, apart, the other rank's read between them; the refresh tRP, 10, after the last.
  CHECK(kinds(bench.commands) == "PRE RD PRE REFab ACT RD");
  CHECK(bench.commands[0].cycle == 2500);
  CHECK(bench.commands[1].at.rank == 1);
  CHECK(bench.commands[2].cycle == 2502);
  CHECK(bench.commands[3].cycle == 2512);
  CHECK(bench.commands[4].cycle == 2712);
}

TEST_CASE("with two command buses a refresh and a read of the other rank share a cycle") {
  for (const std::int64_t buses : {1, 2}) {
    DramDevice device = refreshed(DramRefresh::all_bank);
    device.controller.command_buses = buses;
    DramBench bench(device);
    bench.read({0, 1, 0, 0, 0, 0});
    bench.advance(2499);
    bench.commands.clear();
    bench.read({0, 1, 0, 0, 0, 1});  // in its queue after cycle 2499
    bench.advance(10);
    CHECK(kinds(bench.commands) == "REFab RD");
    CHECK(bench.commands[0].cycle == 2500);
    CHECK(bench.commands[1].cycle == (buses == 2 ? 2500 : 2501));
  }
}

TEST_CASE("a rank's active cycles are those from an activate to the precharge of its last open row") {
  DramDevice device = refreshed(DramRefresh::all_bank);
  device.geometry.ranks = 1;
  DramBench bench(device);
  bench.advance(99);
  bench.read({0, 0, 0, 0, 0, 0});
  bench.advance(4999 - 99 + 1);  // opened in 100, closed in 5000 for the refresh
  CHECK(bench.statistics().active_cycles == 4900);
  CHECK(bench.statistics().precharged_cycles == 100);
  bench.advance(1000);
  CHECK(bench.statistics().active_cycles == 4900);
  CHECK(bench.statistics().precharged_cycles == 1100);
}
