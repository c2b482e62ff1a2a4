// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "arch/params/machine.hpp"
#include "sim/cost/sram_table.hpp"

namespace tricycle {

/// Times of a machine's parts against its clock. Each error gives the largest clock in MHz, rounded down to a
/// tenth.

/// A part that is slower than the clock: the message, and the largest clock that it keeps up with.
struct SlowPart {
  std::string fault;  ///< "" for a part that is not
  double largest_MHz = 0;
};

/// The error for such a part.
class TooSlow : public InputError {
 public:
  TooSlow(const Place& at, const SlowPart& slow) : InputError(at, slow.fault), place(at), part(slow) {}
  Place place;
  SlowPart part;
};

/// A memory as the clock sees it.
struct MemoryTiming {
  std::string name;
  double clock_MHz = 0;
  std::int64_t latency_cycles = 1;
  bool has_latency = true;  ///< whether `latency_cycles` is a key of the memory
};

/// Whether a bank delivers a read in `latency_cycles`, and can be accessed again in the next cycle.
[[nodiscard]] bool is_in_time(const MemoryTiming& memory, const SramFigures& bank);

/// The message for a memory none of whose banks is in time: its times, and what would do. `banks`: one for
/// each objective. `others`: the transistors with which a bank would be in time.
[[nodiscard]] SlowPart slow_memory(const MemoryTiming& memory, const std::vector<Bank>& banks,
                                   const std::vector<SramTransistors>& others);

/// A delay on the way from the operands' registers to the sums.
struct Delay {
  std::string name;
  double ns = 0;
};

/// An array whose slowest lanes and accumulator together take longer than the cycles
/// between the registers of the operands and those of the sums: `depth_cycles` - 1 (docs/timing.md, A3).
[[nodiscard]] SlowPart slow_array(const MachineSpec& spec, const Delay& lanes, const Delay& accumulator);

/// Operands that need more than a cycle to cross an array of this edge.
[[nodiscard]] SlowPart slow_wire(const MachineSpec& spec, double mm, double ns);

}  // namespace tricycle
