// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "sim/results/result_file.hpp"
#include "sim/results/table.hpp"

namespace tricycle {

/// Count, price, energy and sources of every event of a run, the most first, and their sum.
/// Errors: a sum that is not the run's energy, so that the file has been changed.
[[nodiscard]] Table ledger_table(const ResultFile& run);

/// What the interval of each source moves the run's energy to, the most first.
[[nodiscard]] Table sensitivity_table(const ResultFile& run);

}  // namespace tricycle
