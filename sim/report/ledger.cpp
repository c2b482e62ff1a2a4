// SPDX-License-Identifier: Apache-2.0
// ledger.csv: count, price and energy of every event in every layer.
#include <fmt/format.h>

#include <algorithm>

#include "sim/report/csv_field.hpp"
#include "sim/report/report.hpp"

namespace tricycle {
namespace {

/// What a row has beside its energy.
struct PricedEvent {
  std::string unit, event;
  double price_pJ = 0;
  std::string sources;
};

/// The events that have a price, by counter; the others have an empty name.
std::vector<PricedEvent> priced_events(const Report& report) {
  std::vector<PricedEvent> items(counter_count);
  for (std::size_t i = 0; i < counter_count; ++i) {
    const CounterInfo& info = counter_infos()[i];
    const auto line = std::find_if(report.prices.begin(), report.prices.end(), [&](const PriceLine& l) {
      return l.unit == "pJ" && l.name == info.full_name();
    });
    if (line == report.prices.end()) continue;
    items[i] = {name_of(info.unit), info.name, line->value,
                fmt::format("{}", fmt::join(line->intervals, "+"))};
  }
  return items;
}

/// One row for each event that happened, and for the leakage of each unit in the cycles of the part.
void add_rows(const std::string& part, const CounterSet& events, std::uint64_t cycles, const Energy& energy,
              const Report& report, const std::vector<PricedEvent>& items, std::string& text) {
  const auto add = [&](const std::string& unit, const std::string& event, std::uint64_t count,
                       double price_pJ, double energy_pJ, const std::string& sources) {
    text += fmt::format("{},{},{},{},{},{},{}\n", part, unit, event, count, price_pJ, energy_pJ, sources);
  };
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].event.empty() || events.counts[i] == 0) continue;
    add(items[i].unit, items[i].event, events.counts[i], items[i].price_pJ, energy.of_event[i],
        items[i].sources);
  }
  const double ns = 1000.0 / report.record.spec.clock_MHz;
  for (const Prices::Static& unit : report.record.prices.units) {
    if (cycles == 0 || unit.leakage_mW == 0) continue;
    add(name_of(unit.unit), "leakage", cycles, unit.leakage_mW * ns, energy.leakage(unit.unit), "");
  }
}

}  // namespace

std::string ledger_csv(const Report& report) {
  const std::vector<PricedEvent> items = priced_events(report);
  const std::vector<TraceLayer>& layers = report.record.trace.layers;
  std::string text = "layer,step,unit,event,count,price_pJ,energy_pJ,sources\n";
  for (const RecurrenceShares::Row& row : report.recurrence.rows) {
    add_rows(fmt::format("{},{}", csv_field(layers[row.layer].name), row.step), row.share.events,
             row.share.cycles, row.share.energy, report, items, text);
  }
  if (report.recurrence.any()) return text;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerReport& layer = report.layers[i];
    add_rows(csv_field(layers[i].name) + ",0", layer.events, layer.cycles, layer.energy, report, items, text);
  }
  return text;
}

}  // namespace tricycle
