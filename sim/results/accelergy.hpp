// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "sim/results/result_file.hpp"

namespace tricycle {

/// A run as Accelergy 0.4 knows it: hardware units are components below `system`, events and the leakage of a
/// cycle are actions. Energies are in pJ, areas in um2. Counts times energies add up to the run's energy.
[[nodiscard]] std::string accelergy_ert(const ResultFile& run);
[[nodiscard]] std::string accelergy_art(const ResultFile& run);
[[nodiscard]] std::string accelergy_action_counts(const ResultFile& run);
/// The components with their classes; those that Accelergy does not have are described beside them.
[[nodiscard]] std::string accelergy_architecture(const ResultFile& run);

}  // namespace tricycle
