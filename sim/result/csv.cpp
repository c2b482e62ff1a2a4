// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "sim/result/recurrence.hpp"
#include "sim/result/result.hpp"

namespace tricycle {
namespace {

/// A name without what would end a field.
std::string field(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ',' || c == '"' || c == '\n'; }, '_');
  return name;
}

}  // namespace

std::string layers_csv(const RunRecord& record) {
  std::string text =
      "name,op,datapath,macs,cycles,energy_pJ,weight_bytes,activation_bytes,dram_read_bytes,dram_write_bytes,"
      "weight_density";
  for (const LayerEvent& event : layer_events) text += std::string(",") + event.key;
  text += '\n';
  const std::vector<std::uint64_t> cycles = layer_cycles(record.trace, record.simulation.first);
  const std::vector<LayerStep> layers = record.simulation.first.by_layer();
  for (std::size_t i = 0; i < record.trace.layers.size(); ++i) {
    const TraceLayer& layer = record.trace.layers[i];
    const CounterSet& events = layers[i].events;
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{}", field(layer.name), layer.op, layer.datapath,
                        layer.macs, cycles[i],
                        energy_of(events, static_cast<double>(cycles[i]), record.prices, record.spec).total(),
                        layer.weight_bytes, layer.activation_bytes, events[Counter::dram_read_bytes],
                        events[Counter::dram_write_bytes], density(layer));
    for (const LayerEvent& event : layer_events) text += fmt::format(",{}", events[event.counter]);
    text += '\n';
  }
  return text;
}

std::string steps_csv(const RunRecord& record) {
  const RecurrenceShares recurrence = recurrence_of(record.trace, record.simulation.first, record.spec);
  if (!recurrence.any()) return "";
  std::string text =
      "step,layer,cycles,array_busy_cycles,utilization,dram_read_bytes,dram_write_bytes,energy_pJ\n";
  for (const auto& [step, layer, share] : recurrence.rows) {
    const CounterSet& events = share.events;
    text +=
        fmt::format("{},{},{},{},{},{},{},{}\n", step, field(record.trace.layers[layer].name), share.cycles,
                    share.array_busy_cycles, share.utilization(), events[Counter::dram_read_bytes],
                    events[Counter::dram_write_bytes],
                    energy_of(events, static_cast<double>(share.cycles), record.prices, record.spec).total());
  }
  return text;
}

}  // namespace tricycle
