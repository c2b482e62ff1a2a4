// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "sim/simulate.hpp"

namespace tricycle {

/// Where the requests of a run's first item go, and in which format; an empty path: nowhere.
struct DramTraceTarget {
  std::string path;
  std::string format;  ///< empty: that of the path's extension, else dramsim3
};

/// Errors: an unknown format, a format without a path.
void check_target(const DramTraceTarget& target);

/// simulate(), with every request that reaches DRAM in the first item written to `target`, in cycles of the
/// DRAM's clock, whole or not at all.
[[nodiscard]] Simulation simulate_recording(const Trace& trace, const MachineSpec& spec,
                                            const QuantizedNetwork* network, const SimulateOptions& options,
                                            const DramTraceTarget& target);

}  // namespace tricycle
