// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/dram_figures.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/cost/figures.hpp"

namespace tricycle {
namespace {

using Json = nlohmann::ordered_json;

double count(std::uint64_t n) {
  return static_cast<double>(n);
}

double clock_ns(const DramDevice& device) {
  return static_cast<double>(device.tCK_ps) * 1e-3;
}

/// The latency of all reads, or null without reads.
Json latency_json(const DramFigures& figures, const DramStatistics& s, double unit) {
  if (s.reads == 0) return nullptr;
  return {{"mean", figures.mean_read_latency * unit},
          {"min", count(s.read_latency_min) * unit},
          {"max", count(s.read_latency_max) * unit}};
}

Json energy_json(const DramEnergy& e) {
  return {{"total", e.total()},
          {"by_command",
           {{"activate", e.activate}, {"read", e.read}, {"write", e.write}, {"refresh", e.refresh}}},
          {"by_state", {{"active_standby", e.active_standby}, {"precharge_standby", e.precharge_standby}}}};
}

}  // namespace

DramStatistics sum_of(const std::vector<DramStatistics>& channels) {
  DramStatistics sum;
  for (const DramStatistics& channel : channels) sum += channel;
  if (!channels.empty()) sum.cycles = channels.front().cycles;
  return sum;
}

DramFigures dram_figures(const DramDevice& device, const DramStatistics& s) {
  const auto request = static_cast<std::uint64_t>(device.geometry.request_bytes());
  DramFigures f;
  f.seconds = count(s.cycles) * clock_ns(device) * 1e-9;
  f.bytes_read = s.read_commands * request;
  f.bytes_written = s.write_commands * request;
  f.bytes_per_s = ratio(count(f.bytes_read + f.bytes_written), f.seconds);
  f.bandwidth_share = f.bytes_per_s / device.peak_bytes_per_s();
  f.row_hits = s.read_row_hits + s.write_row_hits;
  f.bursts = s.read_commands + s.write_commands;
  f.row_hit_share = ratio(count(f.row_hits), count(f.bursts));
  f.mean_read_latency = ratio(count(s.read_latency_sum), count(s.reads));
  if (device.rails.empty()) return f;
  f.energy = dram_energy(dram_prices(device), s);
  f.power_mW = ratio(f.energy->total() * 1e-9, f.seconds);  // pJ over s
  return f;
}

Json dram_counts_json(const DramStatistics& s) {
  return {{"reads", s.reads},
          {"writes", s.writes},
          {"forwarded_reads", s.forwarded_reads},
          {"merged", s.merged},
          {"row_hits", s.read_row_hits + s.write_row_hits},
          {"commands",
           {{"activate", s.activates},
            {"precharge", s.precharges},
            {"read", s.read_commands},
            {"write", s.write_commands},
            {"refresh", s.refreshes},
            {"refresh_bank", s.bank_refreshes}}},
          {"rank_cycles", {{"active", s.active_cycles}, {"precharged", s.precharged_cycles}}}};
}

Json dram_json(const DramDevice& device, const DramStatistics& s, const DramFigures& f) {
  Json json = {{"cycles", s.cycles},
               {"time_s", f.seconds},
               {"bytes_read", f.bytes_read},
               {"bytes_written", f.bytes_written},
               {"bandwidth_GBps", f.bytes_per_s * 1e-9},
               {"peak_bandwidth_GBps", device.peak_bytes_per_s() * 1e-9},
               {"bandwidth_share", f.bandwidth_share},
               {"read_latency_cycles", latency_json(f, s, 1)},
               {"read_latency_ns", latency_json(f, s, clock_ns(device))}};
  json.update(dram_counts_json(s));
  json["row_hit_share"] = f.row_hit_share;
  json["energy_pJ"] = f.energy ? energy_json(*f.energy) : Json(nullptr);
  json["average_power_mW"] = f.energy ? Json(f.power_mW) : Json(nullptr);
  return json;
}

std::string dram_text(const DramDevice& device, const DramStatistics& s, const DramFigures& f) {
  return fmt::format(
      "  {:<12} {:.1f}% of {:.1f} GB/s, {:.1f}% row hits, mean read latency {:.1f} ns, {} activates, {} "
      "refreshes{}\n",
      "", 100 * f.bandwidth_share, device.peak_bytes_per_s() * 1e-9, 100 * f.row_hit_share,
      f.mean_read_latency * clock_ns(device), s.activates, s.refreshes + s.bank_refreshes,
      f.energy ? "" : "; no currents: bytes are priced by the technology");
}

}  // namespace tricycle
