// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/banks.hpp"
#include "support/files.hpp"
#include "tests/arch/dram/devices.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tricycle;
using tricycle::test::distinct_device;
constexpr DramCommandKind act = DramCommandKind::activate, pre = DramCommandKind::precharge;
constexpr DramCommandKind rd = DramCommandKind::read, wr = DramCommandKind::write;
constexpr DramCommandKind rda = DramCommandKind::read_precharge, wra = DramCommandKind::write_precharge;
constexpr DramCommandKind ref = DramCommandKind::refresh, refpb = DramCommandKind::refresh_bank;

/// Rank, bank group and bank of a command.
struct Where {
  std::int32_t rank, group, bank;
};
constexpr Where here = {0, 1, 0}, same_group = {0, 1, 1}, same_rank = {0, 2, 0}, other_rank = {1, 1, 0};

DramCommand command(DramCycles cycle, DramCommandKind kind, const Where& where) {
  DramCommand c{cycle, kind, {}};
  c.at.rank = where.rank;
  c.at.group = where.group;
  c.at.bank = where.bank;
  return c;
}

bool allowed(const DramBanks& banks, DramCycles cycle, DramCommandKind kind, const Where& where) {
  return banks.earliest(kind, banks.index(command(0, kind, where).at)) <= cycle;
}

/// After `first` in cycle 1000 the other is not allowed n - 1 cycles later, and is n cycles later.
void check_gap(const DramDevice& device, DramCommandKind first, DramCommandKind next, const Where& where,
               DramCycles n) {
  INFO(dram_command_names[static_cast<std::size_t>(first)]
       << " to " << dram_command_names[static_cast<std::size_t>(next)] << " of rank " << where.rank
       << ", group " << where.group << ", bank " << where.bank);
  DramBanks banks(device);
  banks.issue(command(1000, first, here));
  CHECK_FALSE(allowed(banks, 1000 + n - 1, next, where));
  CHECK(allowed(banks, 1000 + n, next, where));
}
void check_gap(DramCommandKind first, DramCommandKind next, const Where& where, DramCycles n) {
  check_gap(distinct_device(), first, next, where, n);
}
void check_free(DramCommandKind first, DramCommandKind next, const Where& where) {
  DramBanks banks(distinct_device());
  banks.issue(command(1000, first, here));
  CHECK(allowed(banks, 0, next, where));
}

}  // namespace

TEST_CASE("tRC: 43 cycles from an activate to the next activate or refresh of its bank") {
  check_gap(act, act, here, 43);
  check_gap(act, ref, here, 43);
  check_gap(act, refpb, here, 43);
}

TEST_CASE("tRCDRD and tRCDWR: 15 cycles from an activate to a read of its bank, 8 to a write") {
  check_gap(act, rd, here, 15);
  check_gap(act, rda, here, 15);
  check_gap(act, wr, here, 8);
  check_gap(act, wra, here, 8);
  check_free(act, rd, same_group);
  check_free(act, wr, same_group);
}

TEST_CASE("tRAS: 31 cycles from an activate to the precharge of its bank") {
  check_gap(act, pre, here, 31);
  check_free(act, pre, same_group);
}

TEST_CASE("tRRD: 12 cycles between activates of a bank group, 4 between those of a rank, 0 between ranks") {
  check_gap(act, act, same_group, 12);
  check_gap(act, act, same_rank, 4);
  check_gap(act, refpb, same_rank, 4);
  check_free(act, act, other_rank);
}

TEST_CASE("tFAW: the fifth activate of a rank comes 37 cycles after the first, whatever lies between") {
  DramBanks banks(distinct_device());
  for (const std::int32_t group : {0, 1, 2, 3})
    banks.issue(command(1000 + 7 * static_cast<DramCycles>(group), act, {0, group, 0}));
  CHECK_FALSE(allowed(banks, 1036, act, {0, 0, 1}));
  CHECK(allowed(banks, 1037, act, {0, 0, 1}));
  CHECK(allowed(banks, 1025, act, {1, 0, 1}));
  banks.issue(command(1037, act, {0, 0, 1}));  // the next window begins with the second
  CHECK_FALSE(allowed(banks, 1043, act, {0, 1, 1}));
  CHECK(allowed(banks, 1044, act, {0, 1, 1}));
}

TEST_CASE("t32AW: the 33rd activate of a rank comes 420 cycles after the first") {
  DramBanks banks(distinct_device());
  for (std::int32_t i = 0; i < 32; ++i)
    banks.issue(command(1000 + 13 * static_cast<DramCycles>(i), act, {0, i % 4, i / 4 % 2}));
  // Without the window it would be 1000 + 31 * 13 + 12 = 1415.
  CHECK_FALSE(allowed(banks, 1419, act, {0, 3, 0}));
  CHECK(allowed(banks, 1420, act, {0, 3, 0}));
}

TEST_CASE("tCCD: 6 cycles between reads or writes of a bank group, 5 between those of a rank") {
  for (const auto& [first, next] : {std::pair(rd, rd), {wr, wr}}) {
    check_gap(first, next, here, 6);
    check_gap(first, next, same_group, 6);
    check_gap(first, next, same_rank, 5);
  }
  check_gap(rd, rda, same_group, 6);
  check_gap(wr, wra, same_group, 6);
  check_gap(rda, rd, same_group, 6);
  check_gap(wra, wr, same_group, 6);
}

TEST_CASE("a burst of 8 cycles keeps reads and writes 8 cycles apart where tCCD is 5 and 6") {
  DramDevice device = distinct_device();
  device.timing.burst = 8;
  for (const Where& where : {here, same_group, same_rank}) {
    check_gap(device, rd, rd, where, 8);
    check_gap(device, wr, wr, where, 8);
  }
}

TEST_CASE("tRTP: 14 cycles from a read to the precharge of its bank, 24 to its activate if it precharges") {
  check_gap(rd, pre, here, 14);
  check_free(rd, pre, same_group);
  check_gap(rda, act, here, 24);
  check_gap(rda, ref, here, 24);
  check_gap(rda, refpb, here, 24);
}

TEST_CASE(
    "tWR: 17 cycles from the end of written data to a precharge: 30 from the write, 40 to an activate") {
  check_gap(wr, pre, here, 30);
  check_free(wr, pre, same_group);
  check_gap(wra, act, here, 40);
  check_gap(wra, ref, here, 40);
  check_gap(wra, refpb, here, 40);
}

TEST_CASE("tWTR: from a write to a read 27 cycles within a bank group, 18 within a rank") {
  check_gap(wr, rd, here, 27);
  check_gap(wr, rd, same_group, 27);
  check_gap(wr, rd, same_rank, 18);
  check_gap(wr, rda, same_rank, 18);
  check_gap(wra, rd, same_rank, 18);
}

TEST_CASE("from a read to a write the bus turns in 11 cycles, of any bank and either rank") {
  for (const Where& where : {here, same_group, same_rank, other_rank}) {
    check_gap(rd, wr, where, 11);
    check_gap(rd, wra, where, 11);
    check_gap(rda, wr, where, 11);
  }
}

TEST_CASE(
    "tRTRS: across ranks 7 cycles between reads, 3 from a write to a read, a burst of 4 between writes") {
  check_gap(rd, rd, other_rank, 7);
  check_gap(wr, rd, other_rank, 3);
  check_gap(wr, wr, other_rank, 4);
}

TEST_CASE("tRP: 10 cycles from a precharge to an activate or a refresh of its bank") {
  check_gap(pre, act, here, 10);
  check_gap(pre, ref, here, 10);
  check_gap(pre, refpb, here, 10);
  check_free(pre, act, same_group);
}

TEST_CASE("tPPD: 2 cycles between precharges of a rank") {
  for (const Where& where : {here, same_group, same_rank}) check_gap(pre, pre, where, 2);
  check_free(pre, pre, other_rank);
}

TEST_CASE(
    "tRFC: 200 cycles from a refresh of a rank to its next activate or refresh, none for another rank") {
  for (const Where& where : {here, same_group, same_rank}) {
    check_gap(ref, act, where, 200);
    check_gap(ref, ref, where, 200);
    check_gap(ref, refpb, where, 200);
  }
  check_free(ref, act, other_rank);
}

TEST_CASE("tRFCpb: a bank refreshed alone is activated after 90 cycles, the rank's others after tRRD_S, 4") {
  check_gap(refpb, act, here, 90);
  check_gap(refpb, act, same_group, 4);
  check_gap(refpb, act, same_rank, 4);
  check_gap(refpb, refpb, same_rank, 90);
  check_gap(refpb, ref, here, 90);
  check_free(refpb, act, other_rank);
}

TEST_CASE("a device with one bank group has the short times within it: tRRD 4, tCCD 5, tWTR 18") {
  DramDevice device = distinct_device();
  device.geometry.bank_groups = 1;
  device.geometry.banks_per_group = 8;
  const auto gap = [&](DramCommandKind first, DramCommandKind next) {
    DramBanks banks(device);
    banks.issue(command(1000, first, {0, 0, 0}));
    return banks.earliest(next, banks.index(command(0, next, {0, 0, 5}).at)) - 1000;
  };
  CHECK(gap(act, act) == 4);
  CHECK(gap(rd, rd) == 5);
  CHECK(gap(wr, wr) == 5);
  CHECK(gap(wr, rd) == 18);
}

TEST_CASE("docs/dram.md has every constraint by its name, and a device with all times has 28") {
  const std::string page = read_text(std::string(TRICYCLE_TEST_SOURCE) + "/docs/dram.md", 1 << 20);
  const std::vector<DramConstraint> all = dram_constraints(distinct_device());
  CHECK(all.size() == 28);
  for (const DramConstraint& constraint : all) {
    INFO(constraint.name);
    CHECK(page.find(std::string("| ") + constraint.name + " |") != std::string::npos);
    CHECK(constraint.cycles > 0);
  }
}
