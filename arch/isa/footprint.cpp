// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/footprint.hpp"

#include <algorithm>

#include "arch/params/zero_flags.hpp"

namespace tricycle {

bool conflict(const Access& a, const Access& b) {
  return a.memory == b.memory && (a.write || b.write) && a.address < b.end() && b.address < a.end();
}

std::uint64_t memory_bytes(Memory memory, const MachineSpec& spec) {
  switch (memory) {
    case Memory::weight: return static_cast<std::uint64_t>(usable_weight_bytes(spec));
    case Memory::activation: return static_cast<std::uint64_t>(usable_activation_bytes(spec));
    case Memory::accumulator: return static_cast<std::uint64_t>(spec.accumulator_memory.bytes());
    case Memory::dram: return static_cast<std::uint64_t>(spec.dram.bytes());
    case Memory::array:
    case Memory::lanes:
    case Memory::stream: break;
  }
  return 0;
}

namespace {

/// The bytes of an output channel's weights in a byte stream; 0 in other formats.
std::int64_t stream_bytes(const isa::Matmul& i) {
  if (i.weight_format == Format::bitmap) return i.weight_stride;
  return is_stream(i.weight_format) ? weights_of(i).bytes(0) : 0;
}

}  // namespace

WeightRow weights_of(const isa::Matmul& i) {
  const std::int64_t taps = std::int64_t{i.kernel_h} * i.kernel_w;
  if (i.im2col != 0) return {i.weight_format, 1, taps * i.elements};
  return {i.weight_format, taps, i.elements};
}
WeightRow source_of(const isa::Unpack& i) {
  return {i.source_format, i.taps, i.elements};
}
WeightRow destination_of(const isa::Unpack& i) {
  return {i.format, i.taps, i.elements};
}

ProductShape shape_of(const isa::Matmul& i, const OutputRate& output) {
  return {i.datapath,
          i.activation_format,
          i.weight_format,
          std::int64_t{i.lines} * i.columns,
          i.cols,
          std::int64_t{i.kernel_h} * i.kernel_w,
          i.elements,
          i.im2col != 0,
          i.folding,
          stream_bytes(i),
          i.accumulate != 0,
          output,
          i.streamed != 0};
}

std::uint64_t table_row(const isa::Threshold& i) {
  return std::uint64_t{i.thresholds} * i.threshold_bytes + 1;
}
std::uint64_t table_row(const isa::Scale&) {
  return 17;
}
std::uint64_t table_row(const isa::Affine&) {
  return 12;
}
std::uint64_t table_bytes(const isa::Lookup& i) {
  return 2 * ((std::uint64_t{1} << i.segments) + 1);
}

namespace {

std::uint64_t row_of(Format format, std::uint64_t elements, const MachineSpec& spec) {
  return static_cast<std::uint64_t>(
      row_bytes(format, static_cast<std::int64_t>(elements), spec.array.word_bits));
}

}  // namespace

std::uint64_t weight_row(const isa::Matmul& i, const MachineSpec& spec) {
  if (i.weight_format == Format::bitmap) return i.weight_stride;
  return static_cast<std::uint64_t>(weights_of(i).bytes(spec.array.word_bits));
}
std::uint64_t destination_row(const isa::Unpack& i, const MachineSpec& spec) {
  if (i.format == Format::bitmap) return i.stride;
  return static_cast<std::uint64_t>(destination_of(i).bytes(spec.array.word_bits));
}

namespace {

/// The place in a row at which an element's word starts, or the element itself in a format without words.
std::uint64_t start_of(Format format, std::uint64_t element, const MachineSpec& spec) {
  if (!is_packed(format)) return element * static_cast<std::uint64_t>(bytes_per_element(format));
  const auto per_word = static_cast<std::uint64_t>(elements_per_word(format, spec.array.word_bits));
  return element / per_word * static_cast<std::uint64_t>(bytes_per_word(format, spec.array.word_bits));
}

std::vector<Access> accesses_of(const isa::Load& i, const MachineSpec&) {
  std::vector<Access> accesses = {{Memory::dram, false, i.dram, i.rows, i.row_bytes, i.dram_stride, "dram"}};
  if (has_addresses(i.memory))
    accesses.push_back({i.memory, true, i.address, i.rows, i.row_bytes, i.stride, "address"});
  return accesses;
}

std::vector<Access> accesses_of(const isa::Store& i, const MachineSpec&) {
  return {{i.memory, false, i.address, i.rows, i.row_bytes, i.stride, "address"},
          {Memory::dram, true, i.dram, i.rows, i.row_bytes, i.dram_stride, "dram"}};
}

/// The rows that are copied come first, because they determine the load engine's time. The indices decide
/// which rows of the table are read, so that the access covers all of them.
std::vector<Access> accesses_of(const isa::Gather& i, const MachineSpec&) {
  return {{i.memory, true, i.address, i.rows, i.row_bytes, i.stride, "address"},
          {Memory::dram, false, i.dram, i.table_rows, i.row_bytes, i.dram_stride, "dram"},
          {Memory::activation, false, i.indices, 1, std::uint64_t{i.rows} * 4, 0, "indices"}};
}

/// The rows in DRAM follow each other: they are one run of bytes.
std::vector<Access> accesses_of(const isa::Unpack& i, const MachineSpec& spec) {
  std::vector<Access> accesses = {
      {Memory::dram, false, i.dram, 1, std::uint64_t{i.rows} * i.row_bytes, 0, "dram"}};
  if (has_addresses(i.memory)) {
    accesses.push_back({i.memory, true, i.address, i.rows, destination_row(i, spec), i.stride, "address"});
  }
  return accesses;
}

std::vector<Access> accesses_of(const isa::Matmul& i, const MachineSpec& spec) {
  std::vector<Access> accesses = {{Memory::activation, false, i.activations, i.in_columns,
                                   row_of(i.activation_format, i.elements, spec), i.position_stride,
                                   "activations", i.in_lines, i.line_stride}};
  if (i.streamed == 0) {
    accesses.push_back(
        {Memory::weight, false, i.weights, i.cols, weight_row(i, spec), i.weight_stride, "weights"});
  }
  if (i.staged == 0 || i.accumulate != 0) {
    accesses.push_back({Memory::accumulator, i.staged == 0, i.sums, std::uint64_t{i.lines} * i.columns,
                        std::uint64_t{i.cols} * 4, i.sum_stride, "sums"});
  }
  return accesses;
}

template <class I>
std::vector<Access> accesses_of(const I& i, const MachineSpec& spec) {
  std::vector<Access> accesses;
  if (has_addresses(i.memory)) {
    accesses.push_back({i.memory, false, i.address, i.in_columns,
                        row_of(i.source_format, source_values(i) * i.cols, spec), i.position_stride,
                        "address", i.in_lines, i.line_stride});
  }
  for (const SideOperand& tensor : stored_operands(i)) {
    accesses.push_back({Memory::activation, false, tensor.address, i.columns,
                        row_of(tensor.format, i.cols, spec), tensor.position_stride, tensor.what, i.lines,
                        tensor.line_stride});
    if constexpr (requires { i.registers; }) {
      accesses.push_back(accesses.back());
      accesses.back().write = true;
    }
  }
  if constexpr (requires { i.table; }) {
    accesses.push_back({Memory::weight, false, i.table, 1, table_bytes(i), 0, "table"});
  }
  if (i.chain == Chaining::forwards) return accesses;
  const std::uint64_t start = start_of(i.format, i.first, spec);
  accesses.push_back({Memory::activation, true, i.result + start, i.columns,
                      row_of(i.format, std::uint64_t{i.first} + i.cols, spec) - start,
                      i.result_position_stride, "result", i.lines, i.result_line_stride});
  return accesses;
}

/// The sequencer's own touch no memory.
template <class I>
requires(I::engine == Engine::sequencer) std::vector<Access> accesses_of(const I&, const MachineSpec&) {
  return {};
}

}  // namespace

std::vector<Access> footprint(const Instruction& instruction, const MachineSpec& spec) {
  return std::visit([&](const auto& i) { return accesses_of(i, spec); }, instruction.operation);
}

}  // namespace tricycle
