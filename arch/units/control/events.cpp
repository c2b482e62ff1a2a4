// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/events.hpp"

#include "arch/isa/footprint.hpp"
#include "arch/params/weight_stream.hpp"
#include "arch/params/zero_flags.hpp"

namespace tricycle {
namespace {

std::uint64_t count(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

const MemorySpec& spec_of(Memory memory, const MachineSpec& spec) {
  switch (memory) {
    case Memory::weight: return spec.weight_memory;
    case Memory::activation: return spec.activation_memory;
    case Memory::accumulator:
    case Memory::dram:
    case Memory::array:
    case Memory::lanes:
    case Memory::stream: break;
  }
  return spec.accumulator_memory;
}

Counter reads_of(Memory memory) {
  switch (memory) {
    case Memory::weight: return Counter::weight_memory_reads;
    case Memory::activation: return Counter::activation_memory_reads;
    case Memory::accumulator:
    case Memory::dram:
    case Memory::array:
    case Memory::lanes:
    case Memory::stream: break;
  }
  return Counter::accumulator_memory_reads;
}

Counter writes_of(Memory memory) {
  switch (memory) {
    case Memory::weight: return Counter::weight_memory_writes;
    case Memory::activation: return Counter::activation_memory_writes;
    case Memory::accumulator:
    case Memory::dram:
    case Memory::array:
    case Memory::lanes:
    case Memory::stream: break;
  }
  return Counter::accumulator_memory_writes;
}

/// Bank accesses that move `rows` rows of `bits` bits each.
std::uint64_t accesses(Memory memory, const MachineSpec& spec, std::int64_t rows, std::int64_t bits) {
  return count(rows * ceil_div(bits, spec_of(memory, spec).width_bits));
}

/// Accesses that write such rows, and their zero flags with them (rule Z7).
std::uint64_t writes(Memory memory, const MachineSpec& spec, std::int64_t rows, std::int64_t bits) {
  const FlagGrains grains = flag_grains(spec.array);
  const std::int64_t grain = memory == Memory::weight       ? grains.weights
                             : memory == Memory::activation ? grains.activations
                                                            : 0;
  return accesses(memory, spec, rows, bits) + accesses(memory, spec, rows, flag_bits(bits, grain));
}

void count_events(const isa::Load& i, const MachineSpec& spec, CounterSet& events) {
  const std::uint64_t bytes = std::uint64_t{i.rows} * i.row_bytes;
  events[Counter::load_bytes] += bytes;
  events[Counter::dram_read_bytes] += bytes;
  if (!has_addresses(i.memory)) return;
  events[writes_of(i.memory)] += writes(i.memory, spec, i.rows, std::int64_t{i.row_bytes} * 8);
}

void count_events(const isa::Gather& i, const MachineSpec& spec, CounterSet& events) {
  const std::uint64_t bytes = std::uint64_t{i.rows} * i.row_bytes;
  events[Counter::load_bytes] += bytes;
  events[Counter::dram_read_bytes] += bytes;
  events[writes_of(i.memory)] += writes(i.memory, spec, i.rows, std::int64_t{i.row_bytes} * 8);
  events[Counter::activation_memory_reads] +=
      accesses(Memory::activation, spec, 1, std::int64_t{i.rows} * 32);
}

void count_events(const isa::Unpack& i, const MachineSpec& spec, CounterSet& events) {
  const std::uint64_t bytes = std::uint64_t{i.rows} * i.row_bytes;
  events[Counter::load_bytes] += bytes;
  events[Counter::dram_read_bytes] += bytes;
  events[Counter::load_decoded_elements] += std::uint64_t{i.rows} * i.taps * i.elements;
  if (!has_addresses(i.memory)) return;
  events[writes_of(i.memory)] +=
      accesses(i.memory, spec, i.rows, static_cast<std::int64_t>(destination_row(i, spec)) * 8);
}

void count_events(const isa::Store& i, const MachineSpec& spec, CounterSet& events) {
  const std::uint64_t bytes = std::uint64_t{i.rows} * i.row_bytes;
  events[Counter::store_bytes] += bytes;
  events[Counter::dram_write_bytes] += bytes;
  events[reads_of(i.memory)] += accesses(i.memory, spec, i.rows, std::int64_t{i.row_bytes} * 8);
}

/// Counts a product's lanes: one event for every element product, or, bit-serial, for every product of bits.
void count_lanes(const isa::Matmul& i, const MachineSpec& spec, std::int64_t lane_steps, CounterSet& events) {
  const ArraySpec& array = spec.array;
  switch (i.datapath) {
    case Datapath::binary: events[Counter::popcount_binary_lanes] += count(lane_steps); return;
    case Datapath::ternary_planes:
      events[Counter::popcount_ternary_planes_lanes] += count(lane_steps);
      return;
    case Datapath::ternary_fatnn:
      events[fed_weights(i.datapath, i.weight_format, array.fatnn_mask) == Format::trit2_mask
                 ? Counter::popcount_ternary_fatnn_mask_lanes
                 : Counter::popcount_ternary_fatnn_lanes] += count(lane_steps);
      return;
    case Datapath::bitserial:
      events[Counter::popcount_bitserial_lanes] += count(
          lane_steps * multiplier_bits(array, i.activation_format) * multiplier_bits(array, i.weight_format));
      return;
    case Datapath::shift: events[Counter::shifter_lanes] += count(lane_steps); return;
    case Datapath::mac: break;
  }
  switch (array.mac_type) {
    case MacType::int8: events[Counter::mac_int8_lanes] += count(lane_steps); return;
    case MacType::fp16: events[Counter::mac_fp16_lanes] += count(lane_steps); return;
    case MacType::fp32: events[Counter::mac_fp32_lanes] += count(lane_steps); return;
  }
}

/// Accesses that move one word of `bits` for each of `total` rows (or columns) of a tile, at most `side` of
/// them in a step: in every step, as many accesses as its words fill.
std::int64_t step_accesses(std::int64_t total, std::int64_t side, std::int64_t bits,
                           std::int64_t width_bits) {
  const std::int64_t full = total / side;
  return full * ceil_div(side * bits, width_bits) + ceil_div(total % side * bits, width_bits);
}

/// Of a matmul: a word for every row in every step, or, by a line buffer, every pixel once in each round.
std::uint64_t activation_reads(const isa::Matmul& i, const MachineSpec& spec, const ProductShape& shape) {
  const ArraySpec& array = spec.array;
  if (array.has_line_buffer()) {
    return accesses(Memory::activation, spec,
                    feeding_of(spec, shape).rounds * std::int64_t{i.in_lines} * i.in_columns,
                    shape.elements * bits_per_element(i.activation_format));
  }
  const Geometry g = geometry_of(array, shape);
  const std::int64_t steps =
      ceil_div(shape.cols, g.cols) * reduction_words(array, shape) * passes_of(array, shape);
  return count(steps * step_accesses(shape.positions, g.rows, operand_bits(array, shape, i.activation_format),
                                     spec.activation_memory.width_bits));
}

void count_events(const isa::Matmul& i, const MachineSpec& spec, CounterSet& events) {
  const ArraySpec& array = spec.array;
  const ProductShape shape = shape_of(i);
  const Geometry g = geometry_of(array, shape);
  const std::int64_t m = shape.positions, n = shape.cols;
  const std::int64_t words = reduction_words(array, shape) * passes_of(array, shape);
  const Format fed = fed_weights(i.datapath, i.weight_format, array.fatnn_mask);
  const std::int64_t weight_bits = operand_bits(array, shape, fed);  // that the array latches
  const std::int64_t activation_bits = operand_bits(array, shape, i.activation_format);
  const std::int64_t row_groups = ceil_div(m, g.rows), col_groups = ceil_div(n, g.cols);
  const bool stationary = array.dataflow == Dataflow::weight_stationary;
  // Weight-stationary: every weight word is read once, for all groups of rows.
  const std::int64_t weight_reads = stationary ? 1 : row_groups;
  events[Counter::array_steps] += count(tile_steps(array, shape));
  if (shape.streamed) {
    events[Counter::array_stream_bits] += count(8 * streamed_bytes(array, shape, shape.weights));
  } else {
    events[Counter::weight_memory_reads] +=
        count(weight_reads * words *
              step_accesses(n, g.cols, weight_word_bits(array, shape), spec.weight_memory.width_bits));
  }
  if (is_decoded(array, shape))
    events[Counter::array_decoded_elements] += count(weight_reads * n * shape.taps * shape.elements);
  events[Counter::activation_memory_reads] += activation_reads(i, spec, shape);
  events[Counter::array_operand_bits] +=
      count(words * (weight_reads * n * weight_bits + col_groups * m * activation_bits));
  count_lanes(i, spec, m * n * reduction_words(array, shape) * g.lanes, events);
  events[Counter::array_sum_bits] += count(m * n * words * array.accumulator_bits);
  // Output-stationary: sums come once, at the end. Weight-stationary: they are read and written in every
  // step, the first one's reads left out when nothing is there yet.
  const std::int64_t together = stationary ? g.cols : n;  // sums of a position that move at once
  const std::uint64_t sums = count(m * step_accesses(n, together, 32, spec.accumulator_memory.width_bits));
  const std::uint64_t rounds = stationary ? count(words) : 1;
  if (i.staged == 0) events[Counter::accumulator_memory_writes] += sums * rounds;
  events[Counter::accumulator_memory_reads] += sums * (rounds - (i.accumulate != 0 ? 0 : 1));
}

/// What every vector instruction reads and writes.
template <class I>
void count_traffic(const I& i, const MachineSpec& spec, CounterSet& events) {
  const std::int64_t outputs = std::int64_t{i.lines} * i.columns;
  const std::int64_t taps = std::int64_t{i.kernel_h} * i.kernel_w;
  const auto bits = [&](Format format, std::int64_t values) { return values * bits_per_element(format); };
  if (has_addresses(i.memory)) {
    events[reads_of(i.memory)] +=
        accesses(i.memory, spec, outputs * taps,
                 bits(i.source_format, static_cast<std::int64_t>(source_values(i)) * i.cols));
  }
  if (i.chain != Chaining::forwards) {
    events[Counter::activation_memory_writes] +=
        writes(Memory::activation, spec, outputs, bits(i.format, i.cols));
  }
  for (const SideOperand& operand : lane_operands(i))
    events[Counter::vector_forwarded_bits] += count(outputs * bits(operand.format, i.cols) * operand.address);
  for (const SideOperand& tensor : stored_operands(i)) {
    const std::int64_t row = bits(tensor.format, i.cols);
    events[Counter::activation_memory_reads] += accesses(Memory::activation, spec, outputs, row);
    if constexpr (requires { i.registers; })
      events[Counter::activation_memory_writes] += writes(Memory::activation, spec, outputs, row);
  }
  if constexpr (requires { i.per_channel; }) {
    const std::int64_t table = static_cast<std::int64_t>(table_bytes(i)) * 8;
    events[Counter::weight_memory_reads] += accesses(Memory::weight, spec, 1, table);
    if (i.memory == Memory::array) events[Counter::output_stage_table_bits] += count(table);
  }
}

/// How often the function of a vector instruction is computed, and the values that a window merges.
struct VectorWork {
  std::uint64_t functions, merges;
};
template <class I>
VectorWork work_of(const I& i) {
  const std::uint64_t outputs = std::uint64_t{i.lines} * i.columns * i.cols;
  const std::uint64_t taps = std::uint64_t{i.kernel_h} * i.kernel_w;
  return {i.pool == Pool::max ? outputs * taps : outputs, outputs * (taps - 1)};
}

/// The counter of comparisons of the unit that executes an instruction, and that of scales.
template <class I>
Counter comparisons_of(const I& i) {
  return i.memory == Memory::array ? Counter::output_stage_comparisons : Counter::vector_comparisons;
}
Counter scales_of(const isa::Scale& i) {
  return i.memory == Memory::array ? Counter::output_stage_scale_operations
                                   : Counter::vector_scale_operations;
}

/// Traffic and merges, and what computing the function once takes: so many of each operation.
struct Operations {
  Counter operation;
  std::int64_t of_a_value;
};
template <class I>
void count_vector(const I& i, std::initializer_list<Operations> function, const MachineSpec& spec,
                  CounterSet& events) {
  count_traffic(i, spec, events);
  const VectorWork work = work_of(i);
  for (const Operations& each : function) events[each.operation] += work.functions * count(each.of_a_value);
  events[i.pool == Pool::max ? comparisons_of(i) : Counter::vector_additions] += work.merges;
  if (i.memory == Memory::array && work.merges > 0)
    events[Counter::output_stage_pool_bits] += work.functions * count(bits_per_element(i.format));
}

void count_events(const isa::Threshold& i, const MachineSpec& spec, CounterSet& events) {
  count_vector(i, {{comparisons_of(i), i.thresholds}}, spec, events);
}
void count_events(const isa::Scale& i, const MachineSpec& spec, CounterSet& events) {
  count_vector(i, {{scales_of(i), i.second == Second::none ? 1 : 2}}, spec, events);
}
void count_events(const isa::Affine& i, const MachineSpec& spec, CounterSet& events) {
  count_vector(i, {{Counter::vector_affine_operations, i.second == Second::none ? 1 : 2}}, spec, events);
}
void count_events(const isa::Copy& i, const MachineSpec& spec, CounterSet& events) {
  count_vector(i, {}, spec, events);
}
/// A lookup reads its points where they lie, each by itself.
void count_events(const isa::Lookup& i, const MachineSpec& spec, CounterSet& events) {
  const std::int64_t points = i.interpolate != 0 ? 2 : 1;
  const auto of_a_point = static_cast<std::int64_t>(accesses(Memory::weight, spec, 1, 16));
  count_vector(i,
               {{Counter::vector_lookups, 1},
                {Counter::vector_multiplications, i.interpolate},
                {Counter::weight_memory_reads, points * of_a_point}},
               spec, events);
}
void count_events(const isa::Multiply& i, const MachineSpec& spec, CounterSet& events) {
  const bool floating = is_float(i.source_format);
  count_vector(i, {{floating ? Counter::vector_affine_operations : Counter::vector_multiplications, 1}}, spec,
               events);
}
void count_events(const isa::Function& i, const MachineSpec& spec, CounterSet& events) {
  count_vector(i, {{Counter::vector_function_operations, function_operations}}, spec, events);
}
void count_events(const isa::Sample& i, const MachineSpec& spec, CounterSet& events) {
  count_vector(i, {{Counter::vector_draws, 1}}, spec, events);
}

template <class I>
requires(I::engine == Engine::sequencer) void count_events(const I&, const MachineSpec&, CounterSet&) {}

}  // namespace

CounterSet events_of(const Instruction& instruction, const MachineSpec& spec) {
  CounterSet events;
  std::visit([&](const auto& i) { count_events(i, spec, events); }, instruction.operation);
  return events;
}

std::uint64_t fetch_reads_of(const Instruction& instruction, const MachineSpec& spec) {
  return instruction_accesses(count(encoded_bytes(instruction)), spec);
}

std::uint64_t instruction_accesses(std::uint64_t bytes, const MachineSpec& spec) {
  const std::uint64_t width = count(spec.instruction_memory.width_bits);
  return (bytes * 8 + width - 1) / width;
}

}  // namespace tricycle
