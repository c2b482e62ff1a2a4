// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/datapath/rounding.hpp"
#include "arch/isa/curves.hpp"
#include "arch/isa/defects.hpp"
#include "arch/params/weight_stream.hpp"
#include "tests/arch/dram/devices.hpp"
#include "tests/arch/machine/programs.hpp"

namespace tricycle::test {

inline std::uint32_t pick(Random& random, std::int64_t low, std::int64_t high) {
  return static_cast<std::uint32_t>(random.between(low, high));
}

inline MachineSpec random_machine(Random& random) {
  MachineSpec spec = full_machine();
  ArraySpec& array = spec.array;
  array.rows = random.between(1, 4);
  array.cols = random.between(1, 4);
  array.word_bits = 16 * random.between(1, 4);
  array.accumulator_bits = random.chance(0.2) ? 6 : 24;
  array.depth_cycles = random.between(3, 9);
  array.fatnn_mask = static_cast<FatnnMask>(random.below(2));
  array.dataflow = static_cast<Dataflow>(random.below(2));
  array.bitserial_fusion = static_cast<Fusion>(random.below(2));
  array.min_operand_bits = random.between(1, 3);
  array.mac_type = static_cast<MacType>(random.below(3));
  for (std::int64_t* lanes : {&array.lanes.binary, &array.lanes.ternary_fatnn, &array.lanes.ternary_planes,
                              &array.lanes.bitserial, &array.lanes.shift, &array.lanes.mac}) {
    *lanes = random.chance(0.7) ? 0 : random.between(1, 40);
  }
  array.folding.resize(random.below(3));
  for (Folding& folding : array.folding) folding = {random.between(1, 20), random.between(1, 9)};
  for (MemorySpec* memory : {&spec.weight_memory, &spec.activation_memory, &spec.accumulator_memory}) {
    memory->banks = random.between(1, 4);
    memory->width_bits = random.between(8, 100);
    memory->ports = static_cast<Ports>(random.below(3));
    memory->latency_cycles = random.chance(0.5) ? 1 : random.between(1, 5);
    memory->ping_pong = random.chance(0.3);
  }
  spec.instruction_memory = {
      .size_KiB = 1, .banks = random.between(1, 2), .width_bits = random.between(8, 200)};
  spec.vector = {.lanes = random.between(1, 9), .latency_cycles = random.between(1, 6)};
  if (random.chance(0.7)) {
    spec.output_stage = {.lanes = random.between(1, 9),
                         .scale_lanes = random.between(1, 9),
                         .latency_cycles = random.between(1, 6),
                         .tiles = random.between(1, 4),
                         .pool_bytes = 1024};
  }
  for (DmaSpec* dma : {&spec.fetch, &spec.load, &spec.store}) {
    *dma = {.setup_cycles = random.between(1, 6),
            .burst_bytes = random.between(1, 64),
            .outstanding = random.between(1, 9),
            .ports = random.between(1, 3)};
  }
  spec.decoder = {.load = true, .array = true, .elements_per_cycle = random.between(1, 60)};
  spec.sequencer = {.fetch_cycles = random.between(1, 4), .queue_depth = random.between(1, 4)};
  spec.dram.bytes_per_cycle = static_cast<double>(random.between(1, 480)) / 10;
  spec.dram.latency_cycles = random.between(1, 30);
  spec.dram.size_MiB = 1;
  if (random.chance(0.4)) {
    spec.dram.kind = "device";
    spec.dram.device = random_device(random.next());
    spec.dram.device.tCK_ps = random.between(300, 30000);  // of 10,000 in the core
    spec.dram.device.geometry.rows = 4096;
  }
  return spec;
}

inline std::uint32_t bytes_of(Format format, std::int64_t elements, const MachineSpec& spec) {
  return static_cast<std::uint32_t>(row_bytes(format, elements, spec.array.word_bits));
}

/// Any window over any image: taps may lie outside, and image positions may be read by none.
template <class I>
void random_window(I& i, Random& random, std::int64_t largest_kernel) {
  i.lines = pick(random, 1, 4);
  i.columns = pick(random, 1, 4);
  i.kernel_h = static_cast<std::uint16_t>(pick(random, 1, largest_kernel));
  i.kernel_w = static_cast<std::uint16_t>(pick(random, 1, largest_kernel));
  i.stride_y = static_cast<std::uint16_t>(pick(random, 1, 2));
  i.stride_x = static_cast<std::uint16_t>(pick(random, 1, 2));
  i.pad_top = static_cast<std::uint16_t>(pick(random, 0, 2));
  i.pad_left = static_cast<std::uint16_t>(pick(random, 0, 2));
  i.in_lines = pick(random, 1, 4);
  i.in_columns = pick(random, 1, 4);
}

/// Operands that a datapath takes.
inline void random_operands(isa::Matmul& i, Random& random, const MachineSpec& spec) {
  do {
    i.activation_format = static_cast<Format>(random.below(format_count));
    i.weight_format = static_cast<Format>(random.below(format_count));
    if (i.datapath == Datapath::mac) i.weight_format = mac_format(spec.array);
  } while (!takes(i.datapath, i.activation_format, i.weight_format));
}

inline isa::Matmul random_matmul(Random& random, const MachineSpec& spec) {
  isa::Matmul i;
  i.datapath = static_cast<Datapath>(random.below(datapath_count));
  random_operands(i, random, spec);
  random_window(i, random, 3);
  i.im2col = static_cast<std::uint8_t>(random.below(2));
  i.folding = static_cast<std::uint16_t>(random.below(spec.array.folding.size() + 1));
  i.accumulate = static_cast<std::uint8_t>(random.below(2));
  i.dilation_y = static_cast<std::uint16_t>(pick(random, 1, 2));
  i.dilation_x = static_cast<std::uint16_t>(pick(random, 1, 2));
  i.elements = pick(random, 1, 128 / bits_per_element(i.weight_format));
  i.cols = pick(random, 1, 6);
  if (!is_float(i.activation_format)) {
    const bool is_signed = code_range(i.activation_format).first < 0;
    i.pad = static_cast<std::uint8_t>(is_signed ? random.between(-1, 0) : random.between(0, 1));
  }
  i.activations = pick(random, 0, 1000);
  i.position_stride = bytes_of(i.activation_format, i.elements, spec) + pick(random, 0, 3);
  i.line_stride = i.in_columns * i.position_stride + pick(random, 0, 3);
  i.weights = pick(random, 0, 1000);
  i.weight_stride = std::uint32_t{i.kernel_h} * i.kernel_w * bytes_of(i.weight_format, i.elements, spec) +
                    pick(random, 0, 3);
  i.sums = pick(random, 0, 1000);
  i.sum_stride = 4 * i.cols + pick(random, 0, 3);
  return i;
}

enum class Numbers { integers, floats, ternary, any };

inline Format random_format(Random& random, Numbers numbers) {
  for (;;) {
    const auto format = static_cast<Format>(random.below(format_count));
    if (is_of_weights(format)) continue;
    if (numbers == Numbers::ternary) {
      const bool holds = format != Format::bit1 && !is_float(format) && code_range(format).first <= -1 &&
                         code_range(format).second >= 1;
      if (holds) return format;
      continue;
    }
    if (numbers == Numbers::any || is_float(format) == (numbers == Numbers::floats)) return format;
  }
}

/// Where a vector instruction reads and writes.
template <class I>
void random_traffic(I& i, Random& random, const MachineSpec& spec, Numbers from, Numbers to) {
  random_window(i, random, 2);
  i.cols = pick(random, 1, 9);
  i.pool = random.chance(0.5) ? Pool::max : Pool::sum;
  i.memory = random.chance(0.6) ? Memory::accumulator : Memory::activation;
  i.source_format = random_format(random, from);
  if (i.memory == Memory::accumulator)
    i.source_format = is_float(i.source_format) ? Format::float32 : Format::int32;
  if constexpr (requires { i.second; }) {
    i.second = static_cast<Second>(random.below(3));  // none, pair, tensor
    i.second_format = random_format(random, from);
    i.second_address = pick(random, 0, 1000);
    i.second_position_stride = bytes_of(i.second_format, i.cols, spec) + pick(random, 0, 3);
    i.second_line_stride = i.columns * i.second_position_stride + pick(random, 0, 3);
  }
  if constexpr (requires { i.third; }) {
    i.second = Second::tensor;
    i.third = random.chance(0.5) ? Second::tensor : Second::none;
    i.third_format = random_format(random, from);
    i.third_address = pick(random, 0, 1000);
    i.third_position_stride = bytes_of(i.third_format, i.cols, spec) + pick(random, 0, 3);
    i.third_line_stride = i.columns * i.third_position_stride + pick(random, 0, 3);
  }
  if constexpr (requires { i.registers; }) {
    i.kernel_h = i.kernel_w = 1;
    i.registers = pick(random, 0, 1000);
    i.registers_position_stride = 4 * i.cols + pick(random, 0, 3);
    i.registers_line_stride = i.columns * i.registers_position_stride + pick(random, 0, 3);
  }
  if constexpr (requires { i.table; }) i.table = pick(random, 0, 2000);
  if constexpr (requires { i.per_channel; }) {
    i.per_channel = static_cast<std::uint8_t>(random.below(2));
  }
  i.address = pick(random, 0, 1000);
  const auto values = static_cast<std::int64_t>(source_values(i) * i.cols);
  i.position_stride = bytes_of(i.source_format, values, spec) + pick(random, 0, 3);
  i.line_stride = i.in_columns * i.position_stride + pick(random, 0, 3);
  i.format = random_format(random, to);
  i.result = pick(random, 0, 1000);
  i.first = pick(random, 0, 20);
  i.result_position_stride = bytes_of(i.format, std::int64_t{i.first} + i.cols, spec) + pick(random, 0, 3);
  i.result_line_stride = i.columns * i.result_position_stride + pick(random, 0, 3);
}

inline Operation random_vector(Random& random, const MachineSpec& spec) {
  const Numbers either = random.chance(0.5) ? Numbers::integers : Numbers::floats;
  switch (random.below(8)) {
    case 0: {
      isa::Threshold i;
      random_traffic(i, random, spec, Numbers::integers, Numbers::integers);
      if (i.memory == Memory::accumulator) i.pool = Pool::max;
      i.thresholds = static_cast<std::uint8_t>(random.between(1, 15));
      i.threshold_bytes = static_cast<std::uint8_t>(1U << random.below(3));
      return i;
    }
    case 1: {
      isa::Scale i;
      random_traffic(i, random, spec, Numbers::integers, Numbers::integers);
      i.rounding = static_cast<ScaleRounding>(random.below(scale_rounding_count));
      i.zero = static_cast<std::uint32_t>(random.between(-20, 20));
      i.zero_behind = static_cast<std::uint8_t>(random.below(2));
      return i;
    }
    case 2: {
      isa::Affine i;
      random_traffic(i, random, spec, Numbers::any, Numbers::floats);
      return i;
    }
    case 3: {
      isa::Lookup i;
      random_traffic(i, random, spec, Numbers::integers, Numbers::integers);
      i.segments = static_cast<std::uint8_t>(random.below(8));
      i.segment_shift = static_cast<std::uint8_t>(random.below(25));
      i.symmetry = static_cast<Symmetry>(random.below(symmetry_count));
      i.interpolate = static_cast<std::uint8_t>(random.below(2));
      i.one = 256;
      return i;
    }
    case 4: {
      isa::Multiply i;
      random_traffic(i, random, spec, either, either);
      i.most = 0x7f;
      if (either == Numbers::integers) i.shift = static_cast<std::uint8_t>(random.below(48));
      return i;
    }
    case 5: {
      isa::Function i;
      random_traffic(i, random, spec, Numbers::floats, Numbers::floats);
      i.function = static_cast<Curve>(random.below(curve_count));
      i.slope = 0x3f800000;
      return i;
    }
    case 6: {
      isa::Sample i;
      random_traffic(i, random, spec, Numbers::integers, Numbers::ternary);
      i.shift = static_cast<std::uint8_t>(random.below(17));
      return i;
    }
    default: {
      isa::Copy i;
      random_traffic(i, random, spec, either, either);
      return i;
    }
  }
}

/// Rows of formats whose bytes all have a meaning.
inline isa::Unpack random_unpack(Random& random, const MachineSpec& spec, Memory memory) {
  constexpr Format formats[] = {Format::planes, Format::trit2, Format::bitmap, Format::trit5,
                                Format::trit2_mask};
  isa::Unpack i;
  i.memory = memory;
  i.source_format = formats[random.below(3)];
  i.format = formats[random.below(5)];
  i.rows = pick(random, 1, 6);
  i.taps = pick(random, 1, 3);
  i.elements = pick(random, 1, 40);
  i.row_bytes = static_cast<std::uint32_t>(source_of(i).bytes(spec.array.word_bits));
  i.stride = static_cast<std::uint32_t>(destination_of(i).bytes(spec.array.word_bits)) +
             (i.format == Format::bitmap ? 0 : pick(random, 0, 3));
  i.address = pick(random, 0, 1500);
  i.dram = random.below(8000);
  return i;
}

/// An instruction within the first bytes of each memory, so that many of them meet.
inline Instruction random_operation(Random& random, const MachineSpec& spec) {
  constexpr Memory on_chip[] = {Memory::weight, Memory::activation, Memory::accumulator};
  const Memory memory = on_chip[random.below(3)];
  const std::uint32_t rows = pick(random, 1, 6);
  const std::uint32_t bytes = pick(random, 1, 90);
  const std::uint32_t gap = pick(random, 0, 3);
  switch (random.below(6)) {
    case 0:
      return make(isa::Load{memory, pick(random, 0, 1500), bytes + gap, random.below(8000),
                            bytes + pick(random, 0, 9), rows, bytes});
    case 1:
      return make(isa::Store{memory, pick(random, 0, 1500), bytes + gap, random.below(8000),
                             bytes + pick(random, 0, 9), rows, bytes});
    case 2: return make(random_matmul(random, spec));
    case 3: return make(random_unpack(random, spec, memory));
    default: {
      Instruction instruction;
      instruction.operation = random_vector(random, spec);
      return instruction;
    }
  }
}

/// A gather, and before it a copy that writes its indices: up to 8 bits, which the table has a row for.
inline Program random_gather(Random& random) {
  isa::Gather gather;
  constexpr Memory on_chip[] = {Memory::weight, Memory::activation, Memory::accumulator};
  gather.memory = on_chip[random.below(3)];
  gather.rows = pick(random, 1, 6);
  gather.row_bytes = pick(random, 1, 90);
  gather.address = pick(random, 0, 1500);
  gather.stride = gather.row_bytes + pick(random, 0, 3);
  gather.dram = random.below(8000);
  gather.dram_stride = gather.row_bytes + pick(random, 0, 9);
  gather.indices = pick(random, 0, 1000);
  const std::int64_t bits = random.between(1, 8);
  gather.table_rows = 1U << static_cast<unsigned>(bits);
  isa::Copy copy;
  one_tap(copy, 1);
  copy.memory = Memory::activation;
  copy.source_format = bit_planes(bits, false);
  copy.address = pick(random, 0, 1000);
  copy.cols = gather.rows;
  copy.format = Format::int32;
  copy.result = gather.indices;
  return {make(copy), make(gather)};
}

/// What the output stage does with the sums of a matmul: all of them one by one, or the largest of 2x2.
template <class I>
I random_stage(I i, Random& random, const MachineSpec& spec, const isa::Matmul& matmul) {
  random_traffic(i, random, spec, Numbers::integers, Numbers::integers);
  if constexpr (requires { i.second; }) {
    if (i.second == Second::pair && matmul.cols % 2 != 0) i.second = Second::none;
  }
  i.source_format = Format::int32;
  i.cols = matmul.cols / static_cast<std::uint32_t>(source_values(i));
  i.address = 0;
  i.in_lines = matmul.lines;
  i.in_columns = matmul.columns;
  i.pool = Pool::max;
  i.pad_top = i.pad_left = 0;
  i.kernel_h = i.stride_y = static_cast<std::uint16_t>(matmul.lines > 1 ? pick(random, 1, 2) : 1);
  i.kernel_w = i.stride_x = static_cast<std::uint16_t>(matmul.columns > 1 ? pick(random, 1, 2) : 1);
  i.lines = matmul.lines / i.kernel_h;
  i.columns = matmul.columns / i.kernel_w;
  i.result_position_stride = bytes_of(i.format, std::int64_t{i.first} + i.cols, spec);
  i.result_line_stride = i.columns * i.result_position_stride;
  if constexpr (requires { i.second; }) {
    i.second_position_stride = bytes_of(i.second_format, i.cols, spec);
    i.second_line_stride = i.columns * i.second_position_stride;
  }
  return on_sums(i);
}

/// A matmul and what the output stage does with its sums, which does not write what the matmul reads.
inline Program random_staged(Random& random, const MachineSpec& spec) {
  for (;;) {
    isa::Matmul matmul = staged(random_matmul(random, spec));
    if (is_float(matmul.weight_format)) continue;
    Instruction stage = make(random_stage(isa::Scale{}, random, spec, matmul));
    if (random.chance(0.5)) {
      isa::Threshold thresholds = random_stage(isa::Threshold{}, random, spec, matmul);
      thresholds.thresholds = static_cast<std::uint8_t>(random.between(1, 15));
      thresholds.threshold_bytes = static_cast<std::uint8_t>(1U << random.below(3));
      stage = make(thresholds);
    }
    const auto reads = footprint(make(matmul), spec), writes = footprint(stage, spec);
    const bool meet = std::any_of(reads.begin(), reads.end(), [&](const Access& a) {
      return std::any_of(writes.begin(), writes.end(), [&](const Access& b) { return conflict(a, b); });
    });
    if (!meet) return {make(matmul), stage};
  }
}

/// A block of weights and the matmul that takes it as it comes; with an output stage, sometimes what that
/// does with the sums.
inline Program random_streamed(Random& random, const MachineSpec& spec) {
  for (;;) {
    const bool is_staged = spec.output_stage.is_there() && random.chance(0.5);
    Program program = is_staged ? random_staged(random, spec) : Program{make(random_matmul(random, spec))};
    auto& matmul = std::get<isa::Matmul>(program[0].operation);
    matmul = streamed(matmul);
    if (!is_staged) {
      matmul.lines = 1;
      matmul.columns = std::min(matmul.columns, static_cast<std::uint32_t>(spec.array.rows));
    }
    if (is_stream(matmul.weight_format) || !defect_of(program[0], spec).empty()) continue;
    const ProductShape shape = shape_of(matmul);
    constexpr Format formats[] = {Format::planes, Format::trit2};
    const bool is_decoded = spec.decoder.load && random.chance(0.5) &&
                            (holds_trits(matmul.weight_format) || matmul.weight_format == Format::trit2_mask);
    const Format from = is_decoded ? formats[random.below(2)] : matmul.weight_format;
    if (least_stream_bytes(spec, shape, from) > spec.weight_stream.bytes) continue;
    const auto bytes = static_cast<std::uint32_t>(streamed_bytes(spec.array, shape, from));
    const std::uint64_t dram = random.below(8000);
    const auto elements = static_cast<std::uint32_t>(streamed_elements(shape));
    program.insert(program.begin(), is_decoded
                                        ? make(isa::Unpack{Memory::stream, 0, 0, dram, 1, bytes, from,
                                                           matmul.weight_format, 1, elements})
                                        : make(isa::Load{Memory::stream, 0, 0, dram, bytes, 1, bytes}));
    return program;
  }
}

/// A vector instruction on integers, value by value, whose results lie behind each other.
inline Operation random_member(Random& random, const MachineSpec& spec, std::uint32_t lines,
                               std::uint32_t columns, std::uint32_t cols) {
  for (;;) {
    Operation operation = random_vector(random, spec);
    const bool fits = std::visit(
        [&](auto& i) {
          if constexpr (requires { i.chain; }) {
            one_tap(i, lines, columns);
            i.pad_top = i.pad_left = 0;
            i.cols = cols;
            i.position_stride = bytes_of(i.source_format, cols, spec);
            i.line_stride = columns * i.position_stride;
            i.result_position_stride = bytes_of(i.format, std::int64_t{i.first} + cols, spec);
            i.result_line_stride = columns * i.result_position_stride;
            if constexpr (requires { i.second; }) {
              if (i.second == Second::pair) i.second = Second::none;
              i.second_position_stride = bytes_of(i.second_format, cols, spec);
              i.second_line_stride = columns * i.second_position_stride;
            }
            if constexpr (requires { i.third; }) {
              i.third_position_stride = bytes_of(i.third_format, cols, spec);
              i.third_line_stride = columns * i.third_position_stride;
            }
            if constexpr (requires { i.registers; }) {
              i.registers_position_stride = 4 * cols;
              i.registers_line_stride = columns * i.registers_position_stride;
            }
            return !is_float(i.source_format) && !is_float(i.format);
          }
          return false;
        },
        operation);
    if (fits) return operation;
  }
}

/// Lets an instruction of a pass take some of its operands from those before it, which made `formats`.
template <class I>
void random_lanes(I& i, Random& random, const std::vector<Format>& formats) {
  const auto before = [&](Format& format, std::uint32_t& address, auto&... strides) {
    address = pick(random, 1, std::ssize(formats));
    format = formats[formats.size() - address];
    ((strides = 0), ...);
  };
  if (formats.empty()) return;
  if (random.chance(0.5)) {
    i.memory = Memory::lanes;
    before(i.source_format, i.address, i.position_stride, i.line_stride);
  }
  if constexpr (requires { i.second; }) {
    if (i.second != Second::none && random.chance(0.5)) {
      i.second = Second::lanes;
      before(i.second_format, i.second_address, i.second_position_stride, i.second_line_stride);
    }
  }
  if constexpr (requires { i.third; }) {
    if (i.third != Second::none && random.chance(0.5)) {
      i.third = Second::lanes;
      before(i.third_format, i.third_address, i.third_position_stride, i.third_line_stride);
    }
  }
}

/// A pass of the vector unit of several instructions.
inline Program random_pass(Random& random, const MachineSpec& spec) {
  const std::int64_t count = random.between(2, spec.vector.chain);
  const std::uint32_t lines = pick(random, 1, 3), columns = pick(random, 1, 3), cols = pick(random, 1, 9);
  Program pass;
  std::vector<Format> formats;
  for (std::int64_t k = 0; k < count; ++k) {
    pass.push_back(make(random_member(random, spec, lines, columns, cols)));
    std::visit(
        [&](auto& i) {
          if constexpr (requires { i.chain; }) {
            random_lanes(i, random, formats);
            formats.push_back(i.format);
            if (k + 1 == count) return;
            i.chain = random.chance(0.5) ? Chaining::forwards : Chaining::goes_on;
            if (i.chain == Chaining::forwards)
              i.result = i.first = i.result_position_stride = i.result_line_stride = 0;
          }
        },
        pass.back().operation);
  }
  return pass;
}

/// Gives a program the semaphores that its conflicts need, and some more: an instruction waits for the last
/// instruction of each other engine that it conflicts with, unless an earlier wait of its engine has seen to
/// that.
inline void synchronise(Program& program, const MachineSpec& spec, Random& random) {
  std::int64_t seen[engine_count][engine_count];  // [of][by]: the last instruction that was waited for
  for (auto& row : seen) std::fill(std::begin(row), std::end(row), -1);
  for (std::size_t i = 0; i < program.size(); ++i) {
    const auto by = static_cast<std::size_t>(engine_of(program[i]));
    const auto mine = footprint(program[i], spec);
    for (std::size_t of = 0; of < engine_count; ++of) {
      if (of == by) continue;
      std::int64_t last = -1;
      for (std::size_t j = 0; j < i; ++j) {
        if (static_cast<std::size_t>(engine_of(program[j])) != of) continue;
        // What starts behind an instruction, or ends with it.
        const bool is_partner = (j + 1 == i && (is_staged(program[j]) || brings_stream(program[j]))) ||
                                (j + 2 == i && brings_stream(program[j]) && is_staged(program[j + 1]));
        bool needed = !is_partner && random.chance(0.02);
        for (const Access& theirs : footprint(program[j], spec)) {
          for (const Access& access : mine) needed = needed || conflict(access, theirs);
        }
        if (needed) last = static_cast<std::int64_t>(j);
      }
      if (last <= seen[of][by]) continue;
      seen[of][by] = last;
      program[static_cast<std::size_t>(last)].post.add(static_cast<Engine>(by));
      program[i].wait.add(static_cast<Engine>(of));
    }
  }
}

inline Program random_program(Random& random, const MachineSpec& spec, std::size_t longest = 25) {
  Program program;
  const std::size_t length = 1 + random.below(longest);
  while (program.size() < length) {
    if (random.chance(0.1)) {
      for (const Instruction& instruction : random_gather(random)) program.push_back(instruction);
    } else if (spec.output_stage.is_there() && !spec.array.is_weight_stationary() &&
               !spec.array.has_line_buffer() && random.chance(0.2)) {
      for (const Instruction& instruction : random_staged(random, spec)) program.push_back(instruction);
    } else if (spec.weight_stream.is_there() && random.chance(0.3)) {
      for (const Instruction& instruction : random_streamed(random, spec)) program.push_back(instruction);
    } else if (spec.vector.chain > 1 && random.chance(0.3)) {
      for (const Instruction& instruction : random_pass(random, spec)) program.push_back(instruction);
    } else {
      program.push_back(random_operation(random, spec));
    }
  }
  synchronise(program, spec, random);
  for (Instruction& instruction : program) instruction.layer = pick(random, 0, 2);
  for (std::size_t i = 0; i < program.size(); ++i)
    program[i].step = static_cast<std::uint32_t>(i * 4 / program.size());
  program.push_back(halt());
  return program;
}

}  // namespace tricycle::test
