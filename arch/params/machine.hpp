// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arch/params/datapath.hpp"
#include "arch/params/dram.hpp"
#include "arch/params/units.hpp"
#include "support/fields.hpp"

namespace tricycle {

/// All parameters of a machine. `read_machine` reads them from YAML and checks the rules between them;
/// `write_fields` writes all of them back. Timing parameters are explained in docs/timing.md.

/// The ports of an SRAM: one port for reads or writes, one read port and one write port, or two ports for
/// reads or writes.
enum class Ports : std::uint8_t { rw, r_w, rw_rw };
[[nodiscard]] const std::vector<std::string>& names_of(Ports);

/// The transistors of an SRAM, as ITRS names them: for high performance, low operating power or low standby
/// power. Automatic: the technology chooses.
enum class Transistors : std::uint8_t { automatic, hp, lop, lstp };
[[nodiscard]] const std::vector<std::string>& names_of(Transistors);

/// An on-chip SRAM of equal banks. A port reaches all banks at once, `width_bits` of each (docs/timing.md,
/// rules R1 to R8). Ports, latency and ping-pong apply only to data memories.
struct MemorySpec {
  std::int64_t size_KiB = 0;
  std::int64_t banks = 0;       ///< 0 in YAML: one for each row or column of the array that it feeds
  std::int64_t width_bits = 0;  ///< of a bank's port; 0 in YAML: one array word (or one sum)
  Ports ports = Ports::r_w;
  std::int64_t latency_cycles = 1;  ///< of a read
  bool ping_pong = false;           ///< two halves by address, each with its own `banks` and ports
  Transistors cells = Transistors::automatic;
  Transistors periphery = Transistors::automatic;  ///< of the decoders, drivers and sense amplifiers

  [[nodiscard]] std::int64_t bytes() const { return size_KiB * 1024; }
  [[nodiscard]] std::int64_t halves() const { return ping_pong ? 2 : 1; }
  /// Whether a read and a write never fit in one cycle.
  [[nodiscard]] bool has_one_port() const { return ports == Ports::rw; }
  [[nodiscard]] std::int64_t bits_per_cycle() const { return banks * width_bits; }
};

/// The order in which an array walks a tile (docs/timing.md, rules A1 and A5).
enum class Dataflow : std::uint8_t { output_stationary, weight_stationary };
[[nodiscard]] const std::vector<std::string>& names_of(Dataflow);

/// How the reduction of a window is cut into words: tap by tap, densely over all taps, or densely where a
/// tap has at most 3 channels.
enum class Packing : std::uint8_t { automatic, channel, im2col };
[[nodiscard]] const std::vector<std::string>& names_of(Packing);

/// How the one-bit multipliers of a bitserial PE serve wider operands. Temporal: one pair of bit planes after
/// another. Spatial: multipliers are joined and take fewer elements at a time (Bit Fusion).
enum class Fusion : std::uint8_t { temporal, spatial };
[[nodiscard]] const std::vector<std::string>& names_of(Fusion);

/// The number type of a mac array.
enum class MacType : std::uint8_t { int8, fp16, fp32 };
[[nodiscard]] const std::vector<std::string>& names_of(MacType);

/// The geometry of one product layer with its own hardware (FINN's folding).
struct Folding {
  std::int64_t lanes = 1;  ///< SIMD: elements of the reduction per array step
  std::int64_t cols = 1;   ///< PE: output channels per array step
  bool operator==(const Folding&) const = default;
};

/// The source of the array's windows: the activation memory, word by word, or a line buffer. A line buffer
/// holds the image lines of a window, and is written while windows are read from it.
enum class FeederKind : std::uint8_t { none, line_buffer };
[[nodiscard]] const std::vector<std::string>& names_of(FeederKind);

/// How the array treats zeros (docs/timing.md, rules Z1 to Z9).
enum class ZeroSkip : std::uint8_t { none, gating, word, element };
[[nodiscard]] const std::vector<std::string>& names_of(ZeroSkip);

/// The operands whose zeros are inspected; automatic: all operands that the kind of skipping can inspect.
enum class SkipOperands : std::uint8_t { automatic, weights, activations, both };
[[nodiscard]] const std::vector<std::string>& names_of(SkipOperands);

struct FeederSpec {
  FeederKind kind = FeederKind::none;
  std::int64_t pixels_per_cycle = 3;       ///< written to the line buffer, from one image line
  std::int64_t weight_latency_cycles = 3;  ///< of loading weight registers, besides their words' cycles
  std::int64_t drain_cycles = 2;           ///< from a matmul's last window until the feeder is idle
  std::int64_t restart_cycles = 2;         ///< from the idle feeder to the start of the next matmul
};

/// Elements of the reduction that a PE takes per array step; 0: as many as its word of `word_bits` holds.
struct LanesSpec {
#define DATAPATH(identifier, ...) std::int64_t identifier = 0;
#include "arch/params/datapaths.def"
#undef DATAPATH
  [[nodiscard]] std::int64_t of(Datapath datapath) const {
    switch (datapath) {
#define DATAPATH(identifier, ...) \
  case Datapath::identifier:      \
    return identifier;
#include "arch/params/datapaths.def"
#undef DATAPATH
    }
    return 0;
  }
};

/// rows x cols PEs: rows are output positions, columns are output channels.
struct ArraySpec {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t word_bits = 0;          ///< bits of each operand that a PE takes per array step
  std::int64_t accumulator_bits = 24;  ///< bits of a sum in a PE; a sum that wraps fails the run
  std::int64_t depth_cycles = 4;       ///< from a tile's last array step to its sums in accumulator memory
  std::vector<Datapath> datapaths = {Datapath::ternary_planes};  ///< the preferred first
  FatnnMask fatnn_mask = FatnnMask::on_the_fly;
  Dataflow dataflow = Dataflow::output_stationary;
  Packing packing = Packing::automatic;
  LanesSpec lanes;
  Fusion bitserial_fusion = Fusion::temporal;
  std::int64_t min_operand_bits = 1;  ///< narrower bitserial operands take this many bits
  MacType mac_type = MacType::int8;
  std::vector<Folding> folding;  ///< one for each product layer, in order; empty: the array serves all layers
  FeederSpec feeder;
  ZeroSkip zero_skip = ZeroSkip::none;
  SkipOperands zero_skip_operands = SkipOperands::automatic;
  std::int64_t decoder_elements_per_cycle = 0;  ///< rate of the weight decoder before the PEs; 0: no limit

  [[nodiscard]] SkipOperands skip_operands() const {
    if (zero_skip_operands != SkipOperands::automatic) return zero_skip_operands;
    const bool walks_weights =
        zero_skip == ZeroSkip::element || (zero_skip == ZeroSkip::word && is_weight_stationary());
    return walks_weights ? SkipOperands::weights : SkipOperands::both;
  }
  [[nodiscard]] bool skips_weights() const { return skip_operands() != SkipOperands::activations; }
  [[nodiscard]] bool skips_activations() const { return skip_operands() != SkipOperands::weights; }
  [[nodiscard]] bool has(Datapath datapath) const;
  [[nodiscard]] bool is_weight_stationary() const { return dataflow == Dataflow::weight_stationary; }
  [[nodiscard]] bool has_line_buffer() const { return feeder.kind == FeederKind::line_buffer; }
};

/// The operand format of a mac array.
[[nodiscard]] Format mac_format(const ArraySpec& array);

/// The smallest operands of a datapath. A PE's word is cut into them.
[[nodiscard]] Format smallest_operands(const ArraySpec& array, Datapath datapath);

struct VectorSpec {
  std::int64_t lanes = 16;
  std::int64_t latency_cycles = 3;  ///< from an instruction's last elements to its results in memory
  std::int64_t chain = 1;           ///< instructions of one pass, each with integer lanes of its own
};

/// What turns sums into results on their way from the array to activation memory.
struct OutputStageSpec {
  std::int64_t lanes = 0;           ///< sums compared with a threshold in a cycle; 0: there is no stage
  std::int64_t scale_lanes = 0;     ///< sums scaled in a cycle; 0: it has thresholds alone
  std::int64_t thresholds = 15;     ///< the most of a channel
  std::int64_t latency_cycles = 2;  ///< from a matmul's last sums to its results in memory
  std::int64_t tiles = 4;           ///< matmuls whose results it may make at once
  std::int64_t pool_bytes = 0;      ///< largest results so far of a line of 2x2 windows; 0: it does not pool

  [[nodiscard]] bool is_there() const { return lanes > 0; }
};

/// Weights on their way from DRAM to the array, past weight memory: a first-in, first-out buffer.
struct WeightStreamSpec {
  std::int64_t bytes = 0;  ///< that it holds; 0: there is none

  [[nodiscard]] bool is_there() const { return bytes > 0; }
};

/// A load or store engine, or what fetches the program.
struct DmaSpec {
  std::int64_t setup_cycles = 4;
  std::int64_t burst_bytes = 64;
  std::int64_t outstanding = 16;  ///< the largest number of outstanding bursts
  std::int64_t ports = 1;         ///< to DRAM, a burst each in a cycle
};

/// Decoders that convert ternary weights from one format into another: from DRAM to an on-chip memory, and
/// from weight memory to the PEs. The rate of the second is a parameter of the array.
struct DecoderSpec {
  bool load = false, array = false;       ///< whether the machine has each decoder
  std::int64_t elements_per_cycle = 128;  ///< rate of the load engine's decoder
};

struct SequencerSpec {
  std::int64_t fetch_cycles = 2;      ///< before the first instruction
  std::int64_t queue_depth = 8;       ///< entries of each engine's instruction queue
  std::int64_t loop_cycles = 1;       ///< of a `loop`, and of each of its strides and guards
  std::int64_t branch_cycles = 1;     ///< of an `end`
  std::int64_t loop_registers = 256;  ///< strides and guards of the loops under way at once
};

/// The external memory. An ideal DRAM is a pipe with a bandwidth and a latency in core cycles; the bandwidth
/// is in GB/s, whatever the clock, or in bytes per core cycle. A device has banks, commands and its own
/// clock.
struct DramSpec {
  std::string kind = "ideal";  ///< ideal or device; in YAML also the name of a preset in configs/dram
  std::optional<double> bandwidth_GBps, bytes_per_cycle;  ///< one of them, once a machine has been read
  std::int64_t latency_cycles = 40;
  std::int64_t size_MiB = 1024;
  DramDevice device;  ///< not used by an ideal DRAM

  [[nodiscard]] bool is_ideal() const { return kind == "ideal"; }
  [[nodiscard]] std::int64_t bytes() const {
    return is_ideal() ? size_MiB * 1024 * 1024 : device.geometry.bytes();
  }
};

struct MachineSpec {
  std::string name;
  double clock_MHz = 0;
  ArraySpec array;
#define MEMORY(identifier, holds, meaning) MemorySpec identifier;
#include "arch/params/memories.def"
#undef MEMORY
  WeightStreamSpec weight_stream;
  OutputStageSpec output_stage;
  VectorSpec vector;
  DmaSpec fetch;
  DmaSpec load;
  DmaSpec store;
  SequencerSpec sequencer;
  DecoderSpec decoder;
  DramSpec dram;
  std::map<std::string, Place> places;  ///< of the keys in its file, such as `array` and `array.rows`

  /// The place of a key of a section. Without it: the place of the section, else the machine's name.
  [[nodiscard]] Place place_of(const std::string& section, const std::string& key = "") const;
};

/// Calls f(unit, memory) for each on-chip memory.
template <class Spec, class F>
void for_each_memory(Spec& spec, F f) {
#define MEMORY(identifier, holds, meaning) f(UnitId::identifier, spec.identifier);
#include "arch/params/memories.def"
#undef MEMORY
}

void describe(Fields& fields, MachineSpec& spec);

/// Reads and checks a machine. A 0 for a memory's banks or width becomes the number that the array needs.
[[nodiscard]] MachineSpec read_machine(const Document& document);

/// Reads the machine of `--arch NAME`: a preset's name or a path.
[[nodiscard]] MachineSpec read_machine(const std::string& name_or_path);

/// The reason why a trace lowered for `of` cannot run on `on`, or "". It is the first parameter that shapes
/// instructions and differs, as "array.rows is 8 in the trace and 16 on this machine". Timing parameters may
/// differ.
[[nodiscard]] std::string shape_difference(const MachineSpec& of, const MachineSpec& on);

}  // namespace tricycle
