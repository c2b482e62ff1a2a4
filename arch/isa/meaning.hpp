// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "arch/isa/loops.hpp"

namespace tricycle {

struct MachineSpec;

/// Sums that matmuls gave the output stage and it has not taken, one block for each matmul.
using StagedSums = std::deque<std::vector<std::uint8_t>>;
/// Weights that loads have brought for the array and it has not taken, one block for each matmul.
using WeightBlocks = std::deque<std::vector<std::uint8_t>>;
/// Results of the instructions of a pass of the vector unit that has not ended, one block for each.
using LaneResults = std::vector<std::vector<std::uint8_t>>;

/// The contents of a machine's memories, which belong to somebody else.
struct MemoryView {
  std::span<std::uint8_t> weight, activation, accumulator, dram;
  StagedSums* staged = nullptr;      ///< where there is an output stage
  LaneResults* forwarded = nullptr;  ///< of the vector unit
  WeightBlocks* streamed = nullptr;  ///< where weights stream

  /// `array` is the first block of staged sums, `lanes` the results of the last instruction of a pass.
  [[nodiscard]] std::span<std::uint8_t> of(Memory memory) const;
};

/// So many zero bytes; an error that names the memory where there is no room for them.
[[nodiscard]] std::vector<std::uint8_t> cleared_memory(Memory memory, std::uint64_t bytes);

/// The same contents without a machine.
struct Memories {
  std::vector<std::uint8_t> weight, activation, accumulator, dram;
  StagedSums staged;
  LaneResults forwarded;
  WeightBlocks streamed;

  Memories() = default;
  /// On-chip memories of the machine's sizes, and the first `dram_bytes` bytes of its DRAM, all zero.
  Memories(const MachineSpec& spec, std::uint64_t dram_bytes);

  [[nodiscard]] std::vector<std::uint8_t>& of(Memory memory);
  [[nodiscard]] const std::vector<std::uint8_t>& of(Memory memory) const;
  // NOLINTNEXTLINE(google-explicit-constructor): contents are seen wherever they lie
  operator MemoryView() { return {weight, activation, accumulator, dram, &staged, &forwarded, &streamed}; }
};

/// Counts of an instruction's effects besides its changes of memory.
struct Effects {
  std::uint64_t overflows = 0;    ///< sums that did not fit the accumulator and wrapped
  std::uint64_t saturations = 0;  ///< products of integers that were clamped
};

/// The tables that vector instructions read from weight memory. There is one row for each channel, or one row
/// for all. Integers and floats are little-endian:
///
/// | instruction | row of a channel                                  |
/// |-------------|---------------------------------------------------|
/// | threshold   | thresholds, ascending; then +1 or -1 in a byte    |
/// | scale       | multiplier, second: int32; bias: int64; a byte    |
/// | affine      | scale, second, bias: float32                      |
///
/// A lookup's table is 2^segments + 1 points of int16 for all channels.
///
/// threshold gives codes[number of thresholds t with sign * value >= t]. scale computes in 64 bits, wrapping;
/// its byte is the shift, 0 to 62; `ScaleEnd` (arch/datapath/rounding.hpp) describes the rounding and zero
/// point that follow. affine rounds to float32 after every operation, in the order of its row; a NaN is
/// 0x7fc00000.

/// The untimed meaning of an instruction without a defect (`defect_of`). The machine calls this same function
/// when an instruction completes. Throws RunError when an index of a gather is not a row of its table, when
/// the output stage does not take the sums of the matmul before it, all of them, or when a matmul does not
/// take the next block of weights that stream, whole.
Effects execute(const Instruction& instruction, const MachineSpec& spec, const MemoryView& memories);
/// The same for an instruction of a program. The error names it.
Effects execute(const Issued& issued, const MachineSpec& spec, const MemoryView& memories);

/// Two's-complement wrap of a sum to `bits` bits.
[[nodiscard]] constexpr std::int32_t wrap_sum(std::int64_t sum, std::int64_t bits) {
  const auto shift = static_cast<unsigned>(64 - bits);
  return static_cast<std::int32_t>(static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) << shift) >>
                                   shift);
}

/// A block of values in memory: the results of an instruction, or values to be read.
struct Region {
  Memory memory = Memory::activation;
  Format format = Format::int32;
  std::uint64_t address = 0;
  std::uint64_t stride = 0;
  std::int64_t first = 0;  ///< the element of a row that is column 0
  std::int64_t rows = 0;
  std::int64_t cols = 0;
};

/// The values of a region, row by row: codes, integers, or the bits of float32.
[[nodiscard]] std::vector<std::int32_t> read_region(const Region& region, const MachineSpec& spec,
                                                    const MemoryView& memories);

}  // namespace tricycle
