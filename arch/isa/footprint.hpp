// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "arch/isa/loops.hpp"
#include "arch/params/timing.hpp"

namespace tricycle {

/// Bytes that an instruction reads or writes: `lines` lines of `rows` rows of `row_bytes` each.
struct Access {
  Memory memory;
  bool write;
  std::uint64_t address;
  std::uint64_t rows;
  std::uint64_t row_bytes;
  std::uint64_t stride;  ///< from one row to the next
  const char* what;      ///< the instruction's field with the address, for messages
  std::uint64_t lines = 1;
  std::uint64_t line_stride = 0;

  /// The first byte behind the last row.
  [[nodiscard]] std::uint64_t end() const {
    return address + (lines - 1) * line_stride + (rows - 1) * stride + row_bytes;
  }
  /// Calls f(begin, end) for every run of bytes. Rows without a gap between them form one run.
  template <class F>
  void for_each_run(F f) const {
    const bool whole_line = rows == 1 || stride == row_bytes;
    const std::uint64_t line_bytes = (rows - 1) * stride + row_bytes;
    if (whole_line && (lines == 1 || line_stride == line_bytes)) return f(address, end());
    for (std::uint64_t l = 0; l < lines; ++l) {
      const std::uint64_t line = address + l * line_stride;
      if (whole_line) {
        f(line, line + line_bytes);
        continue;
      }
      for (std::uint64_t r = 0; r < rows; ++r) f(line + r * stride, line + r * stride + row_bytes);
    }
  }
};

/// Whether two accesses touch a common byte range and at least one writes. Strided rows count as one range
/// from the first byte of the first row to the last byte of the last row, as the hardware's operand locks
/// compare them.
[[nodiscard]] bool conflict(const Access& a, const Access& b);

/// All accesses of an instruction. Valid only for an instruction without a defect (`defect_of`).
[[nodiscard]] std::vector<Access> footprint(const Instruction& instruction, const MachineSpec& spec);

/// Bytes of one of the machine's memories, without its zero flags.
[[nodiscard]] std::uint64_t memory_bytes(Memory memory, const MachineSpec& spec);

/// The shape of a matmul, which determines its time and events. `output`: what the output stage does with its
/// sums, where they go there.
[[nodiscard]] ProductShape shape_of(const isa::Matmul& i, const OutputRate& output = {});

/// Bytes of one row of a table (layouts: meaning.hpp).
[[nodiscard]] std::uint64_t table_row(const isa::Threshold& i);
[[nodiscard]] std::uint64_t table_row(const isa::Scale& i);
[[nodiscard]] std::uint64_t table_row(const isa::Affine& i);

/// Bytes of the table that a vector instruction reads.
[[nodiscard]] std::uint64_t table_bytes(const isa::Lookup& i);
template <class I>
[[nodiscard]] std::uint64_t table_bytes(const I& i) {
  return table_row(i) * (i.per_channel != 0 ? i.cols : 1);
}

/// A further operand of a vector instruction besides its source: one value for each output position and
/// channel, in activation memory or from the lanes of an instruction before.
struct SideOperand {
  const char* what;  ///< the field with its address
  Memory memory;
  Format format;
  std::uint32_t address, position_stride, line_stride;
};

/// Whether the second (or third) operand of a vector instruction has an address of its own.
[[nodiscard]] constexpr bool is_apart(Second second) {
  return second == Second::tensor || second == Second::lanes;
}

/// What a vector instruction reads besides its source: y, then z; or the registers of a sample instruction.
template <class I>
[[nodiscard]] std::vector<SideOperand> side_operands(const I& i) {
  const auto memory_of = [](Second second) {
    return second == Second::lanes ? Memory::lanes : Memory::activation;
  };
  std::vector<SideOperand> operands;
  if constexpr (requires { i.second; }) {
    if (is_apart(i.second)) {
      operands.push_back({"second_address", memory_of(i.second), i.second_format, i.second_address,
                          i.second_position_stride, i.second_line_stride});
    }
  }
  if constexpr (requires { i.third; }) {
    if (is_apart(i.third)) {
      operands.push_back({"third_address", memory_of(i.third), i.third_format, i.third_address,
                          i.third_position_stride, i.third_line_stride});
    }
  }
  if constexpr (requires { i.registers; }) {
    operands.push_back({"registers", Memory::activation, Format::int32, i.registers,
                        i.registers_position_stride, i.registers_line_stride});
  }
  return operands;
}

/// Of the side operands, those in activation memory.
template <class I>
[[nodiscard]] std::vector<SideOperand> stored_operands(const I& i) {
  std::vector<SideOperand> operands = side_operands(i);
  std::erase_if(operands, [](const SideOperand& operand) { return operand.memory == Memory::lanes; });
  return operands;
}

/// Of all operands, those that come from the lanes of instructions before in the same pass.
template <class I>
[[nodiscard]] std::vector<SideOperand> lane_operands(const I& i) {
  std::vector<SideOperand> operands = side_operands(i);
  std::erase_if(operands, [](const SideOperand& operand) { return operand.memory != Memory::lanes; });
  if (i.memory == Memory::lanes) {
    operands.insert(operands.begin(),
                    {"address", i.memory, i.source_format, i.address, i.position_stride, i.line_stride});
  }
  return operands;
}

/// The weights of one output channel in weight memory, and their bytes.
[[nodiscard]] WeightRow weights_of(const isa::Matmul& i);
[[nodiscard]] std::uint64_t weight_row(const isa::Matmul& i, const MachineSpec& spec);

/// A row of an unpack instruction in DRAM and on chip, and the bytes of the row on chip.
[[nodiscard]] WeightRow source_of(const isa::Unpack& i);
[[nodiscard]] WeightRow destination_of(const isa::Unpack& i);
[[nodiscard]] std::uint64_t destination_row(const isa::Unpack& i, const MachineSpec& spec);

/// Values that a vector instruction reads at each position of its source for each channel.
template <class I>
[[nodiscard]] std::uint64_t source_values(const I& i) {
  if constexpr (requires { i.second; }) return i.second == Second::pair ? 2 : 1;
  return 1;
}

}  // namespace tricycle
