// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/array/lane_unit.hpp"

namespace tricycle {

/// SHIFTER UNIT: exponent adders, barrel shifters and fixed-point adders of all PEs, for the datapath
/// `shift`: operands are zero or a signed power of two (Long et al.), so that a product is a sum of
/// exponents.
///
/// | stage | what a lane of a PE does |
/// |---|---|
/// | exponent | XOR of the signs, sum of the exponents, and whether an operand is zero |
/// | shift | a one, shifted by the sum |
/// | accumulate | adds the lanes to the fixed-point sum |
///
/// Ports and pipeline are those of a `LaneUnit`; the stages share its latency.
class ShifterUnit final : public LaneUnit {
 public:
  ShifterUnit(const sc_core::sc_module_name& name, RunControl& run, const MachineSpec& spec)
      : LaneUnit(name, run, spec, UnitId::shifter) {}
};

}  // namespace tricycle
