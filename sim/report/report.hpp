// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/cost/dram_figures.hpp"
#include "sim/cost/energy.hpp"
#include "sim/cost/figures.hpp"
#include "sim/experiment/record.hpp"
#include "sim/report/packing.hpp"
#include "sim/report/recurrence.hpp"
#include "sim/report/residency.hpp"
#include "sim/report/sensitivity.hpp"

namespace tricycle {

/// One layer in the first inference.
struct LayerReport {
  std::uint64_t cycles = 0;  ///< that it answers for
  CyclesByReason by_reason{};
  CounterSet events;
  Energy energy;
  DeclaredDensity declared;
  bool in_loop = false;  ///< it also works in time steps after the first
};

/// The size of a program.
struct ProgramSize {
  std::uint64_t bytes = 0, instructions = 0;  ///< in instruction memory
  std::uint64_t issued = 0;                   ///< to engines, in an inference
};

/// An inference behind another one. The next may begin when it has ended.
struct WarmReport {
  std::uint64_t cycles = 0;
  double latency_s = 0;
  Energy energy;
  CounterSet events;
  std::uint64_t staying_bytes = 0;  ///< of parameters, which stay in weight memory
  UnitTimes busiest;                ///< of array, vector unit and DRAM, the one that works the longest
};

/// All figures of a run, computed once. result.json, CSV, console, timeline and effective.yaml only format
/// them. Unless they say otherwise, figures are for the first inference.
struct Report {
  RunRecord record;
  std::vector<PriceLine> prices;  ///< prices of the technology, and the mean energy of a DRAM device's bytes
  CounterSet events;
  CyclesByReason by_reason{};
  Bound bound;
  double utilization = 0, latency_s = 0, area_mm2 = 0;
  Energy energy;
  Energy energy_of_all;  ///< of all inferences
  Intervals intervals;
  std::optional<WarmReport> warm;
  std::vector<LayerReport> layers;
  RecurrenceShares recurrence;
  std::uint64_t macs = 0, weight_bytes = 0;
  PackedWeights packing;
  ProgramSize program;
  std::vector<TensorTraffic> traffic;  ///< one for each tensor of the trace
  std::optional<DramFigures> dram;     ///< of a DRAM device
};

[[nodiscard]] Report report_of(RunRecord record);

/// result.json: no wall-clock time and no path in it.
[[nodiscard]] std::string result_json(const Report& report);
[[nodiscard]] std::string layers_csv(const Report& report);
/// "" where the program has one time step.
[[nodiscard]] std::string steps_csv(const Report& report);
/// A row for each layer (and time step), unit and event: count, price, energy. The energies add up to the
/// report's.
[[nodiscard]] std::string ledger_csv(const Report& report);
[[nodiscard]] std::string effective_yaml(const Report& report);
/// Chrome trace events of the first inference, for Perfetto: one row for each engine, one slice for each
/// instruction. A slice ends where the next slice of its row begins. Times are microseconds of the machine's
/// clock.
[[nodiscard]] std::string timeline_json(const Report& report);
/// For the terminal.
[[nodiscard]] std::string console_report(const Report& report);

/// Writes result.json, layers.csv, steps.csv, tensors.csv, ledger.csv, effective.yaml, timeline.json and
/// outputs.npy, as far as the run has them, report.html if `html` asks for it, and the command in
/// command.txt. Then it moves the folder to its path.
void write_result_folder(const Report& report, const std::string& command, bool html, WholeFolder& folder);

}  // namespace tricycle
