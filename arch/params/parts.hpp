// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "arch/params/machine.hpp"

namespace tricycle {

/// A kind of part in a hardware unit and its count, for area and leakage. Every part name must have a price
/// in a tech table, and every price must belong to a part. SRAM is not a part: it is priced by size, banks
/// and width.
struct Part {
  UnitId unit;
  std::string name;  ///< tech tables call it `unit.name`
  std::int64_t count;
  [[nodiscard]] std::string full_name() const { return name_of(unit) + "." + name; }
};

/// The parts of a machine. A part that it does not have has count 0.
[[nodiscard]] std::vector<Part> parts_of(const MachineSpec& spec);

/// An SRAM of the machine as it is built, with the hardware unit of its counters. `banks` counts the banks of
/// both halves.
struct Sram {
  UnitId unit;
  MemorySpec spec;
};
[[nodiscard]] std::vector<Sram> srams_of(const MachineSpec& spec);

}  // namespace tricycle
