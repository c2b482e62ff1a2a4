// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sim/report/csv_field.hpp"
#include "sim/report/report.hpp"

namespace tricycle {

std::string layers_csv(const Report& report) {
  std::string text =
      "name,op,datapath,macs,cycles,energy_pJ,weight_bytes,activation_bytes,dram_read_bytes,dram_write_bytes,"
      "weight_density";
  for (const LayerEvent& event : layer_events) text += std::string(",") + event.key;
  text += ",bound_cycles";
  for (const std::string& reason : names_of(CycleReason{}))
    text += reason == name_of(CycleReason::mapped) ? ",mapped_cycles" : ",lost_to_" + reason + "_cycles";
  text += '\n';
  for (std::size_t i = 0; i < report.record.trace.layers.size(); ++i) {
    const TraceLayer& layer = report.record.trace.layers[i];
    const LayerReport& found = report.layers[i];
    const CounterSet& events = found.events;
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{}", csv_field(layer.name), layer.op, layer.datapath,
                        layer.macs, found.cycles, found.energy.total(), layer.weight_bytes,
                        layer.activation_bytes, events[Counter::dram_read_bytes],
                        events[Counter::dram_write_bytes], density(layer));
    for (const LayerEvent& event : layer_events) text += fmt::format(",{}", events[event.counter]);
    text += fmt::format(",{}", layer.least_cycles);
    for (const std::uint64_t cycles : found.by_reason) text += fmt::format(",{}", cycles);
    text += '\n';
  }
  return text;
}

std::string steps_csv(const Report& report) {
  const RecurrenceShares& recurrence = report.recurrence;
  if (!recurrence.any()) return "";
  std::string text =
      "step,layer,cycles,array_busy_cycles,utilization,dram_read_bytes,dram_write_bytes,energy_pJ\n";
  for (const auto& [step, layer, share] : recurrence.rows) {
    const CounterSet& events = share.events;
    text += fmt::format("{},{},{},{},{},{},{},{}\n", step, csv_field(report.record.trace.layers[layer].name),
                        share.cycles, share.array_busy_cycles, share.utilization(),
                        events[Counter::dram_read_bytes], events[Counter::dram_write_bytes],
                        share.energy.total());
  }
  return text;
}

}  // namespace tricycle
