// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "sim/run.hpp"

namespace tricycle {

/// Errors: a setting of a run that would change nothing on this machine: densities where no zeros are looked
/// at, verification of a run without values.
void check_effects(const RunRequest& request, const MachineSpec& spec);

/// Errors: settings of a workload, which a trace has behind it.
void check_replay_settings(const RunRequest& request);

}  // namespace tricycle
