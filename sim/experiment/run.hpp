// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/experiment/inputs.hpp"
#include "sim/experiment/record.hpp"

namespace tricycle {

inline constexpr const char* tool_name = "tricycle " TRICYCLE_VERSION;

/// The run that an experiment file asks for.
[[nodiscard]] RunRequest read_experiment(const Document& document);

/// The machine of `--arch` with the `arch.` settings applied.
[[nodiscard]] MachineSpec machine_of(const RunRequest& request);

/// A workload lowered for a machine.
struct Lowered {
  std::shared_ptr<const Graph> model;  ///< as its file has it, where the float interpreter may be needed
  RecurrentSpec recurrent;             ///< how its recurrent layers are quantized
  QuantizedNetwork network;
  Trace trace;
  std::uint64_t count_all = 0;      ///< items in the input file, before the limit
  std::optional<TextTargets> text;  ///< where the input is a text
  std::optional<CalibrationRecord> calibration;
};
[[nodiscard]] Lowered lower_request(const RunRequest& request, const MachineSpec& spec);

/// The state after a compiler pass as text (workloads/compile).
[[nodiscard]] std::string dump_request(const RunRequest& request, const MachineSpec& spec,
                                       const std::string& pass);

/// Does all that comes before a simulation, to find its errors.
void check_request(const RunRequest& request);

/// Runs a workload, from file to record.
[[nodiscard]] RunRecord run_request(const RunRequest& request);

/// Runs a trace. An empty `arch` means the machine that it was lowered for.
[[nodiscard]] RunRecord replay_trace(const std::string& path, const RunRequest& request);

/// Returns 0 when the run finished and every value was right, else 1. `message` says what was wrong.
[[nodiscard]] int verdict_of(const RunRecord& record, std::string& message);

}  // namespace tricycle
