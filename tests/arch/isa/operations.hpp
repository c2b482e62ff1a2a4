// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstring>
#include <optional>

#include "arch/datapath/rounding.hpp"
#include "arch/isa/curves.hpp"
#include "arch/isa/footprint.hpp"
#include "arch/isa/meaning.hpp"
#include "support/random.hpp"
#include "tests/arch/machines.hpp"

namespace tricycle::test {

/// The small machine with all 6 datapaths and 2 foldings.
inline MachineSpec whole_machine(MacType mac = MacType::int8) {
  MachineSpec spec = small_machine();
  spec.array.datapaths = {Datapath::binary,    Datapath::ternary_fatnn, Datapath::ternary_planes,
                          Datapath::bitserial, Datapath::shift,         Datapath::mac};
  spec.array.mac_type = mac;
  spec.array.folding = {{.lanes = 4, .cols = 2}, {.lanes = 3, .cols = 5}};
  spec.decoder.load = spec.decoder.array = true;
  return spec;
}

/// One output of a 1 x 1 window over one position.
template <class I>
void set_single(I& i) {
  i.lines = i.columns = i.in_lines = i.in_columns = 1;
  i.kernel_h = i.kernel_w = i.stride_y = i.stride_x = 1;
  if constexpr (std::is_same_v<I, isa::Matmul>) i.dilation_y = i.dilation_x = 1;
}

/// A vector instruction over `positions` positions of a line, each `cols` channels, rows without gaps.
template <class I>
I vector_operation(Memory memory, Format from, Format to, std::uint32_t positions, std::uint32_t cols) {
  I i;
  set_single(i);
  i.memory = memory;
  i.source_format = from;
  i.format = to;
  i.columns = i.in_columns = positions;
  i.cols = cols;
  i.position_stride = static_cast<std::uint32_t>(row_bytes(from, cols, 16));
  i.result_position_stride = static_cast<std::uint32_t>(row_bytes(to, cols, 16));
  return i;
}

/// A matrix product of `positions` positions of `elements` elements with `cols` channels, rows without gaps.
inline isa::Matmul product(Datapath datapath, Format activations, Format weights, std::uint32_t positions,
                           std::uint32_t elements, std::uint32_t cols) {
  isa::Matmul i;
  set_single(i);
  i.datapath = datapath;
  i.activation_format = activations;
  i.weight_format = weights;
  i.columns = i.in_columns = positions;
  i.elements = elements;
  i.cols = cols;
  i.position_stride = static_cast<std::uint32_t>(row_bytes(activations, elements, 16));
  i.weight_stride = static_cast<std::uint32_t>(row_bytes(weights, elements, 16));
  i.sum_stride = 4 * cols;
  return i;
}

/// Operands of one of the datapaths.
struct Operands {
  Datapath datapath;
  Format activations, weights;
};

inline std::vector<Operands> all_operands() {
  std::vector<Operands> all;
  for (int d = 0; d < datapath_count; ++d) {
    for (int a = 0; a < format_count; ++a) {
      for (int w = 0; w < format_count; ++w) {
        const Operands operands = {static_cast<Datapath>(d), static_cast<Format>(a), static_cast<Format>(w)};
        if (takes(operands.datapath, operands.activations, operands.weights)) all.push_back(operands);
      }
    }
  }
  return all;
}

/// Random instructions without a defect: small counts, gaps between rows and lines, padding on every side,
/// windows partly and wholly outside, results that overlap sources.
class ValidInstructions {
 public:
  ValidInstructions(Random& random, const MachineSpec& spec) : random_(random), spec_(spec) {}

  isa::Matmul matmul() {
    static const std::vector<Operands> operands = all_operands();
    return until_it_fits<isa::Matmul>([&](isa::Matmul& i) {
      const auto datapath = static_cast<Datapath>(random_.below(datapath_count));
      Operands own;
      do {
        own = operands[random_.below(operands.size())];
      } while (own.datapath != datapath ||
               (datapath == Datapath::mac && own.weights != mac_format(spec_.array)));
      i.datapath = own.datapath;
      i.activation_format = own.activations;
      i.weight_format = own.weights;
      set_window(i);
      i.dilation_y = small16(1, 3);
      i.dilation_x = small16(1, 3);
      i.im2col = flag();
      i.accumulate = flag();
      i.folding = small16(0, static_cast<std::int64_t>(spec_.array.folding.size()));
      i.elements = small(1, 40);
      i.cols = small(1, 20);
      if (!is_float(own.weights)) i.pad = static_cast<std::uint8_t>(pad_value(own));
      const std::uint64_t taps = std::uint64_t{i.kernel_h} * i.kernel_w;
      const std::uint64_t weights =
          i.im2col != 0 ? row(own.weights, taps * i.elements) : taps * row(own.weights, i.elements);
      return put(Memory::activation, row(own.activations, i.elements), i.in_columns, i.in_lines,
                 i.activations, i.position_stride, i.line_stride) &&
             put(Memory::weight, weights, i.cols, i.weights, i.weight_stride) &&
             put(Memory::accumulator, std::uint64_t{4} * i.cols, std::uint64_t{i.lines} * i.columns, i.sums,
                 i.sum_stride);
    });
  }

  /// Any of the vector unit's.
  template <class I>
  I vector() {
    return until_it_fits<I>([&](I& i) {
      constexpr bool is_affine = std::is_same_v<I, isa::Affine>;
      constexpr bool is_either = std::is_same_v<I, isa::Copy> || std::is_same_v<I, isa::Multiply>;
      const bool floating = std::is_same_v<I, isa::Function> || (is_either && flag() != 0);
      i.memory = flag() != 0 ? Memory::accumulator : Memory::activation;
      do {
        i.source_format = format();
      } while ((i.memory == Memory::accumulator && bits_per_element(i.source_format) != 32) ||
               (!is_affine && is_float(i.source_format) != floating));
      do {
        i.format = format();
      } while (is_float(i.format) != (is_affine || floating) || !takes_results(i));
      i.pool = flag() != 0 ? Pool::max : Pool::sum;
      set_window(i);
      if constexpr (requires { i.registers; }) i.kernel_h = i.kernel_w = 1;
      i.cols = small(1, 20);
      if constexpr (std::is_same_v<I, isa::Threshold>) {
        i.thresholds = static_cast<std::uint8_t>(random_.between(1, 15));
        i.threshold_bytes = static_cast<std::uint8_t>(1U << random_.below(3));
        i.codes = random_.next();
        i.more_codes = random_.next();
        if (i.memory == Memory::accumulator) i.pool = Pool::max;
      }
      if constexpr (requires { i.second; }) {
        i.second = static_cast<Second>(random_.below(3));
        if constexpr (requires { i.third; }) i.second = Second::tensor;
        do {
          i.second_format = format();
        } while (!is_affine && is_float(i.second_format) != floating);
        if (i.second == Second::tensor &&
            !put(Memory::activation, row(i.second_format, i.cols), i.columns, i.lines, i.second_address,
                 i.second_position_stride, i.second_line_stride)) {
          return false;
        }
      }
      if constexpr (requires { i.third; }) {
        i.third = flag() != 0 ? Second::tensor : Second::none;
        do {
          i.third_format = format();
        } while (is_float(i.third_format) != floating);
        if (i.third == Second::tensor &&
            !put(Memory::activation, row(i.third_format, i.cols), i.columns, i.lines, i.third_address,
                 i.third_position_stride, i.third_line_stride)) {
          return false;
        }
        if (!floating) i.third_shift = static_cast<std::uint8_t>(random_.below(48));
        if (!floating) i.shift = static_cast<std::uint8_t>(random_.below(48));
      }
      if constexpr (requires { i.registers; }) {
        i.shift = static_cast<std::uint8_t>(random_.below(17));
        if (!put(Memory::activation, std::uint64_t{4} * i.cols, i.columns, i.lines, i.registers,
                 i.registers_position_stride, i.registers_line_stride)) {
          return false;
        }
      }
      if constexpr (requires { i.function; }) {
        i.function = static_cast<Curve>(random_.below(curve_count));
        i.slope = static_cast<std::uint32_t>(random_.next());
      }
      if constexpr (requires { i.segments; }) {
        i.segments = static_cast<std::uint8_t>(random_.below(12));
        i.segment_shift = static_cast<std::uint8_t>(random_.below(25));
        i.symmetry = static_cast<Symmetry>(random_.below(symmetry_count));
        i.interpolate = flag();
        i.one = static_cast<std::uint32_t>(random_.next());
      }
      if constexpr (requires { i.table; }) {
        if constexpr (requires { i.per_channel; }) i.per_channel = flag();
        std::uint32_t stride = 0;
        if (!put(Memory::weight, table_bytes(i), 1, i.table, stride)) return false;
      }
      if constexpr (requires { i.rounding; }) {
        i.rounding = static_cast<ScaleRounding>(random_.below(scale_rounding_count));
        i.zero = static_cast<std::uint32_t>(random_.between(-8'000'000, 8'000'000));  // exact in float32
        i.zero_behind = flag();
      }
      if constexpr (requires { i.least; }) {
        i.least = static_cast<std::uint32_t>(random_.next());
        i.most = static_cast<std::uint32_t>(random_.next());
      }
      i.first = flag() != 0 ? 0 : small(0, 20);
      return put(i.memory, row(i.source_format, source_values(i) * i.cols), i.in_columns, i.in_lines,
                 i.address, i.position_stride, i.line_stride) &&
             put(Memory::activation, row(i.format, std::uint64_t{i.first} + i.cols), i.columns, i.lines,
                 i.result, i.result_position_stride, i.result_line_stride);
    });
  }

  isa::Gather gather() {
    return until_it_fits<isa::Gather>([&](isa::Gather& i) {
      i.memory = static_cast<Memory>(random_.below(3));
      i.rows = small(1, 6);
      i.table_rows = small(1, 9);
      i.row_bytes = small(1, 30);
      i.dram_stride = i.row_bytes + small(0, 5);
      i.dram = random_.below(4096 - std::uint64_t{i.table_rows} * i.dram_stride + 1);
      std::uint32_t stride = 0;
      return put(Memory::activation, std::uint64_t{4} * i.rows, 1, i.indices, stride) &&
             put(i.memory, i.row_bytes, i.rows, i.address, i.stride);
    });
  }

  isa::Unpack unpack() {
    static const std::vector<Format> formats = {Format::planes, Format::trit2, Format::bitmap, Format::trit5,
                                                Format::trit2_mask};
    return until_it_fits<isa::Unpack>([&](isa::Unpack& i) {
      i.memory = static_cast<Memory>(random_.below(3));
      i.source_format = formats[random_.below(4)];
      i.format = formats[random_.below(5)];
      i.rows = small(1, 6);
      i.taps = small(1, 5);
      i.elements = small(1, 40);
      const std::int64_t word_bits = spec_.array.word_bits;
      i.row_bytes = static_cast<std::uint32_t>(source_of(i).bytes(word_bits));
      i.dram = random_.below(4096 - std::uint64_t{i.rows} * i.row_bytes + 1);
      const auto bytes = static_cast<std::uint64_t>(destination_of(i).bytes(word_bits));
      const bool fits = put(i.memory, bytes, i.rows, i.address, i.stride);
      if (i.format == Format::bitmap) i.stride = static_cast<std::uint32_t>(bytes);
      return fits;
    });
  }

  /// Any instruction but a halt.
  Operation any() {
    switch (random_.below(13)) {
      case 0: return transfer<isa::Load>();
      case 1: return transfer<isa::Store>();
      case 2: return matmul();
      case 3: return vector<isa::Threshold>();
      case 4: return vector<isa::Scale>();
      case 5: return vector<isa::Affine>();
      case 6: return vector<isa::Lookup>();
      case 7: return vector<isa::Multiply>();
      case 8: return vector<isa::Function>();
      case 9: return vector<isa::Sample>();
      case 10: return gather();
      case 11: return unpack();
      default: return vector<isa::Copy>();
    }
  }

 private:
  template <class I, class Set>
  I until_it_fits(Set set) {
    while (true) {
      I i;
      if (set(i)) return i;
    }
  }
  template <class I>
  I transfer() {
    return until_it_fits<I>([&](I& i) {
      i.memory = static_cast<Memory>(random_.below(3));
      i.rows = small(1, 6);
      i.row_bytes = small(1, 30);
      i.dram_stride = i.row_bytes + small(0, 5);
      i.dram = random_.below(4096 - std::uint64_t{i.rows} * i.dram_stride + 1);
      return put(i.memory, i.row_bytes, i.rows, i.address, i.stride);
    });
  }

  /// Whether the format can hold the results: those of a sample are -1, 0 and 1.
  template <class I>
  static bool takes_results(const I& i) {
    if constexpr (!requires { i.registers; }) return true;
    if (is_float(i.format) || i.format == Format::bit1) return false;
    return code_range(i.format).first <= -1 && code_range(i.format).second >= 1;
  }
  std::uint8_t flag() { return static_cast<std::uint8_t>(random_.below(2)); }
  std::uint32_t small(std::int64_t least, std::int64_t most) {
    return static_cast<std::uint32_t>(random_.between(least, most));
  }
  std::uint16_t small16(std::int64_t least, std::int64_t most) {
    return static_cast<std::uint16_t>(random_.between(least, most));
  }
  /// Any but that of weights alone.
  Format format() {
    const auto format = static_cast<Format>(random_.below(format_count));
    return is_of_weights(format) ? Format::int32 : format;
  }
  std::uint64_t row(Format format, std::uint64_t elements) const {
    return static_cast<std::uint64_t>(
        row_bytes(format, static_cast<std::int64_t>(elements), spec_.array.word_bits));
  }
  std::int64_t pad_value(const Operands& own) {
    if (own.activations == Format::pow2) return (1 << random_.between(0, 7)) / 2 * random_.between(-1, 1);
    const auto [least, most] = code_range(own.activations);
    return random_.between(least, most);
  }
  template <class I>
  void set_window(I& i) {
    i.lines = small(1, 4);
    i.columns = small(1, 4);
    i.in_lines = small(1, 5);
    i.in_columns = small(1, 5);
    i.kernel_h = small16(1, 3);
    i.kernel_w = small16(1, 3);
    i.stride_y = small16(1, 3);
    i.stride_x = small16(1, 3);
    i.pad_top = small16(0, 4);
    i.pad_left = small16(0, 4);
  }
  /// Somewhere in a memory, or false.
  bool put(Memory memory, std::uint64_t row, std::uint64_t rows, std::uint32_t& address,
           std::uint32_t& stride) {
    std::uint32_t line_stride = 0;
    return put(memory, row, rows, 1, address, stride, line_stride);
  }
  bool put(Memory memory, std::uint64_t row, std::uint64_t rows, std::uint64_t lines, std::uint32_t& address,
           std::uint32_t& stride, std::uint32_t& line_stride) {
    const bool dense = random_.chance(0.3);
    const std::uint64_t step = rows == 1 ? random_.below(9) : row + (dense ? 0 : random_.below(4));
    const std::uint64_t line = (rows - 1) * step + row;
    const std::uint64_t line_step = lines == 1 ? random_.below(9) : line + (dense ? 0 : random_.below(6));
    const std::uint64_t whole = (lines - 1) * line_step + line;
    const std::uint64_t size = memory_bytes(memory, spec_);
    if (whole > size) return false;
    // Often near the start, so that what an instruction reads and what it writes overlap.
    const std::uint64_t room = size - whole + 1;
    address = static_cast<std::uint32_t>(
        random_.below(random_.chance(0.5) ? std::min<std::uint64_t>(room, 60) : room));
    stride = static_cast<std::uint32_t>(step);
    line_stride = static_cast<std::uint32_t>(line_step);
    return true;
  }

  Random& random_;
  const MachineSpec& spec_;
};

/// Memories of random bytes, with 4 KiB of DRAM.
inline Memories random_memories(Random& random, const MachineSpec& spec) {
  Memories memories(spec, 4096);
  for (int m = 0; m < memory_count; ++m) {
    for (std::uint8_t& byte : memories.of(static_cast<Memory>(m)))
      byte = static_cast<std::uint8_t>(random.below(256));
  }
  return memories;
}

/// Gives a gather the indices of rows that its table has, and an unpack of trit5 bytes that are codes; any
/// other instruction needs nothing.
inline void put_indices(Random& random, const Operation& operation, Memories& memories) {
  const auto* unpack = std::get_if<isa::Unpack>(&operation);
  if (unpack != nullptr && unpack->source_format == Format::trit5) {
    for (std::size_t b = 0; b < std::size_t{unpack->rows} * unpack->row_bytes; ++b)
      memories.dram[unpack->dram + b] = static_cast<std::uint8_t>(random.below(243));
  }
  const auto* gather = std::get_if<isa::Gather>(&operation);
  if (gather == nullptr) return;
  for (std::size_t r = 0; r < gather->rows; ++r) {
    const auto index = static_cast<std::int32_t>(random.below(gather->table_rows));
    std::memcpy(memories.activation.data() + gather->indices + 4 * r, &index, sizeof index);
  }
}

}  // namespace tricycle::test
