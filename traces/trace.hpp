// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "arch/isa/instruction.hpp"
#include "arch/isa/meaning.hpp"
#include "traces/reading.hpp"

namespace tricycle {

struct MachineSpec;

/// A row of the layer table: the figures of a layer in reports that the run does not measure.
struct TraceLayer {
  std::string name;
  std::string op;          ///< the operators it was made from, such as "MatMul+BatchNormalization+Quant"
  std::string datapath;    ///< a Datapath's name, or "vector"
  std::uint64_t macs = 0;  ///< of all time steps
  std::uint64_t least_cycles = 0;  ///< cycles that the array needs for them with every lane busy
  std::uint64_t weights = 0;       ///< weight values
  std::uint64_t nonzero_weights = 0;
  std::uint64_t weight_bytes = 0;  ///< packed, in DRAM, with thresholds and scales
  // Of the weights alone: formats and bytes in DRAM and in weight memory, metadata and padding as part of the
  // bytes in DRAM, and the bytes of their entropy.
  Format dram_format = Format::bit1, chip_format = Format::bit1;
  std::uint64_t dram_bytes = 0, chip_bytes = 0;
  std::uint64_t metadata_bytes = 0, padding_bytes = 0, entropy_bytes = 0;
  std::uint64_t activation_bytes = 0;  ///< packed, its inputs and outputs
  std::uint64_t flag_bytes = 0;        ///< of the zero flags of its weights on chip
};

/// The place of a tensor, and the reason.
struct TraceTensor {
  std::string name;
  std::string kind;                ///< "input", "output", "activation", "state", "weights" or "table"
  std::string format;              ///< a Format's name; "table" for a table
  std::uint64_t bytes = 0;         ///< packed
  Memory memory = Memory::dram;    ///< on chip as a whole, or in DRAM and loaded in tiles
  std::uint32_t first_layer = 0;   ///< the layer that makes it (weights: that uses them)
  std::uint32_t last_layer = 0;    ///< the last layer that reads it
  std::uint64_t dram_address = 0;  ///< address of its place in DRAM
  std::uint64_t dram_bytes = 0;    ///< bytes of this place; 0 where it is never in DRAM
  std::string reason;
};

/// A named range of a memory.
struct Symbol {
  std::string name;
  Memory memory = Memory::dram;
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};

/// A tensor that a run writes to DRAM before it starts, or reads from DRAM when it has finished.
struct Binding {
  std::string name;
  Format format = Format::uint8;
  std::uint64_t address = 0;  ///< in DRAM
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::string shape;             ///< the model's own shape, such as "[1, 1, 28, 28]"
  std::string type = "float32";  ///< element type in the model
  std::int64_t images = 1;       ///< an image has rows / images positions
  bool channels_first =
      false;  ///< the model has each channel's positions together, memory each position's channels
  /// Real value = (code - zero) * scale. There is one scale and one zero, or one of each for each column. For
  /// float32 and float16 the real value is the value itself (zero 0, scale 1).
  std::vector<double> scales = {1}, zeros = {0};
};

/// The fault of a malformed binding, or nothing: numbers of scales and zeros that do not fit its columns,
/// numbers that are not finite, scales that are not positive.
[[nodiscard]] std::optional<std::string> binding_fault(const Binding& binding);

/// The real values of a bound tensor's codes (or bits of float32), in their order.
[[nodiscard]] std::vector<float> real_values(const Binding& binding, std::span<const std::int32_t> codes);

/// The index in the model's tensor of value i of an item in memory. In memory an item lies position by
/// position, each with its channels.
[[nodiscard]] std::size_t model_place(const Binding& binding, std::size_t i);

/// A check of values: after instruction `instruction` has completed, `region` holds rows and columns of the
/// output of layer `layer`, from (row, col) on. In loops it is that of the first iteration. Later ones move
/// the region with the address that the instruction writes to, and (row, col) by the strides.
struct Checkpoint {
  std::uint32_t instruction = 0;
  std::uint32_t layer = 0;
  Region region;
  std::int64_t row = 0;
  std::int64_t col = 0;
  /// For each of the loops around the instruction, the outermost first: from one iteration to the next.
  std::vector<std::int64_t> row_strides, col_strides;
};

/// The input items of a trace: `count` items, one after another as they lie in DRAM.
struct TraceItems {
  std::string source;  ///< a file's base name, or "synthetic, seed 1"
  std::string sha256;  ///< of the file; "" for synthetic items
  std::uint64_t count = 0;
  std::vector<std::uint8_t> bytes;
  std::uint64_t clamped = 0;  ///< values that the model's own quantizer clamped to its codes
};

/// Bytes of DRAM before the run: weights, tables.
struct ImageSegment {
  std::uint64_t address = 0;
  std::vector<std::uint8_t> bytes;
};

/// The interface between workloads and machines: everything that a run needs. traces/FORMAT.md describes its
/// binary form and its text form.
struct Trace {
  std::string tool;      ///< name and version of the tool that wrote it
  std::string workload;  ///< name of the network
  std::string weights;  ///< where the weights came from: "model.onnx, sha256 ..." or "synthetic, seed 1, ..."
  bool synthetic = false;  ///< the weights are synthetic: every report says so
  std::string machine;     ///< effective.yaml of the machine it was lowered for
  std::uint64_t compulsory_bytes =
      0;                         ///< DRAM bytes that any schedule must move: weights, tables, input, output
  std::uint64_t dram_bytes = 0;  ///< bytes of DRAM that the run uses, from address 0
  std::uint64_t fp32_weight_bytes = 0;
  Binding input;
  std::vector<Binding> outputs;  ///< one or more, in the model's order
  std::vector<Binding> states;   ///< carried from item to item: read first, left with their last values
  InputReading reading;          ///< how a user's numbers become the input's codes
  std::vector<std::string> vocabulary;  ///< text of each token of a language model; traces/vocabulary
  std::vector<TraceLayer> layers;
  std::vector<TraceTensor> tensors;
  std::vector<Symbol> symbols;
  std::vector<Checkpoint> checkpoints;  ///< in the order of their instructions
  std::vector<Instruction> code;
  std::vector<ImageSegment> image;
  TraceItems items;
  std::optional<std::uint32_t>
      golden_crc;  ///< CRC-32 of the golden outputs of all items, as they lie in DRAM

  /// The first output. A trace that was read has one.
  [[nodiscard]] const Binding& output() const { return outputs.front(); }
  /// `file` is the trace's, for messages.
  [[nodiscard]] MachineSpec machine_spec(const std::string& file = {}) const;
};

/// The binary form. Writing always succeeds. Reading checks every count against the bytes of the file, and
/// every section against its CRC; errors call the file `name`.
[[nodiscard]] std::vector<std::uint8_t> write_trace(const Trace& trace);
[[nodiscard]] Trace read_trace(std::span<const std::uint8_t> bytes, const std::string& name);

/// The text form, and back: read_trace_text(write_trace_text(t)) has the same binary form as t.
[[nodiscard]] std::string write_trace_text(const Trace& trace);
[[nodiscard]] Trace read_trace_text(const std::string& text, const std::string& name);

/// Reads a file of either form. The first bytes tell the form.
[[nodiscard]] Trace read_trace_file(const std::string& path);

}  // namespace tricycle
