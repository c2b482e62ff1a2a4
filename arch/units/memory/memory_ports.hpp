// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "arch/params/machine.hpp"
#include "arch/units/memory/sram_demand.hpp"

namespace tricycle {

/// What is left of a memory's ports in a cycle, given out in the order of priority.
class FreePorts {
 public:
  explicit FreePorts(Ports kind) : kind_(kind) {}
  /// Takes those that there are.
  PortSet take(PortSet wanted);
  /// Takes all, or none.
  bool take_all(PortSet wanted);

 private:
  Ports kind_;
  std::array<std::uint8_t, half_count> reads_{}, writes_{};
};

/// What the requesters that can wait want of the memories in a cycle, and what they get.
struct Wanted {
  PortSet vector, load, store;
};

/// The ports of one on-chip memory, and who gets them in a cycle: the array, which never waits, then the
/// vector unit, the load and the store engine (rules R1 to R6 of docs/timing.md). Plain logic.
class MemoryPorts {
 public:
  MemoryPorts(Memory memory, Ports kind) : memory_(static_cast<int>(memory)), kind_(kind) {}

  /// The array's accesses in cycles to come, all at this memory.
  void feed(const Stream& stream);
  /// Forgets what ended before `now`.
  void pass(Cycles now);
  /// What is granted in a cycle of what is wanted at this memory. `changes` becomes the next cycle in which
  /// the array may leave something else, if that is earlier.
  [[nodiscard]] Wanted grant(Cycles cycle, const Wanted& wanted, Cycles& changes) const;
  /// The first cycle, from one on, in which the array leaves something of what is wanted here: nobody gets it
  /// earlier.
  [[nodiscard]] Cycles first_free(Cycles from, PortSet wanted) const;
  /// What the array may ask for in `now` and in cycles after it, up to the first in which an access of its
  /// begins or ends. `until` becomes this cycle, if that is earlier.
  [[nodiscard]] PortSet array_between(Cycles now, Cycles& until) const;
  /// Reads at ports that cannot read and write in one cycle.
  [[nodiscard]] PortSet reads_of_one_port() const;

  /// Counts cycles of ports that somebody asked for, of those at this memory.
  void count(PortSet ports, Cycles cycles);
  /// Counts cycles in which an engine did not get what it asked for here.
  void count_conflicts(Engine engine, PortSet denied, Cycles cycles);
  [[nodiscard]] const MemoryUse& use() const { return use_; }

  void reset();

 private:
  [[nodiscard]] PortSet array_ports(Cycles cycle, Cycles& changes) const;

  int memory_;
  Ports kind_;
  std::vector<Stream> streams_;  ///< the array's, those that have not ended
  MemoryUse use_;
};

}  // namespace tricycle
