// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/lower/plan.hpp"

namespace tricycle {

/// Checks that every layer named in `formats` is a layer of the network.
void check_layer_names(const QuantizedNetwork& network, const FormatOptions& formats);

/// Checks that at least one layer of the plan has the requested datapath, and one has the requested formats.
/// Errors: a request that no layer takes. The message names the layers and says for each kind of layer why
/// not.
void check_requests(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options,
                    const Plan& plan);

}  // namespace tricycle
