// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "sim/dram/trace_file.hpp"
#include "sim/simulate.hpp"

namespace tricycle {

/// Where the requests of a run's first item go, and in which format; an empty path: nowhere.
struct DramTraceTarget {
  std::string path;
  std::optional<DramTraceFormat> format;  ///< absent: that of the path's extension, else dramsim3
};

/// Errors, at the place that names the target: a format without a path, a name whose cycles nobody counts.
void check_target(const DramTraceTarget& target, const Place& place);

/// simulate(), with every request that reaches DRAM in the first item written to `target`, in cycles of the
/// DRAM's clock, whole or not at all.
[[nodiscard]] Simulation simulate_recording(const Trace& trace, const MachineSpec& spec,
                                            const QuantizedNetwork* network, const SimulateOptions& options,
                                            const DramTraceTarget& target);

}  // namespace tricycle
