// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "sim/experiment/run.hpp"

namespace tricycle {

/// Errors: a setting of a run that would have no effect on this machine: a density of operands whose zeros
/// the array does not inspect, verification of a run without values.
void check_effects(const RunRequest& request, const MachineSpec& spec);

/// Errors: settings of a workload; a trace is already lowered, so they would have no effect.
void check_replay_settings(const RunRequest& request);

}  // namespace tricycle
