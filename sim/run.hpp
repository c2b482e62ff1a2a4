// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/dram/record.hpp"
#include "sim/result/result.hpp"
#include "sim/workload.hpp"
#include "workloads/passes/calibrate.hpp"

namespace tricycle {

inline constexpr const char* tool_name = "tricycle " TRICYCLE_VERSION;

/// What the command line or an experiment file asks for. Empty and absent mean the default.
struct RunRequest {
  std::string name;      ///< of the result folder
  std::string workload;  ///< a zoo network's name, an .onnx file or a network description
  std::string arch;      ///< empty: the one that the workload names, or edge; of a replay the trace's own
  std::string tech = "45nm";
  std::vector<Setting> settings;
  std::string input, input_scale, labels, datapath;
  std::string input_part;          ///< of a text: FROM:TO
  std::string vocabulary;          ///< file of the tokens, of a model that has none
  std::string calibrate;           ///< inputs that choose the scales of a float model
  bool allow_unsupported = false;  ///< leave out a trailing operator that no unit does
  std::int64_t limit = -1;
  std::int64_t seed = -1;
  std::string verify;  ///< of values; empty: all, or off where only time is run
  std::optional<double> weight_density, activation_density;  ///< declared, of all layers
  bool timing_only = false;
  bool lockstep = false;
  bool timeline = false;
  DramTraceTarget dram_trace;
  std::uint64_t cycle_limit = MachineOptions{}.cycle_limit;
  Show progress = Show::when_slow;
};

/// Fills what `request` leaves open from an experiment file. Paths in the file are relative to it.
[[nodiscard]] RunRequest read_experiment(const Document& document);

/// Makes a path in a YAML file relative to that file's folder. A bare word may be a preset's name instead.
void resolve_path(std::string& path, const Document& document, bool may_be_name);

/// Whether a YAML document is an experiment, a network, a machine, a technology, a sweep or a DRAM, by its
/// keys.
enum class DocumentKind : std::uint8_t { experiment, network, machine, tech, sweep, dram, unknown };
[[nodiscard]] DocumentKind kind_of(const Document& document);

/// The machine of `--arch` with the `arch.` settings applied.
[[nodiscard]] MachineSpec machine_of(const RunRequest& request);

/// Quantizes a float model by the first hundred items of a file.
[[nodiscard]] Calibrated calibrate_with(const std::string& path, const Graph& graph, const InputScale& scale);

/// A workload made ready for a machine.
struct Lowered {
  QuantizedNetwork network;
  Trace trace;
  std::uint64_t count_all = 0;      ///< items in the input file, before the limit
  std::optional<TextTargets> text;  ///< where the input is one
  std::optional<CalibrationRecord> calibration;
};
[[nodiscard]] Lowered lower_request(const RunRequest& request, const MachineSpec& spec);

/// Runs a workload, from file to record.
[[nodiscard]] RunRecord run_request(const RunRequest& request);

/// Runs a trace. `arch` is empty for the machine that it was lowered for.
[[nodiscard]] RunRecord replay_trace(const std::string& path, const RunRequest& request);

/// 0 when the run finished and every value was right, else 1; `message` says what was wrong.
[[nodiscard]] int verdict_of(const RunRecord& record, std::string& message);

}  // namespace tricycle
