// SPDX-License-Identifier: Apache-2.0
#include "arch/params/dram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>

#include "arch/params/dram_prices.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

constexpr Presence required = Presence::required;
constexpr Presence optional = Presence::optional;

/// A count from which the address mapping takes whole bits.
void power_of_two(Fields& fields, const Key& key, std::int64_t& value, std::int64_t most, Presence presence) {
  fields.integer(key, value, 1, most, presence);
  const auto count = static_cast<std::uint64_t>(value);
  if (std::has_single_bit(count) || !fields.is_reading()) return;
  throw InputError(
      fields.place_of(key.name),
      fmt::format("'{}' must be a power of two, for the address mapping takes it from whole bits: {} "
                  "or {}, not {}",
                  key.name, std::bit_floor(count), std::bit_ceil(count), value));
}

void describe(Fields& fields, DramGeometry& g) {
  power_of_two(fields, {"channels", "channels, each with a bus and commands of its own"}, g.channels, 64,
               optional);
  power_of_two(fields, {"ranks", "ranks of a channel"}, g.ranks, 16, optional);
  power_of_two(fields, {"bank_groups", "bank groups of a rank"}, g.bank_groups, 16, optional);
  power_of_two(fields, {"banks_per_group", "banks of a bank group"}, g.banks_per_group, 64, required);
  power_of_two(fields, {"rows", "rows of a bank"}, g.rows, std::int64_t{1} << 24, required);
  power_of_two(fields,
               {"columns", "columns of a row; a device reads or writes device_bits of a column at once"},
               g.columns, std::int64_t{1} << 20, required);
  power_of_two(fields, {"device_bits", "data pins of a device", "bits"}, g.device_bits, 1024, required);
  power_of_two(fields,
               {"bus_bits", "width of a channel's bus: bus_bits / device_bits devices make a rank", "bits"},
               g.bus_bits, 1024, required);
  power_of_two(fields, {"burst_length", "length of a burst", "transfers"}, g.burst_length, 64, required);
  if (!fields.is_reading()) return;
  if (g.bus_bits < g.device_bits || g.bus_bits < 8) {
    throw InputError(
        fields.place_of("bus_bits"),
        fmt::format("a bus of {} bits is no whole device of {} bits", g.bus_bits, g.device_bits));
  }
  if (g.columns < g.burst_length) {
    throw InputError(
        fields.place_of("columns"),
        fmt::format("a row of {} columns is shorter than a burst of {}", g.columns, g.burst_length));
  }
  int address_bits = 0;
  for (const std::int64_t count :
       {g.channels, g.ranks, g.bank_groups, g.banks_per_group, g.rows, g.columns, g.bus_bits})
    address_bits += std::countr_zero(static_cast<std::uint64_t>(count));
  address_bits -= 3;  // the bus has bits, an address counts bytes
  constexpr int most_bits = 62;
  if (address_bits > most_bits) {
    throw InputError(
        fields.place_of("rows"),
        fmt::format("channels x ranks x banks x rows are 2^{} bytes; at most 2^{}", address_bits, most_bits));
  }
}

struct NamedTime {
  const char *key, *meaning;
  std::int64_t DramTiming::*field;
  std::int64_t least;
  Presence presence;
};
constexpr NamedTime times[] = {
    {"CL", "read command to its first data", &DramTiming::CL, 1, required},
    {"CWL", "write command to its first data", &DramTiming::CWL, 1, required},
    {"burst", "time of a burst on the data bus", &DramTiming::burst, 1, required},
    {"tRCDRD", "activate to read", &DramTiming::tRCDRD, 1, required},
    {"tRCDWR", "activate to write", &DramTiming::tRCDWR, 1, required},
    {"tRP", "precharge to activate", &DramTiming::tRP, 1, required},
    {"tRAS", "activate to precharge", &DramTiming::tRAS, 1, required},
    {"tRC", "activate to activate of one bank", &DramTiming::tRC, 1, required},
    {"tRRD_S", "activate to activate of another bank group", &DramTiming::tRRD_S, 0, required},
    {"tRRD_L", "activate to activate within a bank group", &DramTiming::tRRD_L, 0, required},
    {"tFAW", "window of four activates", &DramTiming::tFAW, 0, required},
    {"t32AW", "window of 32 activates", &DramTiming::t32AW, 0, optional},
    {"tCCD_S", "burst to burst of another bank group", &DramTiming::tCCD_S, 1, required},
    {"tCCD_L", "burst to burst within a bank group", &DramTiming::tCCD_L, 1, required},
    {"tWTR_S", "end of written data to a read of another bank group", &DramTiming::tWTR_S, 0, required},
    {"tWTR_L", "end of written data to a read of the bank group", &DramTiming::tWTR_L, 0, required},
    {"tWR", "end of written data to precharge", &DramTiming::tWR, 0, required},
    {"tRTP", "read to precharge", &DramTiming::tRTP, 0, required},
    {"tRTRS", "idle bus cycles between ranks, and from reading to writing", &DramTiming::tRTRS, 0, optional},
    {"tPPD", "precharge to precharge of another bank", &DramTiming::tPPD, 0, optional},
    {"tREFI", "time between all-bank refreshes", &DramTiming::tREFI, 1, required},
    {"tRFC", "time of an all-bank refresh", &DramTiming::tRFC, 1, required},
    {"tREFIpb", "time between per-bank refreshes; 0: the device has none", &DramTiming::tREFIpb, 0, optional},
    {"tRFCpb", "time of a per-bank refresh", &DramTiming::tRFCpb, 0, optional},
};

/// Time `a` must be at least time `b`; `why` says what would be wrong otherwise.
struct Order {
  const char* longer;
  std::int64_t DramTiming::*a;
  const char* shorter;
  std::int64_t DramTiming::*b;
  const char* why;
};
constexpr Order orders[] = {
    {"tRC", &DramTiming::tRC, "tRAS", &DramTiming::tRAS,
     "a row would be opened again before it may be closed"},
    {"tRC", &DramTiming::tRC, "tRP", &DramTiming::tRP, "a row would be opened again before it is closed"},
    {"tRRD_L", &DramTiming::tRRD_L, "tRRD_S", &DramTiming::tRRD_S,
     "_L is within a bank group, _S between groups"},
    {"tFAW", &DramTiming::tFAW, "tRRD_S", &DramTiming::tRRD_S,
     "a window of four activates holds three of the gaps"},
    {"tCCD_L", &DramTiming::tCCD_L, "tCCD_S", &DramTiming::tCCD_S,
     "_L is within a bank group, _S between groups"},
    {"tWTR_L", &DramTiming::tWTR_L, "tWTR_S", &DramTiming::tWTR_S,
     "_L is within a bank group, _S between groups"},
    {"tREFI", &DramTiming::tREFI, "tRFC", &DramTiming::tRFC, "the device would do nothing but refresh"},
    {"tREFIpb", &DramTiming::tREFIpb, "tRFCpb", &DramTiming::tRFCpb,
     "the device would do nothing but refresh"},
};

void describe(Fields& fields, DramTiming& timing) {
  constexpr std::int64_t most = 1'000'000;
  for (const NamedTime& time : times)
    fields.integer({time.key, time.meaning, "cycles"}, timing.*time.field, time.least, most, time.presence);
  fields.finish();
  if (!fields.is_reading()) return;
  for (const Order& order : orders) {
    if (timing.*order.a >= timing.*order.b) continue;
    throw InputError(fields.place_of(order.longer),
                     fmt::format("'{}' is {} cycles, less than the {} of '{}': {}", order.longer,
                                 timing.*order.a, timing.*order.b, order.shorter, order.why));
  }
}

void describe(Fields& fields, DramRail& rail) {
  constexpr double most = 10000;
  fields.number({"voltage_V", "voltage of the rail", "V"}, rail.voltage_V, 0.1, 10, required);
  fields.number({"IDD0", "current while one bank is activated and precharged", "mA"}, rail.IDD0, 0, most,
                required);
  fields.number({"IDD2N", "current in precharge standby", "mA"}, rail.IDD2N, 0, most, required);
  fields.number({"IDD3N", "current in active standby", "mA"}, rail.IDD3N, 0, most, required);
  fields.number({"IDD4R", "current while reading bursts", "mA"}, rail.IDD4R, 0, most, required);
  fields.number({"IDD4W", "current while writing bursts", "mA"}, rail.IDD4W, 0, most, required);
  fields.number({"IDD5AB", "current of an all-bank refresh", "mA"}, rail.IDD5AB, 0, most, required);
  fields.number({"IDD5PB", "current of a per-bank refresh", "mA"}, rail.IDD5PB, 0, most, optional);
  if (!fields.is_reading()) return;
  const std::pair<const char*, double> above_standby[] = {
      {"IDD4R", rail.IDD4R}, {"IDD4W", rail.IDD4W}, {"IDD5AB", rail.IDD5AB}};
  for (const auto& [key, current] : above_standby) {
    if (current >= rail.IDD3N) continue;
    throw InputError(fields.place_of(key), fmt::format("'{}' is {} mA, less than the {} of 'IDD3N': what it "
                                                       "adds to standby would be negative",
                                                       key, current, rail.IDD3N));
  }
}

void describe(Fields& fields, DramController& controller) {
  fields.choice({"scheduler", "which request is served: first ready first, or in order"},
                controller.scheduler, optional);
  fields.choice({"page", "whether a row stays open behind its last request"}, controller.page, optional);
  fields.choice({"queues", "what a command queue serves"}, controller.queues, optional);
  fields.choice({"refresh", "how rows are refreshed"}, controller.refresh, optional);
  fields.integer({"request_queue", "reads that wait, and writes that wait", "requests"},
                 controller.request_queue, 1, 65536, optional);
  fields.integer({"command_queue", "requests of one bank or rank that commands are chosen from", "requests"},
                 controller.command_queue, 1, 65536, optional);
  fields.integer({"row_hits", "a row served so often gives way to an older request", "requests"},
                 controller.row_hits, 1, 65536, optional);
  fields.integer({"write_low", "with idle command queues, more writes than these are drained", "requests"},
                 controller.write_low, 0, 65536, optional);
  fields.integer({"command_buses", "commands in one cycle; with 2 a row and a column command (HBM)"},
                 controller.command_buses, 1, 2, optional);
}

void check_mapping(const Fields& fields, const std::string& mapping) {
  const std::set<std::string> known = {"ro", "ch", "ra", "ba", "bg", "co"};
  std::set<std::string> named;
  for (std::size_t i = 0; i + 2 <= mapping.size(); i += 2) named.insert(mapping.substr(i, 2));
  if (mapping.size() == 12 && named == known) return;
  throw InputError(
      fields.place_of("mapping"),
      fmt::format("a mapping names ro, ch, ra, ba, bg and co once each, the most significant first, "
                  "as in rochrababgco; this is '{}'",
                  mapping));
}

}  // namespace

double DramDevice::peak_bytes_per_s() const {
  const double request_ps = static_cast<double>(std::max(timing.burst, timing.tCCD_S) * tCK_ps);
  return static_cast<double>(geometry.channels * geometry.request_bytes()) / request_ps * 1e12;
}

void describe(Fields& fields, DramDevice& device) {
  fields.text({"name", "what reports call the device"}, device.name, required);
  fields.text({"source", "where its figures are from"}, device.source, optional);
  fields.integer({"tCK_ps", "clock period", "ps"}, device.tCK_ps, 50, 1'000'000, required);
  fields.section(
      {"geometry", "what it is made of; every count is a power of two"},
      [&](Fields& inside) { describe(inside, device.geometry); }, required);
  fields.section(
      {"timing", "JEDEC times"}, [&](Fields& inside) { describe(inside, device.timing); }, required);
  fields.list(
      {"rails", "currents of each supply rail; none: the sources have no currents"}, device.rails.size(),
      [&](std::size_t size) { device.rails.resize(size); },
      [&](Fields& inside, std::size_t i) { describe(inside, device.rails[i]); }, optional);
  fields.text({"mapping", "fields of an address from the most significant on: ro ch ra ba bg co, once each"},
              device.mapping, optional);
  fields.section(
      {"controller", "how requests become commands"},
      [&](Fields& inside) { describe(inside, device.controller); }, optional);
  fields.finish();
  if (!fields.is_reading()) return;
  check_mapping(fields, device.mapping);
  if (dram_prices(device).activate < 0) {
    throw InputError(fields.place_of("rails"),
                     "'IDD0' over tRC is less than 'IDD3N' over tRAS and 'IDD2N' over tRP: an activate would "
                     "take negative energy");
  }
  if (device.timing.tREFI < device.geometry.ranks) {
    throw InputError(fields.place_of("timing"),
                     fmt::format("'tREFI' of {} cycles is too short for a refresh of each of {} ranks",
                                 device.timing.tREFI, device.geometry.ranks));
  }
  if (device.controller.refresh == DramRefresh::all_bank) {
    const DramTiming& t = device.timing;
    const std::int64_t recovery = t.CWL + t.burst + t.tWR + t.tRP;
    const std::int64_t row =
        t.tRC + std::max(t.tRCDRD, t.tRCDWR) + recovery;  // the row may be opened once in vain
    const std::int64_t least = t.tRFC + device.geometry.ranks * row;
    if (t.tREFI < least) {
      throw InputError(
          fields.place_of("timing"),
          fmt::format(
              "'tREFI' of {} cycles leaves no time for requests: 'tRFC' and a row opened and closed on "
              "each of {} ranks take up to {}",
              t.tREFI, device.geometry.ranks, least));
    }
  }
  if (device.controller.refresh == DramRefresh::per_bank &&
      (device.timing.tREFIpb < device.geometry.ranks || device.timing.tRFCpb == 0)) {
    throw InputError(
        fields.place_of("controller"),
        "'refresh: per_bank' needs a device with 'tREFIpb', a cycle or more for each rank, and 'tRFCpb'");
  }
}

DramDevice read_dram(const Document& document) {
  DramDevice device;
  read_fields(document, "a DRAM", device);
  return device;
}

DramDevice read_dram(const std::string& name_or_path) {
  return read_dram(read_document(find_preset("configs/dram", name_or_path, Place::of_file("--dram"))));
}

}  // namespace tricycle
