// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/reference.hpp"
#include "sim/simulate.hpp"
#include "sim/tech.hpp"
#include "support/output.hpp"

namespace tricycle {

/// How a float model was quantized; how far its outputs moved is in the run's reference.
struct CalibrationRecord {
  std::string source, sha256;
  std::int64_t items = 0, quantizers = 0, weights = 0;
};

/// What one run was and gave: everything its reports are made of.
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
  bool clamped_known = true;             ///< not of some of a trace's own items
  std::vector<std::string> unsupported;  ///< operators left out
};

/// The folder that a run's result is to be put into, reserved.
[[nodiscard]] std::unique_ptr<WholeFolder> open_result_folder(const std::string& folder);
/// The same of a folder that nobody named: with a number behind it (`runs/mlp-2`) where the result of another
/// command is there, or another run is writing one.
[[nodiscard]] std::unique_ptr<WholeFolder> open_numbered_folder(const std::string& folder,
                                                                const std::string& command);

}  // namespace tricycle
