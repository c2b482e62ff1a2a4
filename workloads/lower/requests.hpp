// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/lower/plan.hpp"

namespace tricycle {

/// A datapath or formats that were asked for must be those of at least one layer of the plan. Errors: one
/// that no layer takes; the message names the layers, and of each kind why not.
void check_requests(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options,
                    const Plan& plan);

}  // namespace tricycle
