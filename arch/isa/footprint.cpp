// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/footprint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

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

/// The rules for every window. Counts of 0 are found by the accesses.
template <class I>
std::string window_defect(const I& i) {
  if (i.kernel_h == 0 || i.kernel_w == 0) return "a window has no taps";
  if (i.stride_y == 0 || i.stride_x == 0) return "'stride_y' and 'stride_x' are at least 1";
  constexpr std::uint64_t most_taps = 1U << 16U;
  if (std::uint64_t{i.kernel_h} * i.kernel_w > most_taps)
    return fmt::format("a window of {} x {} has more than {} taps", i.kernel_h, i.kernel_w, most_taps);
  if (i.lines == 0 || i.columns == 0 || i.cols == 0)
    return fmt::format("there are no outputs: {} lines of {}, {} channels", i.lines, i.columns, i.cols);
  return "";
}

std::string flag_defect(const char* name, std::uint64_t value) {
  return value > 1 ? fmt::format("'{}' is 0 or 1, not {}", name, value) : "";
}

/// `what`: "a load goes to"
std::string on_chip_defect(Memory memory, const char* what) {
  const bool is_on_chip = memory != Memory::dram && has_addresses(memory);
  return is_on_chip ? "" : fmt::format("'memory' is {}; {} an on-chip memory", name_of(memory), what);
}
/// What brings a block of weights that stream.
template <class I>
std::string stream_defect(const I& i, const MachineSpec& spec) {
  if (!spec.weight_stream.is_there()) return "no weights stream on this machine: 'weight_stream.bytes' is 0";
  if (i.address != 0 || i.stride != 0)
    return "the weight stream has no addresses: 'address' and 'stride' are 0";
  if (i.rows != 1) return fmt::format("a block of weights that stream is one row, not {}", i.rows);
  return i.once != 0 ? "weights that stream do not stay on chip: 'once' is 0" : "";
}
std::string field_defect(const isa::Load& i, const MachineSpec& spec) {
  if (i.memory == Memory::stream) {
    const std::string defect = stream_defect(i, spec);
    return defect.empty() ? flag_defect("once", i.once) : defect;
  }
  const std::string defect = on_chip_defect(i.memory, "a load goes to");
  return defect.empty() ? flag_defect("once", i.once) : defect;
}
std::string field_defect(const isa::Store& i, const MachineSpec&) {
  return on_chip_defect(i.memory, "a store comes from");
}
std::string field_defect(const isa::Gather& i, const MachineSpec&) {
  return on_chip_defect(i.memory, "a gather goes to");
}

/// A bitmap must have bytes for all its bits, and for at most one sign per element.
std::string bitmap_defect(const char* name, std::uint64_t bytes, std::int64_t elements) {
  const auto least = static_cast<std::uint64_t>(bitmap_bytes(elements, 0));
  const auto most = static_cast<std::uint64_t>(bitmap_bytes(elements, elements));
  if (bytes >= least && bytes <= most) return "";
  return fmt::format("a bitmap row of {} elements has {} to {} bytes, and '{}' is {}", elements, least, most,
                     name, bytes);
}

std::string field_defect(const isa::Unpack& i, const MachineSpec& spec) {
  const bool streams = i.memory == Memory::stream;
  if (const std::string defect =
          streams ? stream_defect(i, spec) : on_chip_defect(i.memory, "an unpack goes to");
      !defect.empty())
    return defect;
  if (const std::string defect = flag_defect("once", i.once); !defect.empty()) return defect;
  if (!spec.decoder.load) return "the load engine has no decoder: 'decoder.load' is false";
  if (!holds_trits(i.source_format))
    return fmt::format("an unpack reads planes, trit2, trit5 or bitmap, not {}", name_of(i.source_format));
  if (!holds_trits(i.format) && i.format != Format::trit2_mask)
    return fmt::format("an unpack writes planes, trit2, trit2_mask, trit5 or bitmap, not {}",
                       name_of(i.format));
  constexpr std::int64_t most = std::int64_t{1} << 31U;
  if (i.rows == 0 || i.taps == 0 || i.elements == 0 || i.elements > most / i.taps) {
    return fmt::format("an unpack has 1 to {} elements a row: {} rows of {} taps of {}", most, i.rows, i.taps,
                       i.elements);
  }
  if (streams && (i.taps != 1 || i.source_format == Format::bitmap || i.format == Format::bitmap))
    return "weights that stream are unpacked as one row of one tap, from and into formats other than bitmap";
  const WeightRow source = source_of(i);
  if (source.format != Format::bitmap &&
      i.row_bytes != static_cast<std::uint64_t>(source.bytes(spec.array.word_bits))) {
    return fmt::format("a row of {} x {} elements has {} bytes in {}, and 'row_bytes' is {}", i.taps,
                       i.elements, source.bytes(spec.array.word_bits), name_of(i.source_format), i.row_bytes);
  }
  if (source.format == Format::bitmap) {
    const std::string defect = bitmap_defect("row_bytes", i.row_bytes, source.count());
    if (!defect.empty()) return defect;
  }
  return i.format == Format::bitmap ? bitmap_defect("stride", i.stride, source.count()) : "";
}

/// The kernels unfold the image with its padding, from the first tap of the windows to their last.
std::string span_defect(const isa::Matmul& i) {
  constexpr std::uint64_t most = std::uint64_t{1} << 28U;
  const auto span = [](std::uint64_t outputs, std::uint64_t stride, std::uint64_t kernel,
                       std::uint64_t dilation) {
    return (outputs - 1) * stride + (kernel - 1) * dilation + 1;
  };
  const std::uint64_t lines = span(i.lines, i.stride_y, i.kernel_h, i.dilation_y);
  const std::uint64_t columns = span(i.columns, i.stride_x, i.kernel_w, i.dilation_x);
  const std::uint64_t elements = std::max<std::uint64_t>(i.elements, 1);
  if (elements <= most && lines <= most / elements && columns <= most / elements / lines) return "";
  return fmt::format("the windows span {} x {} positions of {} elements, more than {} in all", lines, columns,
                     i.elements, most);
}

/// The output stage takes sums as an output-stationary array finishes them.
std::string staged_defect(const isa::Matmul& i, const MachineSpec& spec) {
  if (i.staged == 0) return "";
  if (!spec.output_stage.is_there()) return "the machine has no output stage: 'output_stage.lanes' is 0";
  if (spec.array.is_weight_stationary() || spec.array.has_line_buffer())
    return "the output stage takes sums that stay in the PEs: of an output-stationary array without a line "
           "buffer";
  constexpr std::uint64_t most = std::uint64_t{1} << 26U;
  const std::uint64_t sums = std::uint64_t{i.lines} * i.columns;
  return sums > most / std::max<std::uint64_t>(1, i.cols)
             ? fmt::format("a matmul gives the output stage at most {} sums", most)
             : "";
}

/// Weights stream through an output-stationary array once, in the order of its steps.
std::string streamed_defect(const isa::Matmul& i, const MachineSpec& spec) {
  if (i.streamed == 0) return "";
  if (!spec.weight_stream.is_there()) return "no weights stream on this machine: 'weight_stream.bytes' is 0";
  if (i.weights != 0 || i.weight_stride != 0)
    return "weights that stream have no address: 'weights' and 'weight_stride' are 0";
  if (spec.array.is_weight_stationary() || spec.array.has_line_buffer())
    return "weights stream into an output-stationary array without a line buffer";
  if (spec.array.zero_skip != ZeroSkip::none)
    return "weights stream where nothing is done about zeros: 'array.zero_skip' is none";
  if (i.weight_format == Format::bitmap) return "weights of a bitmap do not stream";
  const std::uint64_t rows = i.folding > 0 ? 1 : static_cast<std::uint64_t>(spec.array.rows);
  const std::uint64_t positions = std::uint64_t{i.lines} * i.columns;
  if (positions > rows) {
    return fmt::format("weights that stream are used once: by {} positions at the most, not {}", rows,
                       positions);
  }
  constexpr std::uint64_t most = std::uint64_t{1} << 28U;
  const std::uint64_t taps = std::uint64_t{i.kernel_h} * i.kernel_w;
  return i.elements > 0 && i.cols > most / taps / i.elements
             ? fmt::format("a block of weights that stream has at most {} of them", most)
             : "";
}

std::string field_defect(const isa::Matmul& i, const MachineSpec& spec) {
  const std::string& datapath = name_of(i.datapath);
  if (!spec.array.has(i.datapath)) return fmt::format("the array has no datapath {}", datapath);
  const Format fed = fed_weights(i.datapath, i.weight_format, spec.array.fatnn_mask);
  if (!takes(i.datapath, i.activation_format, fed)) {
    return fmt::format("the datapath {} takes no {} activations with {} weights", datapath,
                       name_of(i.activation_format), name_of(i.weight_format));
  }
  if (fed != i.weight_format && !spec.decoder.array) {
    return fmt::format("the array has no decoder from {} to {}: 'decoder.array' is false",
                       name_of(i.weight_format), name_of(fed));
  }
  if (i.datapath == Datapath::mac && i.weight_format != mac_format(spec.array)) {
    return fmt::format("the array multiplies {}, not {}", name_of(mac_format(spec.array)),
                       name_of(i.weight_format));
  }
  for (const std::string& defect :
       {flag_defect("im2col", i.im2col), flag_defect("accumulate", i.accumulate),
        flag_defect("staged", i.staged), window_defect(i), staged_defect(i, spec)}) {
    if (!defect.empty()) return defect;
  }
  if (i.folding > spec.array.folding.size()) {
    return fmt::format("'folding' is {}; the array has {} of them", i.folding, spec.array.folding.size());
  }
  for (const std::string& defect : {flag_defect("streamed", i.streamed), streamed_defect(i, spec)}) {
    if (!defect.empty()) return defect;
  }
  if (i.dilation_y == 0 || i.dilation_x == 0) return "'dilation_y' and 'dilation_x' are at least 1";
  const std::string span = span_defect(i);
  if (!span.empty()) return span;
  if (i.weight_format == Format::bitmap && i.elements > 0) {
    const std::string defect = bitmap_defect("weight_stride", i.weight_stride, weights_of(i).count());
    if (!defect.empty()) return defect;
  }
  if (is_float(i.weight_format)) return i.pad == 0 ? "" : "'pad' of floating point is 0";
  const auto [least, most] = code_range(i.activation_format);
  const std::int64_t pad = least < 0 ? static_cast<std::int8_t>(i.pad) : i.pad;
  if (i.datapath != Datapath::binary && (pad < least || pad > most)) {
    return fmt::format("'pad' is {}; {} holds {} to {}", pad, name_of(i.activation_format), least, most);
  }
  if (i.activation_format == Format::pow2 && (std::abs(pad) & (std::abs(pad) - 1)) != 0)
    return fmt::format("'pad' is {}; pow2 holds 0 and powers of two", pad);
  const std::int64_t product = std::max(-least, most) * -code_range(i.weight_format).first;
  const std::int64_t largest =
      std::max<std::int64_t>(product, std::max(-least, most) * code_range(i.weight_format).second);
  constexpr std::int64_t limit = (std::int64_t{1} << 31U) - 1;
  if (std::int64_t{i.elements} * i.kernel_h * i.kernel_w > limit / largest) {
    return fmt::format("a reduction of {} x {} elements could exceed 32 bits", i.kernel_h * i.kernel_w,
                       i.elements);
  }
  return "";
}

/// The output stage has thresholds and scales of sums one by one, or of the largest of 2x2.
template <class I>
std::string output_defect(const I& i, const MachineSpec& spec) {
  const OutputStageSpec& stage = spec.output_stage;
  if (!stage.is_there()) return "the machine has no output stage: 'output_stage.lanes' is 0";
  constexpr bool has_thresholds = requires {
    i.thresholds;
  };
  if (!has_thresholds && !requires { i.zero_behind; })
    return fmt::format("the output stage has thresholds and scales, not '{}'", I::name);
  if (!has_thresholds && stage.scale_lanes == 0)
    return "the output stage does not scale: 'output_stage.scale_lanes' is 0";
  if constexpr (has_thresholds) {
    if (i.thresholds > stage.thresholds)
      return fmt::format("'thresholds' is {}; the output stage has {}", i.thresholds, stage.thresholds);
  }
  if (i.source_format != Format::int32) return "the output stage takes int32";
  const std::uint64_t position = 4 * source_values(i) * i.cols;
  if (i.address != 0 || i.position_stride != position ||
      i.line_stride != std::uint64_t{i.in_columns} * position)
    return "the sums of the array follow each other without a gap, from 'address' 0 on";
  if (i.pad_top != 0 || i.pad_left != 0) return "the output stage reads no padding";
  const auto inside = [](std::uint64_t outputs, std::uint64_t kernel, std::uint64_t size) {
    return outputs * kernel <= size;
  };
  const bool is_pool = i.kernel_h > 1 || i.kernel_w > 1;
  if (i.kernel_h > 2 || i.kernel_w > 2 || (is_pool && i.pool != Pool::max) ||
      (i.lines > 1 && i.stride_y != i.kernel_h) || (i.columns > 1 && i.stride_x != i.kernel_w) ||
      !inside(i.lines, i.kernel_h, i.in_lines) || !inside(i.columns, i.kernel_w, i.in_columns))
    return "the output stage takes the largest of at most 2 x 2 sums that lie side by side";
  if (!is_pool) return "";
  const std::uint64_t bytes = output_pool_bytes(spec, i.columns, i.cols, bits_per_element(i.format));
  return bytes > static_cast<std::uint64_t>(stage.pool_bytes)
             ? fmt::format("the pool needs {} bytes; 'output_stage.pool_bytes' is {}", bytes,
                           stage.pool_bytes)
             : "";
}

/// What an instruction must be like to share a pass of the vector unit with others.
template <class I>
std::string pass_defect(const I& i, const MachineSpec& spec) {
  const std::vector<SideOperand> forwarded = lane_operands(i);
  if (i.chain == Chaining::ends && forwarded.empty()) return "";
  if (i.memory == Memory::array) return "an instruction of the output stage is no part of a pass";
  if (spec.vector.chain == 1) return "a pass of the vector unit has one instruction: 'vector.chain' is 1";
  if (i.kernel_h != 1 || i.kernel_w != 1 || i.stride_y != 1 || i.stride_x != 1 || i.pad_top != 0 ||
      i.pad_left != 0 || i.in_lines != i.lines || i.in_columns != i.columns || source_values(i) != 1)
    return "instructions of one pass work value by value: windows of one tap, side by side, without a pair";
  if (is_float(i.source_format) || is_float(i.format)) return "instructions of one pass are of integers";
  for (const SideOperand& operand : forwarded) {
    const auto most = static_cast<std::uint64_t>(spec.vector.chain - 1);
    if (operand.address < 1 || operand.address > most) {
      return fmt::format("'{}' in lanes is 1 to {} instructions before, not {}", operand.what, most,
                         operand.address);
    }
    if (operand.position_stride != 0 || operand.line_stride != 0)
      return fmt::format("'{}' in lanes has no strides", operand.what);
  }
  if (i.chain != Chaining::forwards) return "";
  return i.result == 0 && i.result_position_stride == 0 && i.result_line_stride == 0 && i.first == 0
             ? ""
             : "results that are forwarded have no address";
}

template <class I>
std::string vector_defect(const I& i, const MachineSpec& spec) {
  if (i.memory == Memory::array) {
    const std::string defect = output_defect(i, spec);
    if (!defect.empty()) return defect;
  } else if (i.memory != Memory::accumulator && i.memory != Memory::activation && i.memory != Memory::lanes) {
    return "'memory' of a vector instruction is accumulator, activation, array or lanes";
  }
  const bool of_sums = i.source_format == Format::int32 || i.source_format == Format::float32;
  if (i.memory == Memory::accumulator && !of_sums)
    return fmt::format("sums are int32 or float32, not {}", name_of(i.source_format));
  for (const Format format : {i.source_format, i.format}) {
    if (is_of_weights(format)) return fmt::format("only weights are {}", name_of(format));
  }
  const std::string defect = window_defect(i);
  return defect.empty() ? pass_defect(i, spec) : defect;
}

template <class I>
std::string second_defect(const I& i) {
  if (i.second != Second::tensor && i.second != Second::lanes) return "";
  if (is_of_weights(i.second_format)) return fmt::format("only weights are {}", name_of(i.second_format));
  return "";
}

std::string field_defect(const isa::Threshold& i, const MachineSpec& spec) {
  std::string defect = vector_defect(i, spec);
  if (!defect.empty()) return defect;
  if (is_float(i.source_format) || is_float(i.format)) return "thresholds are of integers";
  if (i.pool == Pool::sum && i.kernel_h * i.kernel_w > 1 && i.memory == Memory::accumulator)
    return "sums of a window are of activations";
  if (i.thresholds < 1 || i.thresholds > 15)
    return fmt::format("'thresholds' is 1 to 15, not {}", i.thresholds);
  if (i.threshold_bytes != 1 && i.threshold_bytes != 2 && i.threshold_bytes != 4)
    return fmt::format("'threshold_bytes' is 1, 2 or 4, not {}", i.threshold_bytes);
  return flag_defect("per_channel", i.per_channel);
}

std::string field_defect(const isa::Scale& i, const MachineSpec& spec) {
  for (const std::string& defect :
       {vector_defect(i, spec), second_defect(i), flag_defect("per_channel", i.per_channel),
        flag_defect("zero_behind", i.zero_behind)}) {
    if (!defect.empty()) return defect;
  }
  const bool floating = is_float(i.source_format) || is_float(i.format) ||
                        (i.second == Second::tensor && is_float(i.second_format));
  return floating ? "fixed point is of integers" : "";
}

std::string field_defect(const isa::Affine& i, const MachineSpec& spec) {
  for (const std::string& defect :
       {vector_defect(i, spec), second_defect(i), flag_defect("per_channel", i.per_channel)}) {
    if (!defect.empty()) return defect;
  }
  return is_float(i.format) ? "" : "'format' of an affine is float32 or float16";
}

std::string field_defect(const isa::Copy& i, const MachineSpec& spec) {
  std::string defect = vector_defect(i, spec);
  if (defect.empty() && is_float(i.source_format) != is_float(i.format))
    defect = fmt::format("a copy does not turn {} into {}", name_of(i.source_format), name_of(i.format));
  return defect;
}

std::string most_defect(const char* name, std::uint64_t value, std::uint64_t most) {
  return value > most ? fmt::format("'{}' is 0 to {}, not {}", name, most, value) : "";
}

std::string field_defect(const isa::Lookup& i, const MachineSpec& spec) {
  if (is_float(i.source_format) || is_float(i.format)) return "a lookup is of integers";
  for (const std::string& defect :
       {vector_defect(i, spec), most_defect("segments", i.segments, 12),
        most_defect("segment_shift", i.segment_shift, 24), flag_defect("interpolate", i.interpolate)}) {
    if (!defect.empty()) return defect;
  }
  return "";
}

std::string field_defect(const isa::Multiply& i, const MachineSpec& spec) {
  if (i.second != Second::tensor && i.second != Second::lanes)
    return "'second' of a multiply is tensor or lanes";
  if (i.third == Second::pair) return "'third' of a multiply is none, tensor or lanes";
  const bool floating = is_float(i.source_format);
  bool alike = is_float(i.format) == floating;
  for (const SideOperand& tensor : side_operands(i)) {
    if (is_of_weights(tensor.format)) return fmt::format("only weights are {}", name_of(tensor.format));
    alike = alike && is_float(tensor.format) == floating;
  }
  if (!alike) return "a multiply is of integers alone or of floating point alone";
  if (floating && (i.shift != 0 || i.third_shift != 0))
    return "'shift' and 'third_shift' of floating point are 0";
  for (const std::string& defect : {vector_defect(i, spec), most_defect("shift", i.shift, 47),
                                    most_defect("third_shift", i.third_shift, 47)}) {
    if (!defect.empty()) return defect;
  }
  return "";
}

std::string field_defect(const isa::Function& i, const MachineSpec& spec) {
  if (!is_float(i.source_format) || !is_float(i.format)) return "a function is of floating point";
  return vector_defect(i, spec);
}

std::string field_defect(const isa::Sample& i, const MachineSpec& spec) {
  if (is_float(i.source_format) || is_float(i.format)) return "a sample is of integers";
  for (const std::string& defect : {vector_defect(i, spec), most_defect("shift", i.shift, 16)}) {
    if (!defect.empty()) return defect;
  }
  if (i.kernel_h != 1 || i.kernel_w != 1) return "a sample has windows of one tap";
  const auto [least, most] = code_range(i.format);
  if (least > -1 || most < 1 || i.format == Format::bit1)
    return fmt::format("'format' of a sample holds -1, 0 and 1; {} does not", name_of(i.format));
  return "";
}

/// What the loops of a program must be like: loop_defect.
template <class I>
requires(I::engine == Engine::sequencer) std::string field_defect(const I&, const MachineSpec&) {
  return "";
}

std::string access_defect(const Access& access, const MachineSpec& spec) {
  const std::string& memory = name_of(access.memory);
  if (access.lines == 0 || access.rows == 0 || access.row_bytes == 0) {
    return fmt::format("nothing lies at '{}': {} rows of {} bytes", access.what, access.lines * access.rows,
                       access.row_bytes);
  }
  if (access.rows > 1 && access.stride < access.row_bytes) {
    return fmt::format("the rows at '{}' overlap: {} bytes each, {} apart", access.what, access.row_bytes,
                       access.stride);
  }
  const std::uint64_t size = memory_bytes(access.memory, spec);
  // Each part of the range is taken off the size, so that no sum can wrap.
  std::uint64_t left = size;
  const auto take = [&](std::uint64_t count, std::uint64_t each) {
    if (count != 0 && each > left / count) return false;
    left -= count * each;
    return true;
  };
  const bool inside = take(1, access.address) && take(1, access.row_bytes) &&
                      take(access.rows - 1, access.rows > 1 ? access.stride : 0) &&
                      take(access.lines - 1, access.lines > 1 ? access.line_stride : 0);
  if (!inside) {
    return fmt::format("'{}' reaches outside the {} memory of {} bytes", access.what, memory, size);
  }
  const std::uint64_t line = (access.rows - 1) * access.stride + access.row_bytes;
  if (access.lines > 1 && access.line_stride < line) {
    return fmt::format("the lines at '{}' overlap: {} bytes each, {} apart", access.what, line,
                       access.line_stride);
  }
  return "";
}

}  // namespace

std::vector<Access> footprint(const Instruction& instruction, const MachineSpec& spec) {
  return std::visit([&](const auto& i) { return accesses_of(i, spec); }, instruction.operation);
}

std::string defect_of(const Instruction& instruction, const MachineSpec& spec) {
  std::string defect =
      std::visit([&](const auto& i) { return field_defect(i, spec); }, instruction.operation);
  if (!defect.empty()) return defect;
  const Engine engine = engine_of(instruction);
  if (engine == Engine::sequencer && !(instruction.wait.empty() && instruction.post.empty())) {
    return "the sequencer waits for and posts to nobody";
  }
  if (instruction.wait.has(engine) || instruction.post.has(engine)) {
    return "an engine cannot wait for or post to itself";
  }
  for (const Access& access : footprint(instruction, spec)) {
    defect = access_defect(access, spec);
    if (!defect.empty()) return defect;
  }
  return "";
}

namespace {

/// The place of the field `first` in an instruction's list, if it has one.
std::optional<std::size_t> field_of_first(const Instruction& instruction) {
  std::optional<std::size_t> found;
  std::visit(
      [&](const auto& i) {
        std::size_t field = 0;
        isa::visit_fields(i, [&](const char* name, const auto&, const char*) {
          if (std::string_view(name) == "first") found = field;
          ++field;
        });
      },
      instruction.operation);
  return found;
}

}  // namespace

std::string defect_in_loops(const Instruction& instruction, std::size_t index, const Loops& loops,
                            const MachineSpec& spec) {
  const auto extremes = loops.extremes(instruction, index);
  for (const Instruction& extreme : extremes) {
    const std::string defect = defect_of(extreme, spec);
    if (!defect.empty()) return defect;
  }
  // All else is the same at any address, but the bytes of a row depend on where in a word it starts.
  const auto field = field_of_first(instruction);
  const auto values = field ? loops.values_of(instruction, index, *field) : std::nullopt;
  if (!values) return "";
  constexpr std::uint64_t most_word_bits = 4096;
  Instruction moved = extremes[0];
  for (std::uint64_t first = values->least, n = 0; first <= values->most && n < most_word_bits;
       first += values->step, ++n) {
    std::visit(
        [&](auto& i) {
          if constexpr (requires { i.first; }) i.first = static_cast<std::uint32_t>(first);
        },
        moved.operation);
    std::string defect = defect_of(moved, spec);
    if (!defect.empty()) return defect;
  }
  return "";
}

}  // namespace tricycle
