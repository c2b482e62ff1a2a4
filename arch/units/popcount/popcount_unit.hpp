// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/array/lane_unit.hpp"

namespace tricycle {

/// POPCOUNT UNIT: XNOR or TM gates and popcount trees of all PEs, for the datapaths `binary` (FATNN Eq 1),
/// `ternary_fatnn` (Eqs 3 to 7), `ternary_planes` (two popcounts and a subtraction) and `bitserial` (Eq 2).
///
/// | stage | what a PE does with a word of W bits |
/// |---|---|
/// | gates | XNOR, TM or AND of both operands, and the mask of zeros |
/// | tree | adds up to W bits |
/// | accumulate | shifts by the weight of the bit planes (`bitserial`), adds to the sum |
///
/// Ports and pipeline are those of a `LaneUnit`; the stages share its latency.
class PopcountUnit final : public LaneUnit {
 public:
  PopcountUnit(const sc_core::sc_module_name& name, RunControl& run, const MachineSpec& spec)
      : LaneUnit(name, run, spec, UnitId::popcount) {}
};

}  // namespace tricycle
