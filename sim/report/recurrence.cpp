// SPDX-License-Identifier: Apache-2.0
#include "sim/report/recurrence.hpp"

#include <algorithm>
#include <map>

#include "arch/isa/ledger.hpp"

namespace tricycle {
namespace {

/// Bytes loaded into weight memory, for each layer and time step.
std::vector<std::uint64_t> weights_loaded(const Trace& trace) {
  const Loops loops(trace.code);
  const Ledger ledger(trace.code, loops);
  std::vector<std::uint64_t> bytes(ledger.entries.size(), 0);
  for (std::size_t i = 0; i < trace.code.size(); ++i) {
    const auto add = [&](const auto* load) {
      if (load == nullptr || load->memory != Memory::weight) return;
      ledger.for_each_entry(loops, trace.code[i], i, [&](std::size_t entry, std::uint64_t times) {
        bytes[entry] += times * load->rows * load->row_bytes;
      });
    };
    add(std::get_if<isa::Load>(&trace.code[i].operation));
    add(std::get_if<isa::Unpack>(&trace.code[i].operation));
  }
  return bytes;
}

/// A row for each layer and time step, in the ledger's order.
std::vector<RecurrenceShares::Row> rows_of(const Trace& trace, const Inference& inference,
                                           const MachineSpec& spec, const EnergyModel& model) {
  const std::vector<double> array_cycles = array_cycles_of_steps(trace, spec);
  const std::vector<std::uint64_t> loaded = weights_loaded(trace);
  std::vector<RecurrenceShares::Row> rows;
  std::size_t first = 0;  // the entry of the layer's first time step
  for (std::size_t e = 0; e < inference.layer_steps.size(); ++e) {
    const LayerStep& entry = inference.layer_steps[e];
    if (entry.layer != inference.layer_steps[first].layer) first = e;
    RecurrenceShares::Row row = {entry.step, entry.layer, {}};
    row.share.cycles = entry.cycles();
    row.share.array_busy_cycles = entry.busy(Engine::array);
    row.share.array_cycles = array_cycles[e];
    row.share.events = entry.events;
    row.share.energy = model.of(entry.events, static_cast<double>(entry.cycles()));
    (e == first ? row.share.weights_first_step : row.share.weights_later_steps) = loaded[e];
    row.share.weights_every_step = e == first ? 0 : loaded[first];
    rows.push_back(row);
  }
  return rows;
}

/// The time steps of a program.
std::uint64_t steps_of(const Trace& trace) {
  const Loops loops(trace.code);
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < trace.code.size(); ++i) {
    std::uint64_t step = trace.code[i].step;
    loops.for_each_around(
        i, [&](const ProgramLoop& loop) { step += std::uint64_t{loop.steps} * (loop.count - 1); });
    last = std::max(last, step);
  }
  return last + 1;
}

/// The gates with a layer in a loop, with all of their layers. A layer ahead of the loop that does the
/// products of all time steps at once also belongs to its gate.
std::vector<RecurrenceShares::Gate> gates_of(const Trace& trace, const std::vector<Share>& per_layer,
                                             const std::vector<bool>& in_loop) {
  std::vector<RecurrenceShares::Gate> gates;
  std::map<std::string, std::size_t> at;
  for (std::size_t i = 0; i < per_layer.size(); ++i) {
    const std::string name = gate_of(trace.layers[i].name);
    if (in_loop[i] && at.emplace(name, gates.size()).second) gates.push_back({name, {}});
  }
  for (std::size_t i = 0; i < per_layer.size(); ++i) {
    const auto gate = at.find(gate_of(trace.layers[i].name));
    if (gate != at.end()) gates[gate->second].share += per_layer[i];
  }
  return gates;
}

}  // namespace

const char* Share::weights() const {
  if (weights_first_step + weights_later_steps == 0) return "none";
  if (weights_later_steps == 0) return "resident";
  return weights_later_steps < weights_every_step ? "partly resident" : "streamed";
}

Share& Share::operator+=(const Share& other) {
  cycles += other.cycles;
  array_busy_cycles += other.array_busy_cycles;
  array_cycles += other.array_cycles;
  events += other.events;
  energy += other.energy;
  weights_first_step += other.weights_first_step;
  weights_later_steps += other.weights_later_steps;
  weights_every_step += other.weights_every_step;
  return *this;
}

std::string gate_of(const std::string& layer) {
  return layer.size() > 2 && (layer.ends_with(".x") || layer.ends_with(".h"))
             ? layer.substr(0, layer.size() - 2)
             : layer;
}

std::vector<bool> layers_in_loops(const Trace& trace) {
  const Loops loops(trace.code);
  std::vector<bool> in_loop(trace.layers.size(), false);
  for (std::size_t i = 0; i < trace.code.size(); ++i) {
    bool repeats = trace.code[i].step > 0;
    loops.for_each_around(
        i, [&](const ProgramLoop& loop) { repeats = repeats || (loop.steps > 0 && loop.count > 1); });
    if (repeats) in_loop[trace.code[i].layer] = true;
  }
  return in_loop;
}

RecurrenceShares recurrence_of(const Trace& trace, const Inference& inference, const MachineSpec& spec,
                               const EnergyModel& model) {
  RecurrenceShares result;
  const std::vector<bool> in_loop = layers_in_loops(trace);
  if (std::none_of(in_loop.begin(), in_loop.end(), [](bool in) { return in; })) return result;
  result.rows = rows_of(trace, inference, spec, model);
  result.per_layer.resize(trace.layers.size());
  for (const RecurrenceShares::Row& row : result.rows) result.per_layer[row.layer] += row.share;
  std::stable_sort(
      result.rows.begin(), result.rows.end(),
      [](const RecurrenceShares::Row& a, const RecurrenceShares::Row& b) { return a.step < b.step; });
  for (const RecurrenceShares::Row& row : result.rows) {
    if (!in_loop[row.layer]) {
      result.outside += row.share;
      continue;
    }
    if (result.per_step.empty() || result.per_step.back().step != row.step)
      result.per_step.push_back({row.step, {}});
    result.per_step.back().share += row.share;
  }
  result.steps = inference.steps_are_summed ? steps_of(trace) : result.per_step.size();
  result.per_gate = gates_of(trace, result.per_layer, in_loop);
  return result;
}

}  // namespace tricycle
