// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/cost/dram_figures.hpp"
#include "sim/cost/figures.hpp"
#include "sim/exchange/replay.hpp"

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
  return name_of(format);
}

}  // namespace

std::string dram_json(const DramReplay& r) {
  const DramGeometry& g = r.device.geometry;
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
      {"requests", r.requests},
      {"blocked_cycles", r.blocked_cycles}};
  json.update(dram_json(r.device, r.total, dram_figures(r.device, r.total)));
  json["channels"] = Json::array();
  for (const DramStatistics& channel : r.channels) json["channels"].push_back(dram_counts_json(channel));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string dram_report(const DramReplay& r) {
  const DramStatistics& t = r.total;
  const DramFigures f = dram_figures(r.device, t);
  const double ns = static_cast<double>(r.device.tCK_ps) * 1e-3;
  std::string text = fmt::format("{} ({}) on {}: {}\n", printable(r.trace), format_name(r.format),
                                 printable(r.device.name), r.finished ? "finished" : "stopped");
  const auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("  {:<12} {}\n", name, value);
  };
  line("cycles", fmt::format("{}  ({:.4g} us at {:.4g} MHz)", grouped(r.cycles), f.seconds * 1e6,
                             1e6 / static_cast<double>(r.device.tCK_ps)));
  line("requests", fmt::format("{} accepted; {} reads and {} writes answered ({} merged, {} forwarded)",
                               grouped(r.requests), grouped(t.reads), grouped(t.writes), grouped(t.merged),
                               grouped(t.forwarded_reads)));
  line("blocked",
       fmt::format("{} cycles in which a request was due and its queue was full", grouped(r.blocked_cycles)));
  line("row hits", fmt::format("{} of {} bursts ({:.1f}%)", grouped(f.row_hits), grouped(f.bursts),
                               100 * f.row_hit_share));
  line("commands",
       fmt::format(
           "{} activates, {} precharges, {} reads, {} writes, {} refreshes{}", grouped(t.activates),
           grouped(t.precharges), grouped(t.read_commands), grouped(t.write_commands), grouped(t.refreshes),
           t.bank_refreshes == 0 ? "" : fmt::format(", {} refreshes of a bank", grouped(t.bank_refreshes))));
  if (t.reads > 0) {
    const auto most = static_cast<double>(t.read_latency_max),
               least = static_cast<double>(t.read_latency_min);
    line("read latency", fmt::format("{:.1f} cycles on average, {} to {} ({:.1f} ns, {:.1f} to {:.1f})",
                                     f.mean_read_latency, t.read_latency_min, t.read_latency_max,
                                     f.mean_read_latency * ns, least * ns, most * ns));
  }
  line("bandwidth", fmt::format("{:.3f} GB/s, {:.1f}% of the peak of {:.1f}", f.bytes_per_s * 1e-9,
                                100 * f.bandwidth_share, r.device.peak_bytes_per_s() * 1e-9));
  if (!f.energy) {
    line("energy", "unknown: the description of this DRAM has no currents");
    return text;
  }
  const DramEnergy& e = *f.energy;
  line("energy", fmt::format("{:.6g} pJ  ({:.4g} mW on average)", e.total(), f.power_mW));
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
