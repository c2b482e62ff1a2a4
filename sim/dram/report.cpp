// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/dram/replay.hpp"

namespace tricycle {
namespace {

using Json = nlohmann::ordered_json;

const char* timing_name(RequestTiming timing) {
  switch (timing) {
    case RequestTiming::absolute: return "absolute";
    case RequestTiming::relative: return "relative";
    case RequestTiming::none: return "none";
  }
  return "";
}

const std::string& format_name(DramTraceFormat format) {
  return dram_trace_formats()[static_cast<std::size_t>(format)];
}

std::uint64_t row_hits(const DramStatistics& s) {
  return s.read_row_hits + s.write_row_hits;
}
std::uint64_t bursts(const DramStatistics& s) {
  return s.read_commands + s.write_commands;
}
Json counts_json(const DramStatistics& s) {
  return {{"reads", s.reads},
          {"writes", s.writes},
          {"forwarded_reads", s.forwarded_reads},
          {"merged", s.merged},
          {"row_hits", row_hits(s)},
          {"commands",
           {{"activate", s.activates},
            {"precharge", s.precharges},
            {"read", s.read_commands},
            {"write", s.write_commands},
            {"refresh", s.refreshes},
            {"refresh_bank", s.bank_refreshes}}},
          {"rank_cycles", {{"active", s.active_cycles}, {"precharged", s.precharged_cycles}}}};
}

/// Of all reads, or nothing where there was none.
Json latency_json(const DramReplay& r, double unit) {
  if (r.total.reads == 0) return nullptr;
  return {{"mean", r.mean_read_latency() * unit},
          {"min", static_cast<double>(r.total.read_latency_min) * unit},
          {"max", static_cast<double>(r.total.read_latency_max) * unit}};
}

Json energy_json(const DramEnergy& e) {
  return {{"total", e.total()},
          {"by_command",
           {{"activate", e.activate}, {"read", e.read}, {"write", e.write}, {"refresh", e.refresh}}},
          {"by_state", {{"active_standby", e.active_standby}, {"precharge_standby", e.precharge_standby}}}};
}

/// pJ over s, in mW.
double power_mW(const DramReplay& r) {
  return r.cycles == 0 ? 0 : r.energy->total() * 1e-9 / r.seconds();
}

double row_hit_share(const DramStatistics& s) {
  return bursts(s) == 0 ? 0 : static_cast<double>(row_hits(s)) / static_cast<double>(bursts(s));
}

/// 12,345,678
std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

}  // namespace

std::string dram_json(const DramReplay& r) {
  const DramGeometry& g = r.device.geometry;
  const double ns = static_cast<double>(r.device.tCK_ps) * 1e-3;
  const double peak = r.device.peak_bytes_per_s();
  Json json = {
      {"schema", "tricycle.dram/1"},
      {"trace", {{"file", r.trace}, {"format", format_name(r.format)}, {"cycles", timing_name(r.timing)}}},
      {"dram",
       {{"name", r.device.name},
        {"source", r.device.source},
        {"tCK_ps", r.device.tCK_ps},
        {"channels", g.channels},
        {"ranks", g.ranks},
        {"request_bytes", g.request_bytes()},
        {"bytes", g.bytes()}}},
      {"status", r.finished ? "finished" : "cycle_limit"},
      {"cycles", r.cycles},
      {"time_s", r.seconds()},
      {"requests", r.requests},
      {"blocked_cycles", r.blocked_cycles},
      {"bytes_read", r.bytes_read()},
      {"bytes_written", r.bytes_written()},
      {"bandwidth_GBps", r.bytes_per_s() * 1e-9},
      {"peak_bandwidth_GBps", peak * 1e-9},
      {"bandwidth_share", r.bytes_per_s() / peak},
      {"read_latency_cycles", latency_json(r, 1)},
      {"read_latency_ns", latency_json(r, ns)}};
  json.update(counts_json(r.total));
  json["row_hit_share"] = row_hit_share(r.total);
  json["energy_pJ"] = r.energy ? energy_json(*r.energy) : Json(nullptr);
  json["average_power_mW"] = r.energy ? Json(power_mW(r)) : Json(nullptr);
  json["channels"] = Json::array();
  for (const DramStatistics& channel : r.channels) json["channels"].push_back(counts_json(channel));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string dram_report(const DramReplay& r) {
  const DramStatistics& t = r.total;
  const double ns = static_cast<double>(r.device.tCK_ps) * 1e-3;
  std::string text = fmt::format("{} ({}) on {}: {}\n", printable(r.trace), format_name(r.format),
                                 printable(r.device.name), r.finished ? "finished" : "stopped");
  const auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("  {:<12} {}\n", name, value);
  };
  line("cycles", fmt::format("{}  ({:.4g} us at {:.4g} MHz)", grouped(r.cycles), r.seconds() * 1e6,
                             1e6 / static_cast<double>(r.device.tCK_ps)));
  line("requests", fmt::format("{} accepted; {} reads and {} writes answered ({} merged, {} forwarded)",
                               grouped(r.requests), grouped(t.reads), grouped(t.writes), grouped(t.merged),
                               grouped(t.forwarded_reads)));
  line("blocked",
       fmt::format("{} cycles in which a request was due and its queue was full", grouped(r.blocked_cycles)));
  line("row hits", fmt::format("{} of {} bursts ({:.1f}%)", grouped(row_hits(t)), grouped(bursts(t)),
                               100 * row_hit_share(t)));
  line("commands",
       fmt::format(
           "{} activates, {} precharges, {} reads, {} writes, {} refreshes{}", grouped(t.activates),
           grouped(t.precharges), grouped(t.read_commands), grouped(t.write_commands), grouped(t.refreshes),
           t.bank_refreshes == 0 ? "" : fmt::format(", {} refreshes of a bank", grouped(t.bank_refreshes))));
  if (t.reads > 0) {
    const auto most = static_cast<double>(t.read_latency_max),
               least = static_cast<double>(t.read_latency_min);
    line("read latency", fmt::format("{:.1f} cycles on average, {} to {} ({:.1f} ns, {:.1f} to {:.1f})",
                                     r.mean_read_latency(), t.read_latency_min, t.read_latency_max,
                                     r.mean_read_latency() * ns, least * ns, most * ns));
  }
  line("bandwidth",
       fmt::format("{:.3f} GB/s, {:.1f}% of the peak of {:.1f}", r.bytes_per_s() * 1e-9,
                   100 * r.bytes_per_s() / r.device.peak_bytes_per_s(), r.device.peak_bytes_per_s() * 1e-9));
  if (!r.energy) {
    line("energy", "unknown: the description of this DRAM has no currents");
    return text;
  }
  const DramEnergy& e = *r.energy;
  line("energy", fmt::format("{:.6g} pJ  ({:.4g} mW on average)", e.total(), power_mW(r)));
  const auto share = [&](const char* name, double pJ) {
    text += fmt::format("    {:<18} {:>14.6g} pJ {:>5.1f}%\n", name, pJ,
                        e.total() > 0 ? 100 * pJ / e.total() : 0.0);
  };
  share("activate", e.activate);
  share("read", e.read);
  share("write", e.write);
  share("refresh", e.refresh);
  share("active standby", e.active_standby);
  share("precharge standby", e.precharge_standby);
  return text;
}

}  // namespace tricycle
