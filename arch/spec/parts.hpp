// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "arch/spec/machine.hpp"

namespace tricycle {

/// What area and leakage are made of: so many of a part, in a unit. Every part name must have a price in a
/// tech table, and every price there a part of this list. SRAM is not here: it is priced by size, banks and
/// width.
struct Part {
  UnitId unit;
  std::string name;  ///< `unit.name` is what tech tables call it
  std::int64_t count;
  [[nodiscard]] std::string full_name() const { return name_of(unit) + "." + name; }
};

/// The parts of a machine; those it does not have count 0.
[[nodiscard]] std::vector<Part> parts_of(const MachineSpec& spec);

/// An SRAM of the machine as it is built, by the unit that its counters are of: `banks` are those of both
/// halves.
struct Sram {
  UnitId unit;
  MemorySpec spec;
};
[[nodiscard]] std::vector<Sram> srams_of(const MachineSpec& spec);

}  // namespace tricycle
