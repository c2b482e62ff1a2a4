// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/meaning.hpp"

#include <bit>
#include <cstring>

#include "arch/datapath/matmul.hpp"
#include "arch/datapath/packing.hpp"

namespace tricycle {

Memories::Memories(const MachineSpec& spec, std::uint64_t dram_bytes)
    : weight(static_cast<std::size_t>(spec.weight_memory.bytes())),
      activation(static_cast<std::size_t>(spec.activation_memory.bytes())),
      accumulator(static_cast<std::size_t>(spec.accumulator_memory.bytes())),
      dram(dram_bytes) {}

std::vector<std::uint8_t>& Memories::of(Memory memory) {
  switch (memory) {
    case Memory::weight: return weight;
    case Memory::activation: return activation;
    case Memory::accumulator: return accumulator;
    case Memory::dram: break;
  }
  return dram;
}
const std::vector<std::uint8_t>& Memories::of(Memory memory) const {
  return const_cast<Memories*>(this)->of(memory);
}

namespace {

std::int32_t read_int32(const std::uint8_t* at) {
  std::int32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}
float read_float(const std::uint8_t* at) {
  return std::bit_cast<float>(read_int32(at));
}
template <class T>
void write_word(std::uint8_t* at, T value) {
  static_assert(sizeof(T) == 4);
  std::memcpy(at, &value, sizeof value);
}

void copy_rows(const std::uint8_t* from, std::uint64_t from_stride, std::uint8_t* to, std::uint64_t to_stride,
               std::uint64_t rows, std::uint64_t row_bytes) {
  for (std::uint64_t r = 0; r < rows; ++r) std::memcpy(to + r * to_stride, from + r * from_stride, row_bytes);
}

Effects meaning(const isa::Load& i, const MachineSpec&, Memories& memories) {
  copy_rows(memories.dram.data() + i.dram, i.dram_stride, memories.of(i.memory).data() + i.address, i.stride,
            i.rows, i.row_bytes);
  return {};
}

Effects meaning(const isa::Store& i, const MachineSpec&, Memories& memories) {
  copy_rows(memories.of(i.memory).data() + i.address, i.stride, memories.dram.data() + i.dram, i.dram_stride,
            i.rows, i.row_bytes);
  return {};
}

/// sums (+)= activations . weights: FATNN Eqs 1 and 3, or the planes' two popcounts. Every sum is computed
/// exactly and then wrapped to the accumulator's width.
Effects meaning(const isa::Matmul& i, const MachineSpec& spec, Memories& memories) {
  const auto packed = [&](const std::vector<std::uint8_t>& memory, std::uint32_t address, std::uint32_t rows,
                          std::uint32_t stride) {
    return PackedRows{
        std::span(memory).subspan(address), rows, i.words, stride, spec.array.word_bits, i.elements};
  };
  const Operand activations =
      unpack_activations(i.datapath, packed(memories.activation, i.activations, i.rows, i.activation_stride));
  const Operand weights = unpack_weights(i.datapath, spec.array.mask(),
                                         packed(memories.weight, i.weights, i.cols, i.weight_stride));
  std::vector<std::int32_t> sums(std::size_t{i.rows} * i.cols);
  multiply(i.datapath, activations, weights, i.elements, sums);
  Effects effects;
  for (std::size_t r = 0; r < i.rows; ++r) {
    std::uint8_t* row = memories.accumulator.data() + i.sums + r * i.sum_stride;
    for (std::size_t c = 0; c < i.cols; ++c) {
      std::int64_t sum = sums[r * i.cols + c];
      if (i.accumulate != 0) sum += read_int32(row + 4 * c);
      const std::int32_t wrapped = wrap_sum(sum, spec.array.accumulator_bits);
      if (wrapped != sum) ++effects.overflows;
      write_word(row + 4 * c, wrapped);
    }
  }
  return effects;
}

/// A channel's row of a threshold table.
struct ThresholdRecord {
  std::int64_t thresholds[7];
  std::int64_t sign;
};

ThresholdRecord read_record(const std::uint8_t* at, unsigned count, unsigned bytes) {
  ThresholdRecord record{};
  for (unsigned t = 0; t < count; ++t, at += bytes) {
    std::int16_t half = 0;
    switch (bytes) {
      case 1: record.thresholds[t] = static_cast<std::int8_t>(*at); break;
      case 2:
        std::memcpy(&half, at, sizeof half);
        record.thresholds[t] = half;
        break;
      default: record.thresholds[t] = read_int32(at); break;
    }
  }
  record.sign = static_cast<std::int8_t>(*at);
  return record;
}

Effects meaning(const isa::Threshold& i, const MachineSpec& spec, Memories& memories) {
  const std::size_t record_bytes = std::size_t{i.thresholds} * i.threshold_bytes + 1;
  std::vector<ThresholdRecord> records(i.per_channel != 0 ? i.cols : 1);
  for (std::size_t c = 0; c < records.size(); ++c) {
    records[c] =
        read_record(memories.weight.data() + i.table + c * record_bytes, i.thresholds, i.threshold_bytes);
  }
  std::vector<std::int64_t> values(i.cols);
  for (std::size_t r = 0; r < i.rows; ++r) {
    // Source and result may share a row of activation memory: read it all, then write.
    const std::uint8_t* source = memories.of(i.memory).data() + i.address + r * i.stride;
    for (std::size_t c = 0; c < i.cols; ++c) {
      values[c] = i.memory == Memory::accumulator ? read_int32(source + 4 * c) : source[c];
    }
    const std::span<std::uint8_t> result =
        std::span(memories.activation).subspan(i.result + r * i.result_stride);
    for (std::size_t c = 0; c < i.cols; ++c) {
      const ThresholdRecord& record = records[i.per_channel != 0 ? c : 0];
      unsigned level = 0;
      for (unsigned t = 0; t < i.thresholds; ++t)
        level += record.sign * values[c] >= record.thresholds[t] ? 1U : 0U;
      const auto code = static_cast<std::int8_t>(i.codes >> (8 * level));
      put_element(i.format, spec.array.word_bits, result, static_cast<std::int64_t>(i.first + c), code);
    }
  }
  return {};
}

/// Two roundings, in this order: a product, then a sum, in IEEE single precision.
Effects meaning(const isa::Affine& i, const MachineSpec&, Memories& memories) {
  for (std::size_t r = 0; r < i.rows; ++r) {
    const std::uint8_t* source = memories.accumulator.data() + i.address + r * i.stride;
    std::uint8_t* result = memories.activation.data() + i.result + r * i.result_stride;
    for (std::size_t c = 0; c < i.cols; ++c) {
      const std::uint8_t* table = memories.weight.data() + i.table + (i.per_channel != 0 ? 8 * c : 0);
      const float scaled = static_cast<float>(read_int32(source + 4 * c)) * read_float(table);
      write_word(result + 4 * c, scaled + read_float(table + 4));
    }
  }
  return {};
}

Effects meaning(const isa::Halt&, const MachineSpec&, Memories&) {
  return {};
}

}  // namespace

Effects execute(const Instruction& instruction, const MachineSpec& spec, Memories& memories) {
  return std::visit([&](const auto& i) { return meaning(i, spec, memories); }, instruction.operation);
}

std::vector<std::int32_t> read_region(const Region& region, const MachineSpec& spec,
                                      const Memories& memories) {
  std::vector<std::int32_t> values;
  values.reserve(static_cast<std::size_t>(region.rows * region.cols));
  for (std::int64_t r = 0; r < region.rows; ++r) {
    const std::uint64_t at = region.address + static_cast<std::uint64_t>(r) * region.stride;
    const std::span<const std::uint8_t> row = std::span(memories.of(region.memory)).subspan(at);
    for (std::int64_t c = region.first; c < region.first + region.cols; ++c) {
      const auto column = static_cast<std::size_t>(c);
      if (is_packed(region.format)) {
        values.push_back(get_element(region.format, spec.array.word_bits, row, c));
      } else if (region.format == Format::uint8) {
        values.push_back(row[column]);
      } else {
        values.push_back(read_int32(row.data() + 4 * column));
      }
    }
  }
  return values;
}

}  // namespace tricycle
