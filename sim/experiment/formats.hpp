// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "sim/experiment/workload.hpp"
#include "support/field_list.hpp"
#include "workloads/lower/lower.hpp"

namespace tricycle {

/// The choice of formats of the settings below `formats.`; a later setting overrides an earlier one:
/// `formats.weights.dram`, `formats.weights.on_chip`, `formats.layers.NAME.dram`,
/// `formats.layers.NAME.on_chip`.
[[nodiscard]] FormatOptions formats_of(const std::vector<Setting>& settings);

/// Turns the section `formats` of an experiment into such settings. Errors have their place.
[[nodiscard]] std::vector<Setting> read_formats(const Document& section);

/// Gives a machine the decoders that a choice of formats may need.
void add_decoders(const FormatOptions& formats, MachineSpec& spec);

/// The keys that choose formats, for reference pages.
[[nodiscard]] std::vector<FieldEntry> format_fields();

}  // namespace tricycle
