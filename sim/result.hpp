// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/simulate.hpp"
#include "sim/tech.hpp"

namespace tricycle {

/// What one run was and gave: everything its reports are made of.
/// How a float model was quantized, and how far its outputs moved on the calibration's inputs.
struct CalibrationRecord {
  std::string source, sha256;
  std::int64_t items = 0, quantizers = 0, weights = 0;
  double sqnr_dB = 0, cosine = 1, top1_agreement = 1;
};

struct RunRecord {
  std::string name;
  Trace trace;
  MachineSpec spec;
  Prices prices;
  SimulateOptions options;
  Simulation simulation;
  std::string labels_source, labels_sha256;
  std::string datapath;  ///< that was asked for, or ""
  std::optional<CalibrationRecord> calibration;
  std::vector<std::string> unsupported;  ///< operators left out
  std::vector<std::string> settings;     ///< `KEY=VALUE`, as given
};

/// Energy of a set of events over some cycles, in pJ.
struct Energy {
  double dynamic = 0, leakage = 0, dram = 0;
  [[nodiscard]] double total() const { return dynamic + leakage + dram; }
};
[[nodiscard]] Energy energy_of(const CounterSet& events, double cycles, const Prices& prices,
                               const MachineSpec& spec);

/// The lower bounds of DESIGN's result: cycles of the array at its peak, and of the DRAM with every byte
/// moved once.
struct Bound {
  std::uint64_t compute_cycles = 0, dram_cycles = 0;
};
[[nodiscard]] Bound bound_of(const Trace& trace, const MachineSpec& spec);

/// result.json: no wall-clock time and no path in it.
[[nodiscard]] std::string result_json(const RunRecord& record);
[[nodiscard]] std::string layers_csv(const RunRecord& record);
[[nodiscard]] std::string effective_yaml(const RunRecord& record);
/// Chrome trace events of the first inference, for Perfetto: one row for each engine, one slice for each
/// instruction, which ends where the next one on its row begins. Times are microseconds of the machine's
/// clock.
[[nodiscard]] std::string timeline_json(const RunRecord& record);
/// For the terminal.
[[nodiscard]] std::string console_report(const RunRecord& record);

/// Writes result.json, layers.csv, effective.yaml and, where one was recorded, timeline.json into `folder`,
/// whole or not at all: an existing result folder is replaced, any other folder is refused
/// (check_result_folder says so before the run).
void write_result_folder(const RunRecord& record, const std::string& folder);
void check_result_folder(const std::string& folder);

/// Cycles by which each layer moves the end of the run: they add up to the run's cycles.
[[nodiscard]] std::vector<std::uint64_t> layer_cycles(const Inference& inference);

}  // namespace tricycle
