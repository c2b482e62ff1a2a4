// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/units/array/lane_unit.hpp"

namespace tricycle {

/// MAC UNIT: multipliers and adders of all PEs, for the datapath `mac` (int8, fp16 or fp32): the baseline
/// that low-bit arithmetic is compared with.
///
/// | stage | what a lane of a PE does |
/// |---|---|
/// | multiply | a product of both operands |
/// | accumulate | adds the lanes, then the sum, in a fixed order |
///
/// Ports and pipeline are those of a `LaneUnit`; the stages share its latency.
class MacUnit final : public LaneUnit {
 public:
  MacUnit(const sc_core::sc_module_name& name, RunControl& run, const MachineSpec& spec)
      : LaneUnit(name, run, spec, UnitId::mac) {}
};

}  // namespace tricycle
