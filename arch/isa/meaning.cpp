// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/meaning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "arch/datapath/packing.hpp"
#include "arch/datapath/tile.hpp"
#include "arch/datapath/trits.hpp"
#include "arch/isa/footprint.hpp"
#include "arch/isa/vector_meaning.hpp"
#include "arch/isa/window_of.hpp"
#include "arch/params/weight_stream.hpp"
#include "support/diagnostics.hpp"
#include "support/room.hpp"

namespace tricycle {

std::vector<std::uint8_t> cleared_memory(Memory memory, std::uint64_t bytes) {
  return with_room_for(fmt::format("the {} memory of the machine", name_of(memory)), bytes,
                       [&] { return std::vector<std::uint8_t>(bytes); });
}

namespace {

std::vector<std::uint8_t> cleared_memory(Memory memory, const MemorySpec& spec) {
  return cleared_memory(memory, static_cast<std::uint64_t>(spec.bytes()));
}

/// The one of four members that is a memory with addresses.
template <class All>
auto& member_of(All& all, Memory memory) {
  switch (memory) {
    case Memory::weight: return all.weight;
    case Memory::activation: return all.activation;
    case Memory::accumulator: return all.accumulator;
    case Memory::dram:
    case Memory::array:
    case Memory::lanes:
    case Memory::stream: break;
  }
  return all.dram;
}

}  // namespace

Memories::Memories(const MachineSpec& spec, std::uint64_t dram_bytes)
    : weight(cleared_memory(Memory::weight, spec.weight_memory)),
      activation(cleared_memory(Memory::activation, spec.activation_memory)),
      accumulator(cleared_memory(Memory::accumulator, spec.accumulator_memory)),
      dram(cleared_memory(Memory::dram, dram_bytes)) {}

std::vector<std::uint8_t>& Memories::of(Memory memory) {
  return member_of(*this, memory);
}
const std::vector<std::uint8_t>& Memories::of(Memory memory) const {
  return member_of(*this, memory);
}
std::span<std::uint8_t> MemoryView::of(Memory memory) const {
  if (memory == Memory::array) return staged->front();
  if (memory == Memory::lanes) return forwarded->back();
  return member_of(*this, memory);
}

namespace {

std::int32_t read_int32(const std::uint8_t* at) {
  std::int32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
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

Effects meaning(const isa::Load& i, const MachineSpec&, const MemoryView& memories) {
  if (i.memory == Memory::stream) {
    const auto block = memories.dram.subspan(i.dram, i.row_bytes);
    memories.streamed->emplace_back(block.begin(), block.end());
    return {};
  }
  copy_rows(memories.dram.data() + i.dram, i.dram_stride, memories.of(i.memory).data() + i.address, i.stride,
            i.rows, i.row_bytes);
  return {};
}

Effects meaning(const isa::Store& i, const MachineSpec&, const MemoryView& memories) {
  copy_rows(memories.of(i.memory).data() + i.address, i.stride, memories.dram.data() + i.dram, i.dram_stride,
            i.rows, i.row_bytes);
  return {};
}

Effects meaning(const isa::Gather& i, const MachineSpec&, const MemoryView& memories) {
  std::vector<std::uint8_t> rows(std::size_t{i.rows} * i.row_bytes);
  for (std::size_t r = 0; r < i.rows; ++r) {
    const std::int64_t index = read_int32(memories.activation.data() + i.indices + 4 * r);
    if (index < 0 || index >= i.table_rows)
      throw RunError(fmt::format("row {} has the index {}; the table has {} rows", r, index, i.table_rows));
    std::memcpy(rows.data() + r * i.row_bytes,
                memories.dram.data() + i.dram + static_cast<std::uint64_t>(index) * i.dram_stride,
                i.row_bytes);
  }
  copy_rows(rows.data(), i.row_bytes, memories.of(i.memory).data() + i.address, i.stride, i.rows,
            i.row_bytes);
  return {};
}

/// The weights of an output channel, [tap][element].
std::vector<std::int32_t> weights_in(const WeightRow& weights, std::int64_t word_bits, std::size_t channel,
                                     std::span<const std::uint8_t> row) {
  const std::string fault = stream_fault(weights.format, row, weights.count());
  if (!fault.empty()) throw RunError(fmt::format("the weights of channel {}: {}", channel, fault));
  return unpack_weight_row(weights, word_bits, row);
}

/// A row of a block of weights in another format, piece by piece.
std::vector<std::uint8_t> repacked(const WeightRow& from, const WeightRow& to, std::int64_t word_bits,
                                   std::span<const std::uint8_t> source) {
  const std::string fault = stream_fault(from.format, source, from.count());
  if (!fault.empty()) throw RunError(fmt::format("the weights of the block: {}", fault));
  std::vector<std::uint8_t> block(static_cast<std::size_t>(to.bytes(word_bits)));
  constexpr std::int64_t piece = 1 << 16;
  std::vector<std::int32_t> values;
  for (std::int64_t first = 0; first < from.count(); first += piece) {
    values.resize(static_cast<std::size_t>(std::min(piece, from.count() - first)));
    decode_row(from.format, word_bits, source, first, values);
    encode_row(to.format, word_bits, block, first, values);
  }
  return block;
}

Effects meaning(const isa::Unpack& i, const MachineSpec& spec, const MemoryView& memories) {
  const WeightRow from = source_of(i), to = destination_of(i);
  const std::int64_t word_bits = spec.array.word_bits;
  const auto source = std::span<const std::uint8_t>(memories.dram).subspan(i.dram);
  if (i.memory == Memory::stream) {
    memories.streamed->push_back(repacked(from, to, word_bits, source.first(i.row_bytes)));
    return {};
  }
  const auto destination = std::span(memories.of(i.memory)).subspan(i.address);
  const auto bytes = static_cast<std::size_t>(destination_row(i, spec));
  for (std::size_t r = 0; r < i.rows; ++r) {
    const auto values = weights_in(from, word_bits, r, source.subspan(r * i.row_bytes, i.row_bytes));
    const std::int64_t needed = bitmap_bytes(to.count(), nonzeros_of(values));
    if (to.format == Format::bitmap && needed > static_cast<std::int64_t>(bytes)) {
      throw RunError(fmt::format("row {} takes {} bytes as a bitmap, and has {}", r, needed, bytes));
    }
    pack_weight_row(to, word_bits, values, destination.subspan(r * i.stride, bytes));
  }
  return {};
}

/// The code that a tap outside the image reads.
std::int32_t pad_of(const isa::Matmul& i) {
  if (i.datapath == Datapath::binary || is_float(i.activation_format)) return 0;
  return code_range(i.activation_format).first < 0 ? static_cast<std::int8_t>(i.pad) : i.pad;
}

/// The weights in the format that the PEs take. Each tap has a row of its own.
std::vector<std::uint8_t> tap_by_tap(const isa::Matmul& i, const MachineSpec& spec, Format format,
                                     std::span<const std::uint8_t> stored) {
  const WeightRow from = weights_of(i), to = {format, std::int64_t{i.kernel_h} * i.kernel_w, i.elements};
  const std::int64_t word_bits = spec.array.word_bits;
  const auto bytes = static_cast<std::size_t>(to.bytes(word_bits));
  const auto row = static_cast<std::size_t>(weight_row(i, spec));
  std::vector<std::uint8_t> rows(i.cols * bytes);
  for (std::size_t c = 0; c < i.cols; ++c) {
    const auto values = weights_in(from, word_bits, c, stored.subspan(c * i.weight_stride, row));
    pack_weight_row(to, word_bits, values, std::span(rows).subspan(c * bytes, bytes));
  }
  return rows;
}

/// The same of a block of weights that came in the order of the steps.
std::vector<std::uint8_t> channel_by_channel(const isa::Matmul& i, const MachineSpec& spec, Format format,
                                             std::span<const std::uint8_t> block) {
  const ProductShape shape = shape_of(i);
  const std::int64_t word_bits = spec.array.word_bits, all = shape.taps * shape.elements;
  const WeightRow to = {format, shape.taps, shape.elements};
  const auto bytes = static_cast<std::size_t>(to.bytes(word_bits)), each = static_cast<std::size_t>(all);
  const std::string fault = stream_fault(i.weight_format, block, streamed_elements(shape));
  if (!fault.empty()) throw RunError(fmt::format("the weights of the block: {}", fault));
  std::vector<std::uint8_t> rows(i.cols * bytes);
  const std::int64_t cols = geometry_of(spec.array, shape).cols;
  std::vector<std::int32_t> group, channels;
  for (std::int64_t first = 0; first < shape.cols; first += cols) {
    const std::int64_t columns = std::min(cols, shape.cols - first);
    group.resize(static_cast<std::size_t>(columns) * each);
    channels.resize(group.size());
    decode_row(i.weight_format, word_bits, block, first * all, group);
    auto at = group.cbegin();
    for_each_streamed_word(spec.array, shape, [&](const StreamedWord& word) {
      for (std::int64_t c = 0; c < columns; ++c, at += word.count)
        std::copy_n(at, word.count, channels.begin() + c * all + word.first);
    });
    for (std::size_t c = 0; c < static_cast<std::size_t>(columns); ++c) {
      pack_weight_row(to, word_bits, std::span(channels).subspan(c * each, each),
                      std::span(rows).subspan((static_cast<std::size_t>(first) + c) * bytes, bytes));
    }
  }
  return rows;
}

/// The oldest block of weights that stream, whole.
std::vector<std::uint8_t> take_block(const isa::Matmul& i, const MachineSpec& spec, Format format,
                                     const MemoryView& memories) {
  const auto takes = static_cast<std::size_t>(streamed_bytes(spec.array, shape_of(i), i.weight_format));
  const std::size_t there = memories.streamed->empty() ? 0 : memories.streamed->front().size();
  if (takes != there)
    throw RunError(
        fmt::format("takes {} bytes of weights that stream, and the next block has {}", takes, there));
  std::vector<std::uint8_t> rows = channel_by_channel(i, spec, format, memories.streamed->front());
  memories.streamed->pop_front();
  return rows;
}

/// sums (+)= windows . weights. Every sum of integers is computed exactly and then wrapped to the
/// accumulator's width; sums of floating point are added in the order of tile.hpp.
Effects meaning(const isa::Matmul& i, const MachineSpec& spec, const MemoryView& memories) {
  TileProduct tile;
  tile.datapath = i.datapath;
  tile.activation_format = i.activation_format;
  tile.weight_format = fed_weights(i.datapath, i.weight_format, spec.array.fatnn_mask);
  tile.word_bits = spec.array.word_bits;
  tile.lanes = geometry_of(spec.array, shape_of(i)).lanes;
  tile.window = window_of(i);
  tile.elements = i.elements;
  tile.activations = std::span(memories.activation).subspan(i.activations);
  tile.position_stride = i.position_stride;
  tile.line_stride = i.line_stride;
  tile.pad = pad_of(i);
  tile.weights = std::span(memories.weight).subspan(i.weights);
  tile.weight_stride = i.weight_stride;
  tile.cols = i.cols;
  std::vector<std::uint8_t> apart;
  if (i.streamed != 0 || i.im2col != 0 || tile.weight_format != i.weight_format) {
    apart = i.streamed != 0 ? take_block(i, spec, tile.weight_format, memories)
                            : tap_by_tap(i, spec, tile.weight_format, tile.weights);
    tile.weights = apart;
    tile.weight_stride = static_cast<std::int64_t>(apart.size()) / i.cols;
  }
  const auto positions = static_cast<std::size_t>(tile.window.positions());
  std::vector<std::int32_t> sums(positions * i.cols);
  const bool floating = is_float(i.weight_format);
  const auto row = [&](std::size_t p) { return memories.accumulator.data() + i.sums + p * i.sum_stride; };
  if (floating && i.accumulate != 0) {
    for (std::size_t p = 0; p < positions; ++p)
      std::memcpy(sums.data() + p * i.cols, row(p), std::size_t{i.cols} * 4);
  }
  multiply_tile(tile, i.accumulate != 0, sums);
  std::vector<std::uint8_t> staged(i.staged != 0 ? positions * i.cols * 4 : 0);
  Effects effects;
  const std::int64_t bits = spec.array.accumulator_bits;
  for (std::size_t p = 0; p < positions; ++p) {
    const std::int32_t* sum = sums.data() + p * i.cols;
    std::uint8_t* to = i.staged != 0 ? staged.data() + p * i.cols * 4 : row(p);
    if (floating || (i.accumulate == 0 && bits == 32)) {
      std::memcpy(to, sum, std::size_t{i.cols} * 4);
      continue;
    }
    for (std::size_t c = 0; c < i.cols; ++c) {
      const std::int64_t whole = std::int64_t{sum[c]} + (i.accumulate != 0 ? read_int32(row(p) + 4 * c) : 0);
      const std::int32_t wrapped = wrap_sum(whole, bits);
      effects.overflows += wrapped != whole ? 1 : 0;
      write_word(to + 4 * c, wrapped);
    }
  }
  if (i.staged != 0) memories.staged->push_back(std::move(staged));
  return effects;
}

/// The output stage takes the oldest sums, whole.
template <class I>
Effects execute_staged(const I& i, const MachineSpec& spec, const MemoryView& memories) {
  const std::uint64_t takes = std::uint64_t{i.in_lines} * i.in_columns * i.cols * source_values(i) * 4;
  const std::uint64_t there = memories.staged->empty() ? 0 : memories.staged->front().size();
  if (takes != there)
    throw RunError(fmt::format("takes {} sums, and the matmul before it gave {}", takes / 4, there / 4));
  const Effects effects = execute_vector(i, spec, memories);
  memories.staged->pop_front();
  return effects;
}

template <class I>
Effects meaning(const I& i, const MachineSpec& spec, const MemoryView& memories) {
  if constexpr (I::engine == Engine::vector)
    return i.memory == Memory::array ? execute_staged(i, spec, memories) : execute_vector(i, spec, memories);
  return {};  // of the sequencer
}

}  // namespace

Effects execute(const Instruction& instruction, const MachineSpec& spec, const MemoryView& memories) {
  return std::visit([&](const auto& i) { return meaning(i, spec, memories); }, instruction.operation);
}

Effects execute(const Issued& issued, const MachineSpec& spec, const MemoryView& memories) {
  try {
    return execute(issued.instruction, spec, memories);
  } catch (const RunError& error) {
    throw RunError(
        fmt::format("instruction {} ({}): {}", issued.index, name_of(issued.instruction), error.what()));
  }
}

std::vector<std::int32_t> read_region(const Region& region, const MachineSpec& spec,
                                      const MemoryView& memories) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(region.rows * region.cols));
  for (std::int64_t r = 0; r < region.rows; ++r) {
    const std::uint64_t at = region.address + static_cast<std::uint64_t>(r) * region.stride;
    decode_row(region.format, spec.array.word_bits, std::span(memories.of(region.memory)).subspan(at),
               region.first,
               std::span(values).subspan(static_cast<std::size_t>(r * region.cols),
                                         static_cast<std::size_t>(region.cols)));
  }
  return values;
}

}  // namespace tricycle
