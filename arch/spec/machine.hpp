// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "arch/spec/datapath.hpp"
#include "support/fields.hpp"

namespace tricycle {

/// Everything a machine is made of. Read from YAML by `read_machine`; written back whole by `write_fields`.
/// Rules between the fields are checked when it is read. Timing parameters are explained in docs/timing.md.

/// An on-chip SRAM of equal banks, each with one port of `width_bits` for every engine.
struct MemorySpec {
  std::int64_t size_KiB = 0;
  std::int64_t banks = 0;       ///< 0 when read: one for each row or column of the array that it feeds
  std::int64_t width_bits = 0;  ///< of a bank's port; 0 when read: one array word (or one sum)

  [[nodiscard]] std::int64_t bytes() const { return size_KiB * 1024; }
  [[nodiscard]] std::int64_t bits_per_cycle() const { return banks * width_bits; }
};

/// rows x cols processing elements; rows are output positions, cols output channels (output-stationary).
struct ArraySpec {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t word_bits = 0;          ///< bits of each operand that a PE takes per step
  std::int64_t accumulator_bits = 24;  ///< of a sum in a PE; it wraps, and a wrapped sum fails the run
  std::int64_t depth_cycles = 4;       ///< from a tile's last step to its sums in accumulator memory
  std::vector<int> datapaths = {2};    ///< Datapath values, the preferred first
  int fatnn_mask = 0;                  ///< FatnnMask

  [[nodiscard]] bool has(Datapath datapath) const;
  [[nodiscard]] FatnnMask mask() const { return static_cast<FatnnMask>(fatnn_mask); }
};

struct VectorSpec {
  std::int64_t lanes = 16;
  std::int64_t latency_cycles = 3;  ///< from an instruction's last elements to its results in memory
};

/// A load or store engine.
struct DmaSpec {
  std::int64_t setup_cycles = 4;
  std::int64_t burst_bytes = 64;
  std::int64_t outstanding = 16;  ///< bursts under way at once
};

struct SequencerSpec {
  std::int64_t fetch_cycles = 2;  ///< before the first instruction
  std::int64_t queue_depth = 8;   ///< instructions that wait in front of each engine
};

/// An ideal DRAM: a pipe of a bandwidth and a latency, clocked by the core.
struct DramSpec {
  std::int64_t bytes_per_cycle = 16;
  std::int64_t latency_cycles = 40;
  std::int64_t size_MiB = 1024;

  [[nodiscard]] std::int64_t bytes() const { return size_MiB * 1024 * 1024; }
};

struct MachineSpec {
  std::string name;
  double clock_MHz = 0;
  ArraySpec array;
  MemorySpec weight_memory;
  MemorySpec activation_memory;
  MemorySpec accumulator_memory;
  MemorySpec instruction_memory;
  VectorSpec vector;
  DmaSpec load;
  DmaSpec store;
  SequencerSpec sequencer;
  DramSpec dram;

  /// MACs per cycle when every lane of every PE works.
  [[nodiscard]] std::int64_t peak_macs(Datapath datapath) const {
    return array.rows * array.cols * lanes_per_word(datapath, array.word_bits);
  }
};

void describe(Fields& fields, MachineSpec& spec);

/// Reads and checks a machine; 0 in a memory's banks or width becomes what the array asks for.
[[nodiscard]] MachineSpec read_machine(const Document& document);

/// Reads the machine of `--arch NAME`: a preset's name or a path.
[[nodiscard]] MachineSpec read_machine(const std::string& name_or_path);

/// Why a trace lowered for `of` cannot run on `on`: the first parameter that shapes instructions and differs,
/// as "array.rows is 8 there and 16 here", or "" when there is none. Timing parameters may differ.
[[nodiscard]] std::string shape_difference(const MachineSpec& of, const MachineSpec& on);

}  // namespace tricycle
