// SPDX-License-Identifier: Apache-2.0
#include "sim/report/report.hpp"

#include <fmt/format.h>

#include "arch/isa/footprint.hpp"

namespace tricycle {
namespace {

/// The prices in reports. Bytes of a DRAM device have no price: their energy is a figure of this run.
std::vector<PriceLine> price_lines(const RunRecord& record, const EnergyModel& model) {
  std::vector<PriceLine> lines = record.prices.lines;
  const auto per_byte = model.dram_per_byte();
  if (!per_byte) return lines;
  const auto put = [&](Counter counter, double value) {
    const std::string name = counter_infos()[static_cast<std::size_t>(counter)].full_name();
    for (PriceLine& line : lines) {
      if (line.name != name) continue;
      line.value = value;
      line.source = fmt::format("the commands of this run and the currents of {}, per byte moved",
                                record.spec.dram.device.name);
      line.scaling = {{"another chip", 1, "has supplies of its own", false, {}}};
      line.intervals.clear();
    }
  };
  put(Counter::dram_read_bytes, per_byte->read);
  put(Counter::dram_write_bytes, per_byte->write);
  return lines;
}

std::vector<LayerReport> layers_of(const RunRecord& record, const EnergyModel& model) {
  const Trace& trace = record.trace;
  const std::vector<LayerStep> steps = record.simulation.first.by_layer();
  const std::vector<bool> in_loop = layers_in_loops(trace);
  std::vector<LayerReport> layers(trace.layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::uint64_t cycles = steps[i].cycles();
    layers[i] = {cycles,
                 steps[i].by_reason,
                 steps[i].events,
                 model.of(steps[i].events, static_cast<double>(cycles)),
                 declared_density(trace.layers[i], record.options),
                 in_loop[i]};
  }
  return layers;
}

std::optional<WarmReport> warm_of(const RunRecord& record) {
  const std::optional<Inference>& warm = record.simulation.warm;
  if (!warm || warm->status != RunStatus::finished) return std::nullopt;
  WarmReport report;
  report.cycles = warm->cycles;
  report.events = warm->events();
  const auto cycles = static_cast<double>(warm->cycles);
  report.latency_s = cycles / (record.spec.clock_MHz * 1e6);
  const EnergyModel model(record.prices, record.spec, sum_of(warm->dram.channels), report.events);
  report.energy = model.of(report.events, cycles);
  for (const UnitTimes& unit : warm->units) {
    const bool works = unit.name == "array" || unit.name == "vector" || unit.name == "dram";
    if (works && unit.busy >= report.busiest.busy) report.busiest = unit;
  }
  const std::vector<Instruction>& code = record.trace.code;
  const Loops loops(code);
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (!is_once(code[i])) continue;
    for (const Access& access : footprint(code[i], record.spec)) {
      if (access.write)
        report.staying_bytes += loops.executions(i) * access.lines * access.rows * access.row_bytes;
    }
  }
  return report;
}

}  // namespace

Report report_of(RunRecord given) {
  Report report;
  report.record = std::move(given);
  const RunRecord& record = report.record;
  const Trace& trace = record.trace;
  const Simulation& s = record.simulation;
  const auto cycles = static_cast<double>(s.first.cycles);
  report.events = s.first.events();
  const EnergyModel model(record.prices, record.spec, s.dram_first, report.events);
  const EnergyModel of_all(record.prices, record.spec, s.dram_total, s.events_total);
  report.prices = price_lines(record, model);
  report.bound = bound_of(trace, record.spec);
  report.utilization = utilization_of(trace, record.spec, cycles);
  report.latency_s = cycles / (record.spec.clock_MHz * 1e6);
  report.area_mm2 = area_mm2(record.prices);
  report.energy = model.of(report.events, cycles);
  report.energy_of_all = of_all.of(s.events_total, static_cast<double>(s.cycles_total));
  report.intervals = intervals_of(record);
  report.warm = warm_of(record);
  report.layers = layers_of(record, model);
  for (const LayerReport& layer : report.layers) {
    for (std::size_t r = 0; r < cycle_reason_count; ++r) report.by_reason[r] += layer.by_reason[r];
  }
  report.recurrence = recurrence_of(trace, s.first, record.spec, model);
  report.macs = total_macs(trace);
  report.weight_bytes = packed_weight_bytes(trace);
  report.packing = packing_of(trace);
  report.traffic = tensor_traffic(trace);
  for (const Instruction& instruction : trace.code)
    report.program.bytes += static_cast<std::uint64_t>(encoded_bytes(instruction));
  report.program.instructions = trace.code.size();
  report.program.issued = instructions_of(trace.code, Loops(trace.code));
  if (!record.spec.dram.is_ideal()) report.dram = dram_figures(record.spec.dram.device, s.dram_first);
  return report;
}

}  // namespace tricycle
