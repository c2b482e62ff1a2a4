// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

#include "arch/params/machine.hpp"

namespace tricycle {

/// The closed forms of docs/timing.md. Modules, tests and bounds use these same functions.

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// What the output stage does with the sums of a product (rules O1 to O6).
struct OutputRate {
  std::int64_t lanes = 0;       ///< sums that it takes at a time; 0: they go to accumulator memory
  std::int64_t operations = 1;  ///< cycles that it takes them for
  std::int64_t values = 1;      ///< sums of a result
  std::int64_t taps = 1;        ///< results that a pool makes one of
  std::int64_t result_bits = 0, second_bits = 0;  ///< of a result, of what is read for it besides its sums
  std::int64_t table_bits = 0;                    ///< of a channel

  [[nodiscard]] bool is_used() const { return lanes > 0; }
};

/// The properties of a product that determine its time on the array.
struct ProductShape {
  Datapath datapath = Datapath::binary;
  Format activations = Format::bit1, weights = Format::bit1;
  std::int64_t positions = 1;   ///< output positions
  std::int64_t cols = 1;        ///< output channels
  std::int64_t taps = 1;        ///< of the kernel
  std::int64_t elements = 1;    ///< channels of a tap
  bool im2col = false;          ///< the reduction is cut densely over all taps
  std::int64_t folding = 0;     ///< 0: the array's own geometry; i: the geometry of folding[i - 1]
  std::int64_t weight_row = 0;  ///< bytes of an output channel's weights, for a byte stream
  bool accumulates = false;     ///< to sums that are there
  OutputRate output{};
  bool streamed = false;  ///< weights come from DRAM in the order of their steps, not from weight memory
};

/// Whether weights are decoded on their way from weight memory to the PEs.
[[nodiscard]] inline bool is_decoded(const ArraySpec& array, const ProductShape& shape) {
  return fed_weights(shape.datapath, shape.weights, array.fatnn_mask) != shape.weights;
}

/// Rows, columns and reduction lanes of the array for a product.
struct Geometry {
  std::int64_t rows, cols, lanes;
};

/// Bits that an operand takes in a bitserial PE: at least the bits of the smallest multiplier. Joined
/// multipliers serve two, four and eight times these bits.
[[nodiscard]] inline std::int64_t multiplier_bits(const ArraySpec& array, Format format) {
  const std::int64_t bits = bits_per_element(format);
  std::int64_t taken = array.min_operand_bits;
  if (array.bitserial_fusion == Fusion::temporal) return std::max(taken, bits);
  while (taken < bits) taken *= 2;
  return taken;
}

/// Lanes of a PE for operands in these formats: the machine's `lanes` for the datapath, else as many as its
/// word holds. A spatial bitserial PE joins its smallest multipliers for wider operands.
[[nodiscard]] inline std::int64_t lanes_of(const ArraySpec& array, Datapath datapath, Format activations,
                                           Format weights) {
  const auto chosen = [&](std::int64_t otherwise) {
    const std::int64_t stated = array.lanes.of(datapath);
    return stated > 0 ? stated : std::max<std::int64_t>(1, otherwise);
  };
  if (datapath != Datapath::bitserial) {
    const Format operand = datapath == Datapath::mac ? weights : smallest_operands(array, datapath);
    return chosen(array.word_bits / bits_per_element(operand));
  }
  const std::int64_t smallest = chosen(array.word_bits);
  if (array.bitserial_fusion == Fusion::temporal) return smallest;
  const std::int64_t least = array.min_operand_bits;
  const std::int64_t taken = multiplier_bits(array, activations) * multiplier_bits(array, weights);
  return std::max<std::int64_t>(1, smallest * least * least / taken);
}

[[nodiscard]] inline Geometry geometry_of(const ArraySpec& array, const ProductShape& shape) {
  if (shape.folding > 0) {
    const Folding& own = array.folding[static_cast<std::size_t>(shape.folding - 1)];
    return {1, own.cols, own.lanes};
  }
  return {array.rows, array.cols, lanes_of(array, shape.datapath, shape.activations, shape.weights)};
}

/// Bit-plane passes that a word takes: M x K in a temporal bitserial array, else one.
[[nodiscard]] inline std::int64_t passes_of(const ArraySpec& array, const ProductShape& shape) {
  if (shape.datapath != Datapath::bitserial || shape.folding > 0 ||
      array.bitserial_fusion == Fusion::spatial) {
    return 1;
  }
  return multiplier_bits(array, shape.activations) * multiplier_bits(array, shape.weights);
}

/// Words of the reduction: for each tap separately, or for all taps together (im2col).
[[nodiscard]] inline std::int64_t reduction_words(const ArraySpec& array, const ProductShape& shape) {
  const std::int64_t lanes = geometry_of(array, shape).lanes;
  return shape.im2col ? ceil_div(shape.taps * shape.elements, lanes)
                      : shape.taps * ceil_div(shape.elements, lanes);
}

/// Bits of one operand that a PE takes per array step.
[[nodiscard]] inline std::int64_t operand_bits(const ArraySpec& array, const ProductShape& shape,
                                               Format format) {
  const std::int64_t lanes = geometry_of(array, shape).lanes;
  const bool one_plane = shape.datapath == Datapath::bitserial && passes_of(array, shape) > 1;
  return one_plane ? lanes : lanes * bits_per_element(format);
}

/// Bits of one column's weight word in weight memory, for one array step. For a byte stream: the row's bits
/// divided by the words of the reduction.
[[nodiscard]] inline std::int64_t weight_word_bits(const ArraySpec& array, const ProductShape& shape) {
  if (!is_stream(shape.weights)) return operand_bits(array, shape, shape.weights);
  return ceil_div(8 * shape.weight_row, reduction_words(array, shape));
}

/// The widest operands that the array's datapaths take in one array step, in bits of one PE.
struct OperandBits {
  std::int64_t activations = 0, weights = 0;
};
[[nodiscard]] OperandBits widest_operands(const ArraySpec& array);

/// MACs per `passes_of` cycles when every lane of every PE works.
[[nodiscard]] inline std::int64_t peak_macs(const ArraySpec& array, const ProductShape& shape) {
  const Geometry g = geometry_of(array, shape);
  return g.rows * g.cols * g.lanes;
}

/// The least cycles that the array needs for `macs` MACs of a shape.
[[nodiscard]] inline std::int64_t least_cycles(const ArraySpec& array, const ProductShape& shape,
                                               std::int64_t macs) {
  return ceil_div(macs * passes_of(array, shape), peak_macs(array, shape));
}

/// Array steps of a tile (rule A1): groups of rows x groups of columns x words x bit-plane passes.
[[nodiscard]] inline std::int64_t tile_steps(const ArraySpec& array, const ProductShape& shape) {
  const Geometry g = geometry_of(array, shape);
  return ceil_div(shape.positions, g.rows) * ceil_div(shape.cols, g.cols) * reduction_words(array, shape) *
         passes_of(array, shape);
}

/// Cycles in which the array's decoder delivers `elements` weights (rule A10).
[[nodiscard]] inline std::int64_t decoder_cycles(const ArraySpec& array, const ProductShape& shape,
                                                 std::int64_t elements) {
  if (!is_decoded(array, shape) || array.decoder_elements_per_cycle == 0) return 0;
  return ceil_div(elements, array.decoder_elements_per_cycle);
}

/// Cycles in which the weight memory delivers the weight words of an array step, one for each column. If the
/// decoder in between is slower, its cycles; words that stream wait for nothing else (rule A12).
[[nodiscard]] inline std::int64_t weight_cycles(const MachineSpec& spec, const ProductShape& shape) {
  const Geometry g = geometry_of(spec.array, shape);
  if (shape.streamed) return std::max<std::int64_t>(1, decoder_cycles(spec.array, shape, g.cols * g.lanes));
  const std::int64_t bits = g.cols * weight_word_bits(spec.array, shape);
  return std::max(ceil_div(bits, spec.weight_memory.bits_per_cycle()),
                  decoder_cycles(spec.array, shape, g.cols * g.lanes));
}

/// Cycles in which the activation memory delivers the activation words of an array step, one for each row.
[[nodiscard]] inline std::int64_t activation_cycles(const MachineSpec& spec, const ProductShape& shape) {
  const std::int64_t bits =
      geometry_of(spec.array, shape).rows * operand_bits(spec.array, shape, shape.activations);
  return ceil_div(bits, spec.activation_memory.bits_per_cycle());
}

/// Cycles in which the sums of `rows` rows of PEs move into or out of accumulator memory.
[[nodiscard]] inline std::int64_t sum_cycles(const MachineSpec& spec, const ProductShape& shape,
                                             std::int64_t rows) {
  return ceil_div(rows * geometry_of(spec.array, shape).cols * 32, spec.accumulator_memory.bits_per_cycle());
}

/// Cycles in which the sums of all PEs move out and back in (rule R3): both at once, or one after the other
/// through a single port.
[[nodiscard]] inline std::int64_t sum_update_cycles(const MachineSpec& spec, const ProductShape& shape) {
  return sum_cycles(spec, shape, geometry_of(spec.array, shape).rows) *
         (spec.accumulator_memory.has_one_port() ? 2 : 1);
}

/// Output-stationary: cycles in which the sums of a group with `rows` rows leave the PEs (rule A11), read
/// before where the matmul accumulates.
[[nodiscard]] inline std::int64_t drain_cycles(const MachineSpec& spec, const ProductShape& shape,
                                               std::int64_t rows) {
  const bool in_turn = shape.accumulates && spec.accumulator_memory.has_one_port();
  return sum_cycles(spec, shape, rows) * (in_turn ? 2 : 1);
}

/// What a group of PEs with `rows` rows asks of the output stage and of activation memory, in cycles.
struct OutputCycles {
  std::int64_t take, write, read;  ///< its sums; its results; what is read for them
};
[[nodiscard]] inline OutputCycles output_cycles(const MachineSpec& spec, const ProductShape& shape,
                                                std::int64_t rows, std::int64_t cols) {
  const OutputRate& rate = shape.output;
  const std::int64_t sums = rows * cols, port = spec.activation_memory.bits_per_cycle();
  const std::int64_t results = ceil_div(sums, rate.values * rate.taps);
  return {ceil_div(sums, rate.lanes) * rate.operations, ceil_div(results * rate.result_bits, port),
          ceil_div(results * rate.second_bits, port)};
}

/// Columns of PEs that have sums in a group of columns: all, where there are so many.
[[nodiscard]] inline std::int64_t output_cols(const MachineSpec& spec, const ProductShape& shape) {
  return std::min(geometry_of(spec.array, shape).cols, shape.cols);
}

/// Cycles in which weight memory delivers the tables of a group of columns (rule O3).
[[nodiscard]] inline std::int64_t output_table_cycles(const MachineSpec& spec, const ProductShape& shape) {
  const std::int64_t channels = ceil_div(output_cols(spec, shape), shape.output.values);
  return ceil_div(channels * shape.output.table_bits, spec.weight_memory.bits_per_cycle());
}

/// Cycles in which the output stage takes the last sums of a product, those of its last group (rule O4).
[[nodiscard]] inline std::int64_t last_output_cycles(const MachineSpec& spec, const ProductShape& shape) {
  const Geometry g = geometry_of(spec.array, shape);
  const auto last = [](std::int64_t all, std::int64_t each) { return (all - 1) % each + 1; };
  const OutputCycles out =
      output_cycles(spec, shape, last(shape.positions, g.rows), last(shape.cols, g.cols));
  return std::max({out.take, out.write, out.read});
}

/// Bytes of the largest results so far of a line of 2x2 windows: of `columns` windows, of the channels of a
/// group of columns of PEs.
[[nodiscard]] inline std::uint64_t output_pool_bytes(const MachineSpec& spec, std::int64_t columns,
                                                     std::int64_t channels, std::int64_t bits) {
  return static_cast<std::uint64_t>(ceil_div(columns * std::min(spec.array.cols, channels) * bits, 8));
}

/// Bits of the tables of all columns that the output stage holds: thresholds with a sign, or a scale's row
/// (arch/isa/meaning.hpp), of the columns at work and of those behind them.
[[nodiscard]] inline std::int64_t output_table_bits(const MachineSpec& spec) {
  const OutputStageSpec& stage = spec.output_stage;
  if (!stage.is_there()) return 0;
  constexpr std::int64_t scale = 8 * 17;
  const std::int64_t thresholds = stage.thresholds * spec.array.accumulator_bits + 1;
  return 2 * spec.array.cols * std::max(thresholds, stage.scale_lanes > 0 ? scale : 0);
}

/// Cycles of the read latency of the array's operands beyond the first cycle. The first is part of
/// `depth_cycles` (rule R7).
[[nodiscard]] inline std::int64_t operand_wait_cycles(const MachineSpec& spec) {
  if (spec.array.has_line_buffer()) {  // it has the activations and, weight-stationary, the weights
    return (spec.array.is_weight_stationary() ? spec.accumulator_memory : spec.weight_memory).latency_cycles -
           1;
  }
  std::int64_t latency = std::max(spec.weight_memory.latency_cycles, spec.activation_memory.latency_cycles);
  if (spec.array.is_weight_stationary()) latency = std::max(latency, spec.accumulator_memory.latency_cycles);
  return latency - 1;
}

/// Cycles of one array step (rule A2): the cycles of the slower operand. Weight-stationary (rule A5): the
/// slower of the activations and the sums of all PEs, which are read and written.
[[nodiscard]] inline std::int64_t step_cycles(const MachineSpec& spec, const ProductShape& shape) {
  if (spec.array.is_weight_stationary())
    return std::max(activation_cycles(spec, shape), sum_update_cycles(spec, shape));
  return std::max(weight_cycles(spec, shape), activation_cycles(spec, shape));
}

/// Cycles of several steps: in which the array feeds them, and in which activation memory is read for them.
struct StepCycles {
  std::int64_t feed = 0, reads = 0;
  StepCycles& operator+=(StepCycles other) {
    feed += other.feed;
    reads += other.reads;
    return *this;
  }
  friend StepCycles operator*(std::int64_t times, StepCycles each) {
    return {times * each.feed, times * each.reads};
  }
  bool operator==(const StepCycles&) const = default;
};

/// So many steps that all take what rule A2 says of the memories' bits.
[[nodiscard]] inline StepCycles steps_of(const MachineSpec& spec, const ProductShape& shape,
                                         std::int64_t steps) {
  return {steps * step_cycles(spec, shape), steps * activation_cycles(spec, shape)};
}

/// Output-stationary: cycles of a group of columns with `rows` rows that has these steps. It takes no less
/// than its sums need to leave, to accumulator memory (rule A11) or through the output stage (rule O2).
[[nodiscard]] inline std::int64_t group_cycles(const MachineSpec& spec, const ProductShape& shape,
                                               const StepCycles& steps, std::int64_t rows) {
  if (!shape.output.is_used()) return std::max(steps.feed, drain_cycles(spec, shape, rows));
  const OutputCycles out = output_cycles(spec, shape, rows, output_cols(spec, shape));
  const std::int64_t reads = steps.reads + out.read;
  const std::int64_t port =
      spec.activation_memory.has_one_port() ? reads + out.write : std::max(reads, out.write);
  return std::max({steps.feed, out.take, port, shape.accumulates ? sum_cycles(spec, shape, rows) : 0});
}
[[nodiscard]] inline std::int64_t group_cycles(const MachineSpec& spec, const ProductShape& shape,
                                               std::int64_t steps, std::int64_t rows) {
  return group_cycles(spec, shape, steps_of(spec, shape, steps), rows);
}

/// Cycles in which the array feeds a tile. Weight-stationary: every word of weights is loaded before its
/// array steps. Output-stationary: the cycles of its groups, and of tables of the output stage.
[[nodiscard]] inline std::int64_t tile_cycles(const MachineSpec& spec, const ProductShape& shape) {
  const Geometry g = geometry_of(spec.array, shape);
  const std::int64_t col_groups = ceil_div(shape.cols, g.cols);
  const std::int64_t words = reduction_words(spec.array, shape) * passes_of(spec.array, shape);
  if (spec.array.is_weight_stationary()) {
    return tile_steps(spec.array, shape) * step_cycles(spec, shape) +
           col_groups * words * weight_cycles(spec, shape);
  }
  const std::int64_t rest = shape.positions % g.rows;
  std::int64_t cycles = shape.positions / g.rows * group_cycles(spec, shape, words, g.rows);
  if (rest > 0) cycles += group_cycles(spec, shape, words, rest);
  return col_groups * (cycles + output_table_cycles(spec, shape));
}

/// The timing of a matmul fed by a line buffer.
struct Feeding {
  std::int64_t rounds;        ///< runs over the image (rule F5)
  std::int64_t hold_cycles;   ///< cycles of the array for one window (rule F2)
  std::int64_t fetch_cycles;  ///< cycles of the pixels that are written together (rule F1)
  std::int64_t load_cycles;   ///< cycles to load a round's weights into registers (rule F4); 0: weights come
                              ///< with the array steps
};

[[nodiscard]] inline Feeding feeding_of(const MachineSpec& spec, const ProductShape& shape) {
  const ArraySpec& array = spec.array;
  const Geometry g = geometry_of(array, shape);
  const std::int64_t groups = ceil_div(shape.cols, g.cols), passes = passes_of(array, shape);
  const std::int64_t words = reduction_words(array, shape);
  const std::int64_t pixel_bits = shape.elements * bits_per_element(shape.activations);
  const std::int64_t fetch =
      ceil_div(array.feeder.pixels_per_cycle * pixel_bits, spec.activation_memory.bits_per_cycle());
  if (!array.is_weight_stationary()) {
    return {1, groups * words * passes * weight_cycles(spec, shape), fetch, 0};
  }
  const std::int64_t sums = sum_update_cycles(spec, shape);  // the array has one row
  const std::int64_t weight_bits = bits_per_element(shape.weights);
  const std::int64_t tap_bits =
      is_stream(shape.weights) ? ceil_div(8 * shape.weight_row, shape.taps) : shape.elements * weight_bits;
  const std::int64_t of_a_tap = std::max(ceil_div(g.cols * tap_bits, spec.weight_memory.bits_per_cycle()),
                                         decoder_cycles(array, shape, g.cols * shape.elements));
  const std::int64_t loads = words * (passes > 1 ? weight_bits : 1);
  return {groups * words * passes, sums, fetch, ceil_div(shape.taps * of_a_tap, loads)};
}

/// Cycles in which the vector unit takes in `elements` elements, with `operations` operations on each (rule
/// V1).
[[nodiscard]] constexpr std::int64_t vector_cycles(const VectorSpec& vector, std::int64_t elements,
                                                   std::int64_t operations) {
  return ceil_div(elements, vector.lanes) * operations;
}

/// Operations of a float32 function on a value (rule V5): two for range reduction (one is the product with
/// the slope), five for a polynomial of degree five, and one for a division's share of the lane.
inline constexpr std::int64_t function_operations = 8;

/// Bursts of a transfer of `rows` rows of `row_bytes` (rule D2): a burst never crosses from one row to the
/// next.
[[nodiscard]] constexpr std::int64_t transfer_bursts(const DmaSpec& dma, std::int64_t rows,
                                                     std::int64_t row_bytes) {
  return rows * ceil_div(row_bytes, dma.burst_bytes);
}

}  // namespace tricycle
