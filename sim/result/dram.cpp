// SPDX-License-Identifier: Apache-2.0
#include "sim/result/dram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/result/figures.hpp"

namespace tricycle {
namespace {

double count(std::uint64_t n) {
  return static_cast<double>(n);
}

struct Rates {
  double bandwidth, utilization, row_hits, latency_cycles;
};

Rates rates_of(const DramDevice& device, const DramStatistics& s) {
  const double commands = count(s.read_commands + s.write_commands);
  const double seconds = count(s.cycles) * static_cast<double>(device.tCK_ps) * 1e-12;
  Rates rates{};
  rates.bandwidth = ratio(commands * static_cast<double>(device.geometry.request_bytes()), seconds);
  rates.utilization = rates.bandwidth / device.peak_bytes_per_s();
  rates.row_hits = ratio(count(s.read_row_hits + s.write_row_hits), commands);
  rates.latency_cycles = ratio(count(s.read_latency_sum), count(s.reads));
  return rates;
}

}  // namespace

DramStatistics sum_of(const std::vector<DramStatistics>& channels) {
  DramStatistics sum;
  for (const DramStatistics& channel : channels) sum += channel;
  if (!channels.empty()) sum.cycles = channels.front().cycles;
  return sum;
}

void price_dram(const MachineSpec& spec, const DramStatistics& statistics, const CounterSet& events,
                Prices& prices) {
  if (spec.dram.is_ideal() || spec.dram.device.rails.empty()) return;
  const DramEnergy energy = dram_energy(dram_prices(spec.dram.device), statistics);
  const double read = count(events[Counter::dram_read_bytes]),
               written = count(events[Counter::dram_write_bytes]);
  const double other = ratio(energy.total() - energy.read - energy.write, read + written);
  const auto set = [&](Counter counter, double value) {
    prices.event_pJ[static_cast<std::size_t>(counter)] = value;
    const std::string name = counter_infos()[static_cast<std::size_t>(counter)].full_name();
    for (PriceLine& line : prices.lines) {
      if (line.name != name) continue;
      line.value = value;
      line.source = fmt::format("the commands of this run and the currents of {}, per byte moved",
                                spec.dram.device.name);
    }
  };
  set(Counter::dram_read_bytes, read > 0 ? energy.read / read + other : 0);
  set(Counter::dram_write_bytes, written > 0 ? energy.write / written + other : 0);
}

nlohmann::ordered_json dram_json(const DramDevice& device, const DramStatistics& s) {
  const Rates rates = rates_of(device, s);
  const DramEnergy energy = dram_energy(dram_prices(device), s);
  nlohmann::ordered_json json = {{"name", device.name},
                                 {"clock_MHz", 1e6 / static_cast<double>(device.tCK_ps)},
                                 {"clock_cycles", s.cycles},
                                 {"request_bytes", device.geometry.request_bytes()},
                                 {"read_requests", s.reads},
                                 {"write_requests", s.writes},
                                 {"reads", s.read_commands},
                                 {"writes", s.write_commands},
                                 {"row_hits", s.read_row_hits + s.write_row_hits},
                                 {"row_hit_rate", rates.row_hits},
                                 {"activates", s.activates},
                                 {"precharges", s.precharges},
                                 {"refreshes", s.refreshes},
                                 {"bank_refreshes", s.bank_refreshes},
                                 {"forwarded_reads", s.forwarded_reads},
                                 {"merged_requests", s.merged},
                                 {"read_latency_mean_clock_cycles", rates.latency_cycles},
                                 {"read_latency_min_clock_cycles", s.reads > 0 ? s.read_latency_min : 0},
                                 {"read_latency_max_clock_cycles", s.read_latency_max},
                                 {"bandwidth_bytes_per_s", rates.bandwidth},
                                 {"peak_bytes_per_s", device.peak_bytes_per_s()},
                                 {"bandwidth_utilization", rates.utilization}};
  if (!device.rails.empty()) {
    json["energy_pJ"] = {{"total", energy.total()},
                         {"activate", energy.activate},
                         {"read", energy.read},
                         {"write", energy.write},
                         {"refresh", energy.refresh},
                         {"active_standby", energy.active_standby},
                         {"precharge_standby", energy.precharge_standby}};
  }
  return json;
}

std::string dram_text(const DramDevice& device, const DramStatistics& s) {
  const Rates rates = rates_of(device, s);
  return fmt::format(
      "  {:<12} {:.1f}% of {:.1f} GB/s, {:.1f}% row hits, mean read latency {:.1f} ns, {} activates, {} "
      "refreshes{}\n",
      "", 100 * rates.utilization, device.peak_bytes_per_s() * 1e-9, 100 * rates.row_hits,
      rates.latency_cycles * static_cast<double>(device.tCK_ps) * 1e-3, s.activates,
      s.refreshes + s.bank_refreshes,
      device.rails.empty() ? "; no currents: bytes are priced by the technology" : "");
}

}  // namespace tricycle
