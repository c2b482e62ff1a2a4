// SPDX-License-Identifier: Apache-2.0
#include "arch/units/events.hpp"

#include "arch/spec/timing.hpp"

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
    case Memory::dram: break;
  }
  return spec.accumulator_memory;
}

Counter reads_of(Memory memory) {
  switch (memory) {
    case Memory::weight: return Counter::weight_memory_reads;
    case Memory::activation: return Counter::activation_memory_reads;
    case Memory::accumulator:
    case Memory::dram: break;
  }
  return Counter::accumulator_memory_reads;
}

Counter writes_of(Memory memory) {
  switch (memory) {
    case Memory::weight: return Counter::weight_memory_writes;
    case Memory::activation: return Counter::activation_memory_writes;
    case Memory::accumulator:
    case Memory::dram: break;
  }
  return Counter::accumulator_memory_writes;
}

/// Bank accesses that move `rows` rows of `bits` bits each.
std::uint64_t accesses(Memory memory, const MachineSpec& spec, std::int64_t rows, std::int64_t bits) {
  return count(rows * ceil_div(bits, spec_of(memory, spec).width_bits));
}

void count_events(const isa::Load& i, const MachineSpec& spec, CounterSet& events) {
  const std::uint64_t bytes = std::uint64_t{i.rows} * i.row_bytes;
  events[Counter::load_bytes] += bytes;
  events[Counter::dram_read_bytes] += bytes;
  events[writes_of(i.memory)] += accesses(i.memory, spec, i.rows, std::int64_t{i.row_bytes} * 8);
}

void count_events(const isa::Store& i, const MachineSpec& spec, CounterSet& events) {
  const std::uint64_t bytes = std::uint64_t{i.rows} * i.row_bytes;
  events[Counter::store_bytes] += bytes;
  events[Counter::dram_write_bytes] += bytes;
  events[reads_of(i.memory)] += accesses(i.memory, spec, i.rows, std::int64_t{i.row_bytes} * 8);
}

Counter lanes_counter(Datapath datapath, FatnnMask mask) {
  switch (datapath) {
    case Datapath::binary: return Counter::popcount_binary_lanes;
    case Datapath::ternary_planes: return Counter::popcount_ternary_planes_lanes;
    case Datapath::ternary_fatnn: break;
  }
  return mask == FatnnMask::precomputed ? Counter::popcount_ternary_fatnn_mask_lanes
                                        : Counter::popcount_ternary_fatnn_lanes;
}

/// Accesses that bring one word of `bits` for each of `total` rows (or columns) of a tile, at most `side` of
/// them in a step: in every step, as many accesses as its words fill.
std::int64_t step_accesses(std::int64_t total, std::int64_t side, std::int64_t bits,
                           std::int64_t width_bits) {
  const std::int64_t full = total / side;
  return full * ceil_div(side * bits, width_bits) + ceil_div(total % side * bits, width_bits);
}

void count_events(const isa::Matmul& i, const MachineSpec& spec, CounterSet& events) {
  const ArraySpec& array = spec.array;
  const std::int64_t m = i.rows, n = i.cols, words = i.words;
  const std::int64_t weight_bits =
      bytes_per_word(weight_format(i.datapath, array.mask()), array.word_bits) * 8;
  const std::int64_t row_groups = ceil_div(m, array.rows), col_groups = ceil_div(n, array.cols);
  events[Counter::array_steps] += count(tile_steps(array, m, n, words));
  events[Counter::weight_memory_reads] +=
      count(row_groups * words * step_accesses(n, array.cols, weight_bits, spec.weight_memory.width_bits));
  events[Counter::activation_memory_reads] += count(
      col_groups * words * step_accesses(m, array.rows, array.word_bits, spec.activation_memory.width_bits));
  events[Counter::array_operand_bits] +=
      count(words * (row_groups * n * weight_bits + col_groups * m * array.word_bits));
  events[lanes_counter(i.datapath, array.mask())] +=
      count(m * n * words * lanes_per_word(i.datapath, array.word_bits));
  events[Counter::popcount_sums] += count(m * n * words);
  events[Counter::accumulator_memory_writes] += accesses(Memory::accumulator, spec, m, n * 32);
  if (i.accumulate != 0) {
    events[Counter::accumulator_memory_reads] += accesses(Memory::accumulator, spec, m, n * 32);
  }
}

void count_events(const isa::Threshold& i, const MachineSpec& spec, CounterSet& events) {
  const std::int64_t values = std::int64_t{i.rows} * i.cols;
  if (i.memory == Memory::accumulator) {
    events[reads_of(i.memory)] += accesses(i.memory, spec, i.rows, std::int64_t{i.cols} * 32);
  } else {
    events[reads_of(i.memory)] += accesses(i.memory, spec, i.rows, std::int64_t{i.cols} * 8);
  }
  const std::int64_t record_bits = (std::int64_t{i.thresholds} * i.threshold_bytes + 1) * 8;
  const std::int64_t records = i.per_channel != 0 ? i.cols : 1;
  events[Counter::weight_memory_reads] += accesses(Memory::weight, spec, 1, records * record_bits);
  const std::int64_t code_bits = i.format == Format::bit1 ? 1 : 2;
  events[Counter::activation_memory_writes] += accesses(Memory::activation, spec, i.rows, i.cols * code_bits);
  events[Counter::vector_comparisons] += count(values * i.thresholds);
}

void count_events(const isa::Affine& i, const MachineSpec& spec, CounterSet& events) {
  const std::int64_t values = std::int64_t{i.rows} * i.cols;
  const std::int64_t records = i.per_channel != 0 ? i.cols : 1;
  events[Counter::accumulator_memory_reads] +=
      accesses(Memory::accumulator, spec, i.rows, std::int64_t{i.cols} * 32);
  events[Counter::weight_memory_reads] += accesses(Memory::weight, spec, 1, records * 64);
  events[Counter::activation_memory_writes] +=
      accesses(Memory::activation, spec, i.rows, std::int64_t{i.cols} * 32);
  events[Counter::vector_affine_operations] += count(values);
}

void count_events(const isa::Halt&, const MachineSpec&, CounterSet&) {}

}  // namespace

CounterSet events_of(const Instruction& instruction, const MachineSpec& spec) {
  CounterSet events;
  events[Counter::sequencer_instructions] = 1;
  events[Counter::instruction_memory_reads] =
      count(ceil_div(encoded_bytes(instruction) * 8, spec.instruction_memory.width_bits));
  std::visit([&](const auto& i) { count_events(i, spec, events); }, instruction.operation);
  return events;
}

}  // namespace tricycle
