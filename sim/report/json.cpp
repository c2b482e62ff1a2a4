// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "arch/params/parts.hpp"
#include "arch/params/zero_flags.hpp"
#include "sim/cost/prices.hpp"
#include "sim/report/ideal.hpp"
#include "sim/report/report.hpp"
#include "sim/report/values.hpp"

namespace tricycle {
namespace {

using Json = nlohmann::ordered_json;

/// Hardware units, in the order in which events and then parts name them.
std::vector<UnitId> units_of(const Prices& prices) {
  std::vector<UnitId> units;
  const auto add = [&](UnitId unit) {
    if (std::find(units.begin(), units.end(), unit) == units.end()) units.push_back(unit);
  };
  for (const CounterInfo& info : counter_infos())
    if (info.priced) add(info.unit);
  for (const Prices::Static& unit : prices.units) add(unit.unit);
  return units;
}

Json energy_json(const Report& report) {
  const Energy& energy = report.energy;
  Json by_unit = Json::object();
  for (const UnitId unit : units_of(report.record.prices))
    by_unit[name_of(unit)] = {{"dynamic", energy.dynamic(unit)}, {"leakage", energy.leakage(unit)}};
  return {{"total", energy.total()},     {"low", report.intervals.low_pJ}, {"high", report.intervals.high_pJ},
          {"dynamic", energy.dynamic()}, {"leakage", energy.leakage()},    {"dram", energy.dram()},
          {"by_unit", by_unit}};
}

Json share_json(const Share& share) {
  return {{"cycles", share.cycles},
          {"array_busy_cycles", share.array_busy_cycles},
          {"utilization", share.utilization()},
          {"dram_read_bytes", share.events[Counter::dram_read_bytes]},
          {"dram_write_bytes", share.events[Counter::dram_write_bytes]},
          {"energy_pJ", share.energy.total()}};
}

void add_weights(const Share& share, Json& row) {
  row["weights"] = share.weights();
  row["weights_loaded_bytes"] = {{"first_step", share.weights_first_step},
                                 {"later_steps", share.weights_later_steps}};
}

Json recurrence_json(const RecurrenceShares& recurrence) {
  Json per_step = Json::array(), per_gate = Json::array();
  for (const auto& [step, share] : recurrence.per_step) {
    per_step.push_back({{"step", step}});
    per_step.back().update(share_json(share));
  }
  for (const auto& [name, share] : recurrence.per_gate) {
    per_gate.push_back({{"gate", name}});
    per_gate.back().update(share_json(share));
    add_weights(share, per_gate.back());
  }
  return {{"steps", recurrence.steps},
          {"per_step", std::move(per_step)},
          {"outside", share_json(recurrence.outside)},
          {"per_gate", std::move(per_gate)}};
}

/// `mapped_cycles`, and `lost_cycles` by reason.
void add_reasons(const CyclesByReason& by_reason, Json& to) {
  to["mapped_cycles"] = by_reason[static_cast<std::size_t>(CycleReason::mapped)];
  Json lost;
  for (std::size_t r = 0; r < cycle_reason_count; ++r) {
    if (r != static_cast<std::size_t>(CycleReason::mapped)) lost[names_of(CycleReason{})[r]] = by_reason[r];
  }
  to["lost_cycles"] = std::move(lost);
}

Json layers_json(const Report& report) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < report.record.trace.layers.size(); ++i) {
    const TraceLayer& layer = report.record.trace.layers[i];
    const LayerReport& found = report.layers[i];
    const CounterSet& events = found.events;
    Json row = {{"name", layer.name}, {"op", layer.op},         {"datapath", layer.datapath},
                {"macs", layer.macs}, {"cycles", found.cycles}, {"bound_cycles", layer.least_cycles}};
    add_reasons(found.by_reason, row);
    row.update({{"energy_pJ", found.energy.total()},
                {"weight_bytes", layer.weight_bytes},
                {"activation_bytes", layer.activation_bytes},
                {"dram_read_bytes", events[Counter::dram_read_bytes]},
                {"dram_write_bytes", events[Counter::dram_write_bytes]},
                {"weight_density", density(layer)},
                {"flag_bytes", layer.flag_bytes}});
    row["declared_density"] = {{"weights", found.declared.weights},
                               {"activations", found.declared.activations}};
    row["activation_density"] = nullptr;
    if (const auto measured = activation_density(events)) row["activation_density"] = *measured;
    if (layer.dram_bytes > 0) row["packing"] = packing_json(layer);
    for (const LayerEvent& event : layer_events) row[event.key] = events[event.counter];
    if (found.in_loop) add_weights(report.recurrence.per_layer[i], row);
    rows.push_back(std::move(row));
  }
  return rows;
}

Json tensors_json(const Report& report) {
  Json rows = Json::array();
  const Trace& trace = report.record.trace;
  const std::vector<TensorTraffic>& traffic = report.traffic;
  for (std::size_t t = 0; t < traffic.size(); ++t) {
    const TraceTensor& tensor = trace.tensors[t];
    const auto bytes = static_cast<double>(tensor.bytes);
    const auto layer = [&](std::uint32_t i) { return i < trace.layers.size() ? trace.layers[i].name : ""; };
    rows.push_back({{"name", tensor.name},
                    {"kind", tensor.kind},
                    {"format", tensor.format},
                    {"bytes", tensor.bytes},
                    {"memory", name_of(tensor.memory)},
                    {"first_layer", layer(tensor.first_layer)},
                    {"last_layer", layer(tensor.last_layer)},
                    {"dram_read_bytes", traffic[t].read_bytes},
                    {"dram_write_bytes", traffic[t].write_bytes},
                    {"loads", ratio(static_cast<double>(traffic[t].read_bytes), bytes)},
                    {"stores", ratio(static_cast<double>(traffic[t].write_bytes), bytes)},
                    {"reason", tensor.reason}});
  }
  return rows;
}

/// The on-chip memories that engines share.
Json memories_json(const Report& report) {
  const Inference& first = report.record.simulation.first;
  const CounterSet& events = report.events;
  const std::vector<Sram> srams = srams_of(report.record.spec);
  Json rows = Json::array();
  for (std::size_t m = 0; m < sram_count; ++m) {
    const auto& [unit, spec] = srams[m];
    std::uint64_t accesses = 0;
    for (std::size_t i = 0; i < counter_count; ++i) {
      if (counter_infos()[i].unit == unit) accesses += events.counts[i];
    }
    Json conflicts;
    for (const Engine engine : {Engine::array, Engine::vector, Engine::load, Engine::store}) {
      const auto e = static_cast<std::size_t>(engine);
      conflicts[name_of(engine)] = first.memories[m].conflicts[e];
    }
    rows.push_back({{"name", name_of(unit)},
                    {"ports", name_of(spec.ports)},
                    {"banks", spec.banks},
                    {"halves", spec.halves()},
                    {"accesses", accesses},
                    {"port_cycles", first.memories[m].port_cycles},
                    {"conflict_cycles", std::move(conflicts)}});
  }
  return rows;
}

Json calibration_json(const CalibrationRecord& c) {
  return {{"source", c.source},
          {"sha256", c.sha256},
          {"items", c.items},
          {"quantizers", c.quantizers},
          {"weight_tensors", c.weights}};
}

Json tech_json(const Report& report) {
  const Prices& prices = report.record.prices;
  return {{"name", prices.tech},
          {"node_nm", prices.node_nm},
          {"voltage_V", prices.voltage_V},
          {"temperature_K", prices.temperature_K},
          {"projection", prices.projection},
          {"prices", prices_json(report.prices)}};
}

/// What the interval of each source moves, the most first.
Json sensitivity_json(const Intervals& intervals) {
  Json rows = Json::array();
  for (const Swing& swing : intervals.swings) {
    const Interval& interval = swing.of.interval;
    rows.push_back({{"source", swing.of.source},
                    {"quantity", name_of(swing.of.quantity)},
                    {"low", interval.low},
                    {"high", interval.high},
                    {"energy_low_pJ", swing.low_pJ},
                    {"energy_high_pJ", swing.high_pJ},
                    {"why", interval.why.empty() ? "no interval is stated" : interval.why}});
  }
  return rows;
}

Json area_json(const Prices& prices) {
  Json area = Json::object();
  for (const Prices::Static& unit : prices.units) area[name_of(unit.unit)] = unit.area_mm2;
  return area;
}

/// The bytes that DRAM moved. A device adds what it did.
Json dram_of(const Report& report) {
  const RunRecord& record = report.record;
  Json json = {{"read_bytes", report.events[Counter::dram_read_bytes]},
               {"write_bytes", report.events[Counter::dram_write_bytes]}};
  if (!report.dram) return json;
  const DramDevice& device = record.spec.dram.device;
  json["device"] = {
      {"name", device.name}, {"tCK_ps", device.tCK_ps}, {"request_bytes", device.geometry.request_bytes()}};
  json["device"].update(dram_json(device, record.simulation.dram_first, *report.dram));
  return json;
}

Json units_json(const Inference& first) {
  Json rows = Json::array();
  for (const UnitTimes& unit : first.units) {
    rows.push_back({{"name", unit.name},
                    {"busy_cycles", unit.busy},
                    {"stall_cycles", unit.stall},
                    {"idle_cycles", unit.idle}});
  }
  return rows;
}

Json counters_json(const CounterSet& events) {
  Json json = Json::object();
  const auto& infos = counter_infos();
  for (std::size_t i = 0; i < infos.size(); ++i) json[infos[i].full_name()] = events.counts[i];
  return json;
}

/// What weights and tensors take in memory.
Json memory_json(const Report& report) {
  const Trace& trace = report.record.trace;
  const MachineSpec& spec = report.record.spec;
  return {{"weights_bytes", report.weight_bytes},
          {"fp32_weights_bytes", trace.fp32_weight_bytes},
          {"saving",
           ratio(static_cast<double>(trace.fp32_weight_bytes), static_cast<double>(report.weight_bytes))},
          {"flag_bytes",
           {{"weight_memory", spec.weight_memory.bytes() - usable_weight_bytes(spec)},
            {"activation_memory", spec.activation_memory.bytes() - usable_activation_bytes(spec)}}},
          {"packing", packing_json(report.packing)},
          {"theoretical_saving", {{"two_bits", 16}, {"one_bit", 32}}},
          {"tensors", tensors_json(report)}};
}

Json verify_json(const RunRecord& record) {
  const Simulation& s = record.simulation;
  Json json = {{"mode", name_of(record.options.verify)},
               {"checked", s.checked},
               {"mismatches", s.mismatches},
               {"overflows", s.events_total[Counter::array_overflows]},
               {"reference", s.reference}};
  if (record.spec.dram.is_ideal()) return json;
  json["dram_commands"] = s.dram_commands_checked;
  json["dram_violations"] = s.dram_violations;
  return json;
}

Json inferences_json(const Report& report) {
  const Simulation& s = report.record.simulation;
  return {{"count", s.count},
          {"cold", 1},
          {"warm", s.count - 1},
          {"cycles_min", s.cycles_min},
          {"cycles_mean", ratio(static_cast<double>(s.cycles_total), static_cast<double>(s.count))},
          {"cycles_max", s.cycles_max},
          {"energy_total_pJ", report.energy_of_all.total()}};
}

/// A machine that takes up an inference when the one before has ended.
Json warm_json(const WarmReport& warm) {
  return {{"start", "reset, instructions and what stays on chip, other weights and input in DRAM"},
          {"staying_bytes", warm.staying_bytes},
          {"cycles", warm.cycles},
          {"latency_s", warm.latency_s},
          {"interval_cycles", warm.cycles},
          {"busiest", {{"unit", warm.busiest.name}, {"busy_cycles", warm.busiest.busy}}},
          {"inferences_per_s", ratio(1, warm.latency_s)},
          {"energy_pJ", warm.energy.total()},
          {"dram",
           {{"read_bytes", warm.events[Counter::dram_read_bytes]},
            {"write_bytes", warm.events[Counter::dram_write_bytes]}}}};
}

/// What the machine takes to be ideal.
Json ideal_json(const MachineSpec& spec) {
  Json rows = Json::array();
  for (const Ideal& ideal : ideals_of(spec)) rows.push_back({{"key", ideal.key}, {"what", ideal.what}});
  return rows;
}

Json accuracy_json(const RunRecord& record, std::uint64_t correct) {
  const std::uint64_t count = record.simulation.count;
  return {{"top1", ratio(static_cast<double>(correct), static_cast<double>(count))},
          {"correct", correct},
          {"count", count},
          {"labels", record.labels_source},
          {"labels_sha256", record.labels_sha256}};
}

}  // namespace

std::string result_json(const Report& report) {
  const RunRecord& record = report.record;
  const Trace& trace = record.trace;
  const Simulation& s = record.simulation;
  Json json;
  json["schema"] = "tricycle.result/1";
  json["status"] = status_name(s.first.status);
  json["workload"] = {
      {"name", trace.workload}, {"weights", trace.weights}, {"synthetic_weights", trace.synthetic}};
  json["machine"] = record.spec.name;
  json["ideal"] = ideal_json(record.spec);
  json["tech"] = tech_json(report);
  json["input"] = input_json(record);
  if (record.calibration) json["calibration"] = calibration_json(*record.calibration);
  json["unsupported"] = record.unsupported;
  json["start"] = "reset, instructions, weights and input in DRAM";
  json["cycles"] = s.first.cycles;
  add_reasons(report.by_reason, json);
  json["clock_MHz"] = record.spec.clock_MHz;
  json["latency_s"] = report.latency_s;
  json["macs"] = report.macs;
  json["bound"] = {{"compute_cycles", report.bound.compute_cycles},
                   {"dram_cycles", report.bound.dram_cycles}};
  json["utilization"] = report.utilization;
  json["energy_pJ"] = energy_json(report);
  json["sensitivity"] = sensitivity_json(report.intervals);
  json["area_mm2"] = report.area_mm2;
  json["area_low_mm2"] = report.intervals.low_mm2;
  json["area_high_mm2"] = report.intervals.high_mm2;
  json["area_by_unit_mm2"] = area_json(record.prices);
  json["program"] = {{"bytes", report.program.bytes},
                     {"instructions", report.program.instructions},
                     {"issued", report.program.issued}};
  json["dram"] = dram_of(report);
  json["units"] = units_json(s.first);
  json["memories"] = memories_json(report);
  json["counters"] = counters_json(report.events);
  json["layers"] = layers_json(report);
  if (report.recurrence.any()) json["recurrence"] = recurrence_json(report.recurrence);
  json["memory"] = memory_json(report);
  json["verify"] = verify_json(record);
  json["reference"] = reference_json(record.reference);
  json["outputs"] = outputs_json(record);
  if (!s.states.empty()) json["states"] = states_json(record);
  if (report.warm) json["warm"] = warm_json(*report.warm);
  json["inferences"] = inferences_json(report);
  if (s.correct) json["accuracy"] = accuracy_json(record, *s.correct);
  if (s.language) json["language"] = language_json(*s.language, *record.options.text);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tricycle
