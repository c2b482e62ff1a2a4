// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "sim/exchange/trace_file.hpp"
#include "sim/experiment/simulate.hpp"

namespace tricycle {

/// The file and format for the DRAM requests of a run's first item. Empty path: no recording.
struct DramTraceTarget {
  std::string path;
  std::optional<DramTraceFormat> format;  ///< absent: by the path's extension, else dramsim3
};

/// Errors, at the place that names the target: a format without a path; a name with the extension .rstl,
/// whose cycles count from the previous request and not from the start of the run.
void check_target(const DramTraceTarget& target, const Place& place);

/// Runs simulate() and writes every DRAM request of the first item to `target`, in cycles of the DRAM's
/// clock. The file is written whole or not at all.
[[nodiscard]] Simulation simulate_recording(const Trace& trace, const MachineSpec& spec,
                                            const QuantizedNetwork* network, const SimulateOptions& options,
                                            const DramTraceTarget& target);

}  // namespace tricycle
