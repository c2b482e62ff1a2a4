// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "sim/workload.hpp"
#include "support/field_list.hpp"
#include "workloads/lower/lower.hpp"

namespace tricycle {

/// The choice of formats that the settings below `formats.` make, a later one over an earlier:
/// `formats.weights.dram`, `formats.weights.on_chip`, `formats.layers.NAME.dram`,
/// `formats.layers.NAME.on_chip`.
[[nodiscard]] FormatOptions formats_of(const std::vector<Setting>& settings);

/// The section `formats` of an experiment as such settings; what is wrong in it is said with its place.
[[nodiscard]] std::vector<Setting> read_formats(const Document& section);

/// Every layer that has formats of its own must be one of the network's.
void check_layers_of(const FormatOptions& formats, const QuantizedNetwork& network);

/// Gives a machine the decoders that a choice of formats may need.
void add_decoders(const FormatOptions& formats, MachineSpec& spec);

/// The keys that choose formats, for reference pages.
[[nodiscard]] std::vector<FieldEntry> format_fields();

}  // namespace tricycle
