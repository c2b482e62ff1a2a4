// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "arch/isa/footprint.hpp"
#include "arch/isa/memory_use.hpp"
#include "arch/params/counters.hpp"
#include "arch/units/control/countdown.hpp"

namespace tricycle {

/// A half of an on-chip memory, or all of it where there is no ping-pong: what has ports of its own.
inline constexpr int half_count = 2 * sram_count;

/// The accesses that somebody makes in one cycle: a bit for the read and one for the write of each half.
struct PortSet {
  std::uint16_t bits = 0;

  [[nodiscard]] static constexpr PortSet of(int half, bool write) {
    return {static_cast<std::uint16_t>(1U << static_cast<unsigned>(2 * half + (write ? 1 : 0)))};
  }
  [[nodiscard]] bool empty() const { return bits == 0; }
  [[nodiscard]] bool has(PortSet other) const { return (bits & other.bits) == other.bits; }
  [[nodiscard]] bool touches(int memory) const { return !at(memory).empty(); }
  /// Those at one memory.
  [[nodiscard]] PortSet at(int memory) const {
    return {static_cast<std::uint16_t>(bits & 15U << static_cast<unsigned>(4 * memory))};
  }
  [[nodiscard]] PortSet without(PortSet other) const {
    return {static_cast<std::uint16_t>(bits & ~static_cast<unsigned>(other.bits))};
  }
  PortSet& operator|=(PortSet other) {
    bits = static_cast<std::uint16_t>(bits | other.bits);
    return *this;
  }
  bool operator==(const PortSet&) const = default;
};

/// Accesses in arithmetic progression: the first `busy` of each `period` cycles, `count` times.
struct Stream {
  PortSet ports;
  Cycles first = 0, period = 1, busy = 1, count = 0;
  bool in_turn = false;  ///< a read and a write at a time, of which one waits for the other

  [[nodiscard]] Cycles end() const { return first + period * count; }
  [[nodiscard]] bool is_busy(Cycles cycle) const {
    return cycle >= first && cycle < end() && (cycle - first) % period < busy;
  }
  /// The next cycle in which `is_busy` may say something else.
  [[nodiscard]] Cycles changes_after(Cycles cycle) const;
};

/// Accesses of a vector instruction, spread evenly over the cycles of its intake: those that read at the
/// beginning of their shares, those that write at the end.
struct Spread {
  PortSet ports;
  bool writes = false;
  Cycles count = 0, cycles = 0;  ///< count <= cycles

  /// From an intake cycle on, the next one with an access; `never` behind the last.
  [[nodiscard]] Cycles due_from(Cycles position) const;
};

struct VectorDemand {
  Cycles cycles = 0;  ///< of intake, without conflicts
  std::vector<Spread> spreads;
};

/// The cycles of a burst at a memory's ports.
struct BurstDemand {
  PortSet ports;
  Cycles cycles = 1;
};

/// Cycles that a read takes beyond its first, which units hold in their own (rule R7).
[[nodiscard]] Cycles read_wait_cycles(Memory memory, const MachineSpec& spec);

/// The halves of its memory that an access touches, each with a read or a write.
[[nodiscard]] PortSet ports_of(const Access& access, const MachineSpec& spec);

/// What the output stage does with the sums of a matmul, and what it accesses for them.
struct StageDemand {
  OutputRate rate;
  const std::vector<Access>* accesses = nullptr;  ///< none where the sums do not go there
};

/// How long the array reads for the steps of a matmul, where conflicts at banks make them differ.
struct ArrayReads {
  bool differ = false;
  Cycles activations = 0;  ///< cycles in which activation memory is read
  bool operator==(const ArrayReads&) const = default;
};

/// A matmul whose feed of `cycles` cycles starts in cycle `start`, with the events that it counts (rules R3
/// and R4), and what the output stage does meanwhile (rules O2 and O3).
[[nodiscard]] std::vector<Stream> array_demand(const isa::Matmul& i, const std::vector<Access>& accesses,
                                               const CounterSet& events, const MachineSpec& spec,
                                               Cycles start, Cycles cycles, const StageDemand& stage = {},
                                               const ArrayReads& reads = {});
/// A part of a matmul whose weights stream: what the array does without a pause. It waits for tables of the
/// output stage, or feeds a word to a group of columns.
struct StreamedPart {
  Cycles cycles = 0;
  Cycles tables = 0, steps = 0;  ///< of them, those in which tables come, and those with steps
  Cycles reads = 0;              ///< in which activation memory is read; 0: as rule A2 has it
  Cycles group = 0;              ///< cycles of the group of columns so far, where it ends with this part
};
/// Such a part that starts in cycle `start` (rule A12).
[[nodiscard]] std::vector<Stream> streamed_demand(const isa::Matmul& i, const std::vector<Access>& accesses,
                                                  const MachineSpec& spec, Cycles start,
                                                  const StreamedPart& part, const StageDemand& stage);
/// The same with a line buffer, which works on it for `cycles` cycles.
[[nodiscard]] std::vector<Stream> line_buffer_demand(const std::vector<Access>& accesses,
                                                     const CounterSet& events, const MachineSpec& spec,
                                                     Cycles start, Cycles cycles);

/// A vector instruction whose operations take `cycles` cycles (rule R5).
[[nodiscard]] VectorDemand vector_demand(const std::vector<Access>& accesses, const CounterSet& events,
                                         const MachineSpec& spec, Cycles cycles);

/// Of what a transfer touches, the rows in an on-chip memory.
[[nodiscard]] const Access& on_chip(const std::vector<Access>& accesses);

/// A burst of a transfer (rule R6).
[[nodiscard]] BurstDemand burst_demand(const std::vector<Access>& accesses, const MachineSpec& spec,
                                       std::uint64_t bytes);

}  // namespace tricycle
