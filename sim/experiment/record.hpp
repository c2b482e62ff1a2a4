// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "arch/params/machine.hpp"
#include "sim/cost/tech.hpp"
#include "sim/experiment/reference.hpp"
#include "sim/experiment/simulate.hpp"

namespace tricycle {

/// How a float model was quantized. The run's reference says how far its outputs moved.
struct CalibrationRecord {
  std::string source, sha256;
  std::int64_t items = 0, quantizers = 0, weights = 0;
};

/// Settings and results of one run: everything its reports are made of.
struct RunRecord {
  RunRequest request;
  Trace trace;
  MachineSpec spec;
  Prices prices;
  SimulateOptions options;
  Simulation simulation;
  std::string labels_source, labels_sha256;
  std::optional<CalibrationRecord> calibration;
  ReferenceRecord reference;
  bool clamped_known = true;  ///< false where only some of a trace's own items ran and any were clamped
  std::vector<std::string> unsupported;  ///< operators that were left out
};

}  // namespace tricycle
