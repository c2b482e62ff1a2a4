// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "arch/params/parts.hpp"
#include "sim/cost/price.hpp"
#include "sim/cost/sram_table.hpp"

namespace tricycle {

/// The section `sram` of a technology, which prices the banks of a machine's memories. Instruction memory is
/// 1r1w: the sequencer reads it, the fetch unit writes it.
class SramSection {
 public:
  /// The table lies beside the file that names it.
  void read(Fields& fields);
  /// Finds the corner of the table's figures. Errors: the technology's node is not between those of the
  /// tables.
  void find_corner(const Corners& corners);

  /// One bank of a memory, at the technology's corner. Of each kind of transistors that the memory may have
  /// it is the balanced one if that is in time, else the fast one; of several kinds the one that takes the
  /// least energy if it is read in every fourth cycle. Errors, at the section: a bank outside the table.
  /// Errors, at the memory's key in the machine's file: no bank is in time; transistors that the table does
  /// not have.
  [[nodiscard]] Bank bank_of(const Sram& sram, const MachineSpec& spec, Corners& corners) const;
  [[nodiscard]] Scaling scaling(SramFigure figure, UnitId unit, Corners& corners) const;

 private:
  [[nodiscard]] std::vector<Bank> banks_of(const Sram& sram, const SramTransistors& transistors,
                                           Corners& corners) const;
  [[noreturn]] void refuse_transistors(const Sram& sram, const MachineSpec& spec) const;

  /// The table of another node, from which and from `table_` this node's figures are interpolated.
  struct Toward {
    SramTable table;
    double from_nm, to_nm;
  };
  void read_toward(Fields& fields);
  void read_factors(Fields& fields);
  [[nodiscard]] std::vector<Bank> tabulated(const SramTransistors& transistors, Ports ports, double size_KiB,
                                            double width_bits) const;

  std::optional<SramTable> table_;
  std::optional<Toward> toward_;
  double at_ = 0;  ///< of the way to the other table's node, in logarithms
  SramFigures factors_;
  std::string factors_source_;
  double beyond_ = 1;  ///< a bank may be extrapolated to this factor times the table's sizes and widths
  Origin origin_;
  const StatedCorner* stated_ = nullptr;
  Place place_, at_place_;  ///< of the table's name, and of `at`
};

}  // namespace tricycle
