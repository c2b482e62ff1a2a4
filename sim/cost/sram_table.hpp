// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "arch/params/machine.hpp"
#include "support/diagnostics.hpp"

namespace tricycle {

class TableRow;

/// The figures of a bank: energies of an access, leakage, area, the latency of a read, and the least time
/// between two accesses.
enum SramFigure : std::size_t {
  read_pJ,
  write_pJ,
  leak_mW,
  area_mm2,
  access_ns,
  cycle_ns,
  sram_figure_count
};
using SramFigures = std::array<double, sram_figure_count>;

/// What the optimiser of the table's source sought: low energy and leakage, or short times.
enum class SramObjective : std::uint8_t { balanced, fast };
[[nodiscard]] const std::vector<std::string>& names_of(SramObjective);

/// The transistors of cells and periphery.
using SramTransistors = std::pair<Transistors, Transistors>;

/// One bank.
struct Bank {
  SramFigures figures{};
  SramObjective objective = SramObjective::balanced;
  std::string how;  ///< `balanced, interpolated, 1r1w by mean ratios`
};

/// Figures of SRAM banks by transistors, ports, objective, size and width, read from a CSV file. Between the
/// points of the table all quantities are interpolated in logarithms; beyond them the nearest segment is
/// extrapolated. A width may lack some sizes. A bank of more ports than 1rw is the 1rw bank times the mean
/// ratios of its ports: the geometric means over all points that have both (docs/decisions/0025).
/// Errors, with file and line: a damaged or truncated table, a point that occurs twice, too few points.
class SramTable {
 public:
  explicit SramTable(const std::string& path);
  /// The bank for each objective that the table has with these transistors, balanced first.
  [[nodiscard]] std::vector<Bank> at(const SramTransistors& transistors, Ports ports, double size_KiB,
                                     double width_bits) const;
  /// The transistors that the table has.
  [[nodiscard]] std::vector<SramTransistors> transistors() const;
  /// Whether a bank is within the table's sizes and widths, extended by `factor` on both ends.
  [[nodiscard]] bool reaches(double size_KiB, double width_bits, double factor) const;
  /// `1 to 2048 KiB, 32 to 512 bits`
  [[nodiscard]] std::string range() const;

 private:
  using Sizes = std::map<double, SramFigures>;
  using Widths = std::map<double, Sizes>;
  /// The points of one objective by ports.
  using ByPorts = std::map<Ports, Widths>;
  void add_row(const TableRow& row);
  void check(const Place& end) const;
  [[nodiscard]] static std::vector<std::pair<double, double>> points_of(const Widths& widths);
  [[nodiscard]] SramFigures mean_ratios(const SramTransistors& transistors, Ports ports) const;
  [[nodiscard]] static Bank bank_of(const Widths& widths, double size_KiB, double width_bits);
  std::map<SramTransistors, std::map<SramObjective, ByPorts>> points_;
  double least_size_ = 0, most_size_ = 0, least_width_ = 0, most_width_ = 0;
};

}  // namespace tricycle
