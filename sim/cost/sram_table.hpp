// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <map>
#include <string>
#include <string_view>

#include "support/diagnostics.hpp"

namespace tricycle {

enum SramFigure : std::size_t { read_pJ, write_pJ, leak_mW, area_mm2, sram_figure_count };
using SramFigures = std::array<double, sram_figure_count>;

/// The cost of one bank.
struct Bank {
  SramFigures figures{};
  std::string how;  ///< how it was found: tabulated, interpolated or extrapolated
};

/// Costs of SRAM banks by size and width, read from a CSV file. Between the points of the table all
/// quantities are interpolated in logarithms; beyond them the nearest segment is extrapolated. A width may
/// lack some sizes. Errors, with file and line: a damaged or truncated table, a point that occurs twice, too
/// few points.
class SramTable {
 public:
  explicit SramTable(const std::string& path);
  [[nodiscard]] Bank at(double size_KiB, double width_bits) const;
  /// Whether a bank is within the table's sizes and widths, extended by `factor` on both ends.
  [[nodiscard]] bool reaches(double size_KiB, double width_bits, double factor) const;
  /// `1 to 2048 KiB, 32 to 512 bits`
  [[nodiscard]] std::string range() const;

 private:
  using Sizes = std::map<double, SramFigures>;
  void add_row(std::string_view line, Place place);
  std::map<double, Sizes> widths_;
  double least_size_ = 0, most_size_ = 0;
};

}  // namespace tricycle
