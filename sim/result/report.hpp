// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/result/dram.hpp"
#include "sim/result/energy.hpp"
#include "sim/result/figures.hpp"
#include "sim/result/packing.hpp"
#include "sim/result/recurrence.hpp"
#include "sim/result/residency.hpp"
#include "sim/result/result.hpp"

namespace tricycle {

/// A layer of the first inference.
struct LayerReport {
  std::uint64_t cycles = 0;  ///< by which it moves the end of the run
  CounterSet events;
  Energy energy;
  DeclaredDensity declared;
  bool in_loop = false;  ///< it works in time steps behind the first
};

/// Everything that is said of a run, computed once: result.json, CSV, console, timeline and effective.yaml
/// only format it. Figures are those of the first inference but where they say otherwise.
struct Report {
  RunRecord record;
  std::vector<PriceLine> prices;  ///< those of the technology, and what a DRAM device's bytes took
  CounterSet events;
  Bound bound;
  double utilization = 0, latency_s = 0, area_mm2 = 0;
  Energy energy;
  Energy energy_of_all;  ///< of all inferences
  std::vector<LayerReport> layers;
  RecurrenceShares recurrence;
  std::uint64_t macs = 0, weight_bytes = 0;
  PackedWeights packing;
  std::vector<TensorTraffic> traffic;  ///< of the trace's tensors
  std::optional<DramFigures> dram;     ///< of a DRAM device
};

[[nodiscard]] Report report_of(RunRecord record);

/// result.json: no wall-clock time and no path in it.
[[nodiscard]] std::string result_json(const Report& report);
[[nodiscard]] std::string layers_csv(const Report& report);
/// "" where the program has one time step.
[[nodiscard]] std::string steps_csv(const Report& report);
[[nodiscard]] std::string effective_yaml(const Report& report);
/// Chrome trace events of the first inference, for Perfetto: one row for each engine, one slice for each
/// instruction, which ends where the next one on its row begins. Times are microseconds of the machine's
/// clock.
[[nodiscard]] std::string timeline_json(const Report& report);
/// For the terminal.
[[nodiscard]] std::string console_report(const Report& report);

/// Writes result.json, layers.csv, steps.csv, tensors.csv, effective.yaml, timeline.json and outputs.npy,
/// those that there are, and the command in command.txt, and puts the folder in its place.
void write_result_folder(const Report& report, const std::string& command, WholeFolder& folder);

}  // namespace tricycle
