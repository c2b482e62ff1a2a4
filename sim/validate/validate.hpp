// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/progress.hpp"

namespace tricycle {

/// One reference figure and the simulator's figure.
struct ValidationRow {
  std::string name;
  std::int64_t reference_cycles = 0;
  std::int64_t simulated_cycles = 0;

  [[nodiscard]] std::int64_t difference_cycles() const { return simulated_cycles - reference_cycles; }
  [[nodiscard]] double difference_percent() const;
};

/// The comparison of a published or measured accelerator with its preset (docs/validation.md).
struct Validation {
  std::string design;
  std::string figure;  ///< what is compared
  std::vector<ValidationRow> rows;
  std::int64_t tolerance_cycles = 0;  ///< a row may differ by these cycles or ...
  double tolerance_percent = 0;       ///< ... by these percent

  [[nodiscard]] bool accepts(const ValidationRow& row) const;
  [[nodiscard]] std::int64_t equal() const;    ///< rows without a difference
  [[nodiscard]] std::int64_t outside() const;  ///< rows beyond the tolerance
  /// "bitfusion: 115 rows, 115 equal, ..."
  [[nodiscard]] std::string summary() const;
  /// The rows as a table for people, and as CSV.
  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string csv() const;
};

/// bitfusion, finn and cutie.
[[nodiscard]] const std::vector<std::string>& validation_names();

/// Simulates every row of a design's reference, from `file` or from configs/references. Errors, with the
/// place: an unknown design, column, network or layer (with the nearest one), a value outside its range.
[[nodiscard]] Validation validate(const std::string& design, const std::optional<std::string>& file,
                                  Show progress);

/// Reads a reference as validate does, with the same errors, and simulates nothing.
void check_reference(const std::string& design, const std::string& file);

}  // namespace tricycle
