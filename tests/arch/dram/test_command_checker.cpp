// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include "arch/dram/command_checker.hpp"
#include "tests/catch.hpp"

namespace {

using tricycle::check_commands;
using tricycle::CommandViolation;
using tricycle::DramAddress;
using tricycle::DramCommand;
using tricycle::DramCommandKind;
using tricycle::DramCycles;
using tricycle::DramDevice;
using tricycle::DramRefresh;
using tricycle::violations_text;
using Commands = std::vector<DramCommand>;

// As the data sheets call them.
constexpr auto ACT = DramCommandKind::activate, PRE = DramCommandKind::precharge, RD = DramCommandKind::read,
               WR = DramCommandKind::write, RDA = DramCommandKind::read_precharge,
               WRA = DramCommandKind::write_precharge, REF = DramCommandKind::refresh,
               REFpb = DramCommandKind::refresh_bank;

/// A device whose every time is a figure of its own. No refresh is due unless a test asks for it.
DramDevice device() {
  DramDevice d;
  d.geometry = {
      .channels = 2, .ranks = 2, .bank_groups = 4, .banks_per_group = 4, .rows = 64, .columns = 128};
  d.timing = {.CL = 11,
              .CWL = 9,
              .burst = 4,
              .tRCDRD = 12,
              .tRCDWR = 10,
              .tRP = 13,
              .tRAS = 30,
              .tRC = 47,
              .tRRD_S = 4,
              .tRRD_L = 7,
              .tFAW = 40,
              .t32AW = 400,
              .tCCD_S = 5,
              .tCCD_L = 8,
              .tWTR_S = 3,
              .tWTR_L = 14,
              .tWR = 15,
              .tRTP = 6,
              .tRTRS = 2,
              .tPPD = 3,
              .tREFI = 5000,
              .tRFC = 300,
              .tREFIpb = 500,
              .tRFCpb = 150};
  d.controller.refresh = DramRefresh::none;
  return d;
}

struct Where {
  int rank = 0, group = 0, bank = 0;
  std::int64_t row = 5;
  int channel = 0;
};

DramCommand command(DramCycles cycle, DramCommandKind kind, Where w = {}) {
  return {cycle, kind, DramAddress{w.channel, w.rank, w.group, w.bank, w.row, 0}};
}

/// The stream `before`, then `last` in cycle n, is legal; in cycle n - 1 it breaks the rule and no other.
void legal_from(DramCycles n, const std::string& rule, const Commands& before, DramCommandKind last,
                Where where = {}, const DramDevice& d = device()) {
  Commands commands = before;
  commands.push_back(command(n, last, where));
  CHECK(violations_text(check_commands(d, commands, n)).empty());
  commands.back().cycle = n - 1;
  const std::vector<CommandViolation> found = check_commands(d, commands, n);
  CHECK(violations_text(found) == rule + " at " + std::to_string(n - 1));
  if (!found.empty()) CHECK(found.front().earliest == n);
}

/// The rules that a stream breaks, in order.
std::string broken(const Commands& commands, const DramDevice& d = device(), DramCycles end = 0) {
  return violations_text(check_commands(d, commands, end));
}

const Commands opened = {command(0, ACT)};

}  // namespace

TEST_CASE("a read waits tRCDRD = 12 and a write tRCDWR = 10 cycles for its row") {
  legal_from(12, "tRCDRD", opened, RD);
  legal_from(10, "tRCDWR", opened, WR);
  legal_from(12, "tRCDRD", opened, RDA);
  legal_from(10, "tRCDWR", opened, WRA);
}

TEST_CASE("a row stays open for tRAS = 30 cycles, and the next one opens tRP = 13 after the precharge") {
  legal_from(30, "tRAS", opened, PRE);
  legal_from(113, "tRP", {command(0, ACT), command(100, PRE)}, ACT);
}

TEST_CASE("two activates of a bank are tRC = 47 cycles apart, though tRAS + tRP are 43") {
  legal_from(47, "tRC", {command(0, ACT), command(30, PRE)}, ACT);
  legal_from(47, "tRC", {command(0, ACT), command(30, PRE)}, REF);
}

TEST_CASE("activates are tRRD_S = 4 cycles apart between groups, tRRD_L = 7 within one, free between ranks") {
  legal_from(4, "tRRD_S", opened, ACT, {.group = 1});
  legal_from(7, "tRRD_L", opened, ACT, {.bank = 1});
  CHECK(broken({command(0, ACT), command(1, ACT, {.rank = 1})}).empty());
}

TEST_CASE("a fifth activate of a rank waits for the end of a window of tFAW = 40 cycles") {
  const Commands four = {command(0, ACT), command(4, ACT, {.group = 1}), command(8, ACT, {.group = 2}),
                         command(12, ACT, {.group = 3})};
  legal_from(40, "tFAW", four, ACT, {.bank = 1});
  Commands other_rank = four;
  other_rank.push_back(command(13, ACT, {.rank = 1, .bank = 1}));
  CHECK(broken(other_rank).empty());
}

TEST_CASE("a thirty-third activate of a rank waits for the end of a window of t32AW = 400 cycles") {
  Commands commands;
  for (int i = 0; i < 32; ++i) {
    const Where where{.group = i % 4, .bank = i / 4 % 4};
    const auto cycle = DramCycles{12} * static_cast<DramCycles>(i);
    commands.push_back(command(cycle, ACT, where));
    if (cycle + 61 < 399) commands.push_back(command(cycle + 61, PRE, where));
  }
  std::stable_sort(commands.begin(), commands.end(), [](auto& a, auto& b) { return a.cycle < b.cycle; });
  legal_from(400, "t32AW", commands, ACT);
}

TEST_CASE("reads are tCCD_S = 5 cycles apart between groups and tCCD_L = 8 within one, and so are writes") {
  const Commands both = {command(0, ACT), command(10, ACT, {.group = 1}), command(20, ACT, {.bank = 1})};
  for (const DramCommandKind kind : {RD, WR}) {
    Commands commands = both;
    commands.push_back(command(100, kind));
    legal_from(105, "tCCD_S", commands, kind, {.group = 1});
    legal_from(108, "tCCD_L", commands, kind, {.bank = 1});
    legal_from(108, "tCCD_L", commands, kind);
  }
}

TEST_CASE("a read waits for written data: tWTR_S = 3 cycles in another group, tWTR_L = 14 in the same") {
  const Commands written = {command(0, ACT), command(10, ACT, {.group = 1}), command(20, ACT, {.bank = 1}),
                            command(100, WR)};
  legal_from(100 + 9 + 4 + 3, "tWTR_S", written, RD, {.group = 1});
  legal_from(100 + 9 + 4 + 14, "tWTR_L", written, RD, {.bank = 1});
}

TEST_CASE("a precharge waits tWR = 15 cycles from the end of written data and tRTP = 6 from a read") {
  legal_from(100 + 9 + 4 + 15, "tWR", {command(0, ACT), command(100, WR)}, PRE);
  legal_from(106, "tRTP", {command(0, ACT), command(100, RD)}, PRE);
}

TEST_CASE("a row closed by its read or write opens again tRP after the precharge that JEDEC puts there") {
  legal_from(100 + 6 + 13, "tRP", {command(0, ACT), command(100, RDA)}, ACT);
  legal_from(100 + 9 + 4 + 15 + 13, "tRP", {command(0, ACT), command(100, WRA)}, ACT);
  legal_from(100 + 6 + 13, "tRP", {command(0, ACT), command(100, RDA)}, REF);
  DramDevice d = device();
  d.timing.tRC = 43;
  d.timing.tRP = 14;  // the read is at 12, but the row stays open until tRAS
  legal_from(30 + 14, "tRP", {command(0, ACT), command(12, RDA)}, ACT, {}, d);
}

TEST_CASE("precharges of a rank are tPPD = 3 cycles apart") {
  const Commands two = {command(0, ACT), command(10, ACT, {.bank = 1}), command(100, PRE)};
  legal_from(103, "tPPD", two, PRE, {.bank = 1});
}

TEST_CASE("a write's data come tRTRS = 2 cycles after a read's, of the same rank or of another") {
  const Commands two = {command(0, ACT), command(1, ACT, {.rank = 1}), command(100, RD)};
  legal_from(100 + 11 + 4 + 2 - 9, "read to write", two, WR);
  legal_from(100 + 11 + 4 + 2 - 9, "tRTRS", two, WR, {.rank = 1});
}

TEST_CASE("a write's data never come before those of a read that was commanded earlier") {
  DramDevice d = device();
  d.timing.CL = 20;
  Commands commands = {command(0, ACT), command(100, RD), command(101, WR)};  // 120-124, 110-114
  CHECK(broken(commands, d) == "read to write at 101");
  commands.back().cycle = 100 + 20 + 4 + 2 - 9;
  CHECK(broken(commands, d).empty());
}

TEST_CASE("bursts of two ranks have tRTRS = 2 idle cycles between them, but two writes need none") {
  const Commands two = {command(0, ACT), command(1, ACT, {.rank = 1})};
  const auto after = [&](DramCommandKind kind) {
    Commands commands = two;
    commands.push_back(command(100, kind));
    return commands;
  };
  legal_from(106, "tRTRS", after(RD), RD, {.rank = 1});
  legal_from(104, "tRTRS", after(WR), RD, {.rank = 1});
  legal_from(104, "data bus", after(WR), WR, {.rank = 1});
}

TEST_CASE("a device without bank groups has the times between groups alone") {
  DramDevice d = device();
  d.geometry.bank_groups = 1;
  d.geometry.banks_per_group = 8;
  legal_from(4, "tRRD_S", opened, ACT, {.bank = 1}, d);
  const Commands two = {command(0, ACT), command(20, ACT, {.bank = 1})};
  const auto after = [&](DramCommandKind kind) {
    Commands commands = two;
    commands.push_back(command(100, kind));
    return commands;
  };
  legal_from(105, "tCCD_S", after(RD), RD, {.bank = 1}, d);
  legal_from(100 + 9 + 4 + 3, "tWTR_S", after(WR), RD, {.bank = 1}, d);
}

TEST_CASE("bursts of a channel never overlap, and those of two channels may") {
  DramDevice d = device();
  d.timing.tRTRS = 0;
  const Commands two = {command(0, ACT), command(1, ACT, {.rank = 1}), command(1, ACT, {.channel = 1}),
                        command(100, RD)};
  legal_from(104, "data bus", two, RD, {.rank = 1}, d);
  Commands commands = two;
  commands.push_back(command(101, RD, {.channel = 1}));
  CHECK(broken(commands, d).empty());
}

TEST_CASE("a read is of the row that is open") {
  CHECK(broken({command(20, RD)}) == "row at 20");
  CHECK(broken({command(0, ACT), command(20, RD, {.row = 6})}) == "row at 20");
  CHECK(broken({command(0, ACT), command(20, WR, {.bank = 1})}) == "row at 20");
  CHECK(broken({command(0, ACT), command(40, PRE), command(60, RD)}) == "row at 60");
  CHECK(broken({command(0, ACT), command(40, RDA), command(90, WR)}) == "row at 90");
}

TEST_CASE("only a closed bank is activated or refreshed, and a precharge of a closed bank does nothing") {
  CHECK(broken({command(0, ACT), command(90, ACT)}) == "open bank at 90");
  CHECK(broken({command(0, ACT), command(90, REF)}) == "open bank at 90");
  CHECK(broken({command(0, ACT), command(90, REF, {.rank = 1})}).empty());
  CHECK(broken({command(0, ACT), command(90, REFpb)}) == "open bank at 90");
  CHECK(broken({command(0, ACT), command(90, REFpb, {.bank = 1})}).empty());
  CHECK(broken({command(0, PRE), command(1, ACT)}).empty());
}

TEST_CASE(
    "a rank takes no command for tRFC = 300 cycles of a refresh, which waits tRP for the last precharge") {
  legal_from(300, "tRFC", {command(0, REF)}, ACT);
  legal_from(300, "tRFC", {command(0, REF)}, REF);
  legal_from(113, "tRP", {command(0, ACT), command(100, PRE)}, REF);
  CHECK(broken({command(0, REF), command(1, ACT, {.rank = 1})}).empty());
}

TEST_CASE(
    "a bank takes no activate for tRFCpb = 150 cycles of its refresh, nor its rank another such refresh") {
  legal_from(150, "tRFCpb", {command(0, REFpb)}, ACT);
  legal_from(150, "tRFCpb", {command(0, REFpb)}, REFpb, {.bank = 1});
  legal_from(150, "tRFCpb", {command(0, REFpb)}, REF);
  CHECK(broken({command(0, REFpb), command(1, ACT, {.bank = 1})}).empty());
}

TEST_CASE("a first refresh comes within nine tREFI = 45,000 cycles") {
  DramDevice d = device();
  d.geometry.channels = d.geometry.ranks = 1;
  d.controller.refresh = DramRefresh::all_bank;
  CHECK(broken({command(45'000, REF)}, d, 45'000).empty());
  CHECK(broken({command(45'001, REF)}, d, 45'001) == "tREFI at 45001");
  CHECK(broken({}, d, 45'000).empty());
  CHECK(broken({}, d, 45'001) == "tREFI at 45001");
  d.geometry.ranks = 2;
  CHECK(broken({}, d, 45'001) == "tREFI at 45001, tREFI at 45001");
  CHECK(broken({}, device(), 1'000'000).empty());  // its controller refreshes nothing
}

TEST_CASE("no more than eight refreshes are postponed, and two are never more than nine tREFI apart") {
  DramDevice d = device();
  d.geometry.channels = d.geometry.ranks = 1;
  d.controller.refresh = DramRefresh::all_bank;
  CHECK(broken({command(1'000, REF), command(46'000, REF)}, d, 46'000).empty());
  CHECK(broken({command(1'000, REF), command(46'001, REF)}, d, 46'001) == "tREFI at 46001");
  // Each is within nine tREFI of the one before, but the second may come at (2 + 8) x 5,000 at the latest.
  CHECK(broken({command(45'000, REF), command(50'000, REF)}, d, 50'000).empty());
  CHECK(broken({command(45'000, REF), command(50'001, REF)}, d, 50'001) == "tREFI at 50001");
}

TEST_CASE("refreshed bank by bank, every bank has its own within nine tREFI") {
  DramDevice d = device();
  d.geometry.channels = d.geometry.ranks = 1;
  d.geometry.bank_groups = 1;
  d.geometry.banks_per_group = 2;
  d.controller.refresh = DramRefresh::per_bank;
  CHECK(broken({command(40'000, REFpb), command(45'000, REFpb, {.bank = 1})}, d, 45'000).empty());
  CHECK(broken({command(40'000, REFpb)}, d, 45'001) == "tREFI at 45001");
}

TEST_CASE(
    "a channel has one command in a cycle, or with two command buses one of a row and one of a column") {
  const Commands together = {command(0, ACT), command(20, ACT, {.group = 1}), command(20, RD)};
  CHECK(broken(together) == "command bus at 20");
  DramDevice d = device();
  d.controller.command_buses = 2;
  CHECK(broken(together, d).empty());
  CHECK(broken({command(0, ACT), command(0, ACT, {.rank = 1})}, d) == "command bus at 0");
  CHECK(broken({command(0, ACT), command(0, ACT, {.channel = 1})}).empty());
}

TEST_CASE("addresses that the device does not have and cycles that go backwards are violations") {
  CHECK(broken({command(0, ACT, {.row = 63})}).empty());
  CHECK(broken({command(0, ACT, {.row = 64})}) == "address at 0");
  CHECK(broken({command(0, ACT, {.rank = 2})}) == "address at 0");
  CHECK(broken({command(0, ACT, {.bank = 4})}) == "address at 0");
  CHECK(broken({command(0, ACT, {.group = -1})}) == "address at 0");
  CHECK(broken({command(0, ACT, {.channel = 2})}) == "address at 0");
  CHECK(broken({command(9, ACT), command(8, ACT, {.rank = 1})}) == "order at 8");
}

TEST_CASE("a stream of 1,000,000 reads as dense as tCCD_L allows, with refreshes, is legal") {
  DramDevice d = device();
  d.geometry.channels = d.geometry.ranks = 1;
  d.controller.refresh = DramRefresh::all_bank;
  Commands commands;
  DramCycles now = 0;
  while (commands.size() < 1'000'000) {
    commands.push_back(command(now, ACT));
    now += 12;
    for (int i = 0; i < 500; ++i, now += 8) commands.push_back(command(now, RD));
    commands.push_back(command(now, PRE));
    commands.push_back(command(now + 13, REF));
    now += 13 + 300;
  }
  CHECK(broken(commands, d, now).empty());
  commands[500'000].cycle -= 1;
  CHECK(check_commands(d, commands, now).size() == 1);
}

TEST_CASE("a thousand violations are enough") {
  Commands commands;
  for (DramCycles i = 0; i < 5000; ++i) commands.push_back(command(20 * i, RD));
  CHECK(check_commands(device(), commands, 0).size() == 1000);
}
