// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/document_kind.hpp"
#include "sim/inputs.hpp"
#include "sim/result/result.hpp"

namespace tricycle {

inline constexpr const char* tool_name = "tricycle " TRICYCLE_VERSION;

/// The run that an experiment file asks for.
[[nodiscard]] RunRequest read_experiment(const Document& document);

/// The machine of `--arch` with the `arch.` settings applied.
[[nodiscard]] MachineSpec machine_of(const RunRequest& request);

/// A workload made ready for a machine.
struct Lowered {
  std::shared_ptr<const Graph> model;  ///< as its file has it, where the float interpreter may be asked
  QuantizedNetwork network;
  Trace trace;
  std::uint64_t count_all = 0;      ///< items in the input file, before the limit
  std::optional<TextTargets> text;  ///< where the input is one
  std::optional<CalibrationRecord> calibration;
};
[[nodiscard]] Lowered lower_request(const RunRequest& request, const MachineSpec& spec);

/// Does what comes before a simulation, for its errors.
void check_request(const RunRequest& request);

/// Runs a workload, from file to record.
[[nodiscard]] RunRecord run_request(const RunRequest& request);

/// Runs a trace. `arch` is empty for the machine that it was lowered for.
[[nodiscard]] RunRecord replay_trace(const std::string& path, const RunRequest& request);

/// 0 when the run finished and every value was right, else 1; `message` says what was wrong.
[[nodiscard]] int verdict_of(const RunRecord& record, std::string& message);

}  // namespace tricycle
