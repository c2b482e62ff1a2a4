// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/constraints.hpp"

#include <algorithm>

namespace tricycle {

std::vector<DramConstraint> dram_constraints(const DramDevice& device) {
  using enum DramCommandKind;
  using enum DramScope;
  constexpr DramKinds act = {activate}, pre = {precharge};
  constexpr DramKinds rd = {read, read_precharge}, wr = {write, write_precharge};
  constexpr DramKinds rda = {read_precharge}, wra = {write_precharge};
  constexpr DramKinds opening = {activate, refresh, refresh_bank};  // they need a complete precharge
  constexpr DramKinds ref = {refresh}, refpb = {refresh_bank}, any_ref = {refresh, refresh_bank};
  const DramTiming& t = device.timing;
  const std::int64_t write_end = t.CWL + t.burst;  // the end of the written data, counted from the command
  // In a device with one bank group the short times hold within it.
  const bool groups = device.geometry.bank_groups > 1;
  const auto within = [&](std::int64_t s, std::int64_t l) { return groups ? std::max(s, l) : s; };
  const std::int64_t turn = t.CL + t.burst - t.CWL + t.tRTRS;
  const std::int64_t back = write_end + t.tRTRS - t.CL;
  std::vector<DramConstraint> all = {
      {"tRC", act, opening, bank, t.tRC},
      {"tRCDRD", act, rd, bank, t.tRCDRD},
      {"tRCDWR", act, wr, bank, t.tRCDWR},
      {"tRAS", act, pre, bank, t.tRAS},
      {"tRRD_L", act, act, group, within(t.tRRD_S, t.tRRD_L)},
      {"tRRD_S", act, act, rank, t.tRRD_S},
      {"tRRD_S", act, refpb, rank, t.tRRD_S},
      {"tRP", pre, opening, bank, t.tRP},
      {"tRTP", rd, pre, bank, t.tRTP},
      {"tRTP+tRP", rda, opening, bank, t.tRTP + t.tRP},
      {"tWR", wr, pre, bank, write_end + t.tWR},
      {"tWR+tRP", wra, opening, bank, write_end + t.tWR + t.tRP},
      {"tCCD_L", rd, rd, group, std::max(t.burst, within(t.tCCD_S, t.tCCD_L))},
      {"tCCD_S", rd, rd, rank, std::max(t.burst, t.tCCD_S)},
      {"tCCD_L", wr, wr, group, std::max(t.burst, within(t.tCCD_S, t.tCCD_L))},
      {"tCCD_S", wr, wr, rank, std::max(t.burst, t.tCCD_S)},
      {"tRTW", rd, wr, rank, turn},
      {"tWTR_L", wr, rd, group, write_end + within(t.tWTR_S, t.tWTR_L)},
      {"tWTR_S", wr, rd, rank, write_end + t.tWTR_S},
      {"tRTRS", rd, rd, other_ranks, t.burst + t.tRTRS},
      {"tRTRS", rd, wr, other_ranks, turn},
      {"tRTRS", wr, rd, other_ranks, back},
      {"burst", wr, wr, other_ranks, t.burst},
      {"tRFC", ref, opening, rank, t.tRFC},
      {"tRFCpb", refpb, act, bank, t.tRFCpb},
      {"tRFCpb", refpb, any_ref, rank, t.tRFCpb},
      {"tRRD_S", refpb, act, rank, t.tRRD_S},
      {"tPPD", pre, pre, rank, t.tPPD},
  };
  std::erase_if(all, [](const DramConstraint& c) { return c.cycles <= 0; });
  return all;
}

}  // namespace tricycle
