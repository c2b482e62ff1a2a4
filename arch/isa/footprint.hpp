// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "arch/isa/instruction.hpp"
#include "arch/spec/machine.hpp"

namespace tricycle {

/// Rows of bytes that an instruction reads or writes.
struct Access {
  Memory memory;
  bool write;
  std::uint64_t address;
  std::uint64_t rows;
  std::uint64_t row_bytes;
  std::uint64_t stride;
  const char* what;  ///< the instruction's field that says where, for messages

  /// The first byte behind the last row.
  [[nodiscard]] std::uint64_t end() const { return address + (rows - 1) * stride + row_bytes; }
};

/// Two accesses touch a common byte range and at least one writes. Strided rows count as one range from the
/// first row's first byte to the last row's last: what the hardware's operand locks compare.
[[nodiscard]] bool conflict(const Access& a, const Access& b);

/// Everything an instruction touches. Valid only for an instruction that `defect_of` finds nothing wrong
/// with.
[[nodiscard]] std::vector<Access> footprint(const Instruction& instruction, const MachineSpec& spec);

/// What makes an instruction impossible on this machine, as a sentence, or "": a zero count, rows that
/// overlap, an address outside its memory, a datapath the array does not have, an engine that waits for
/// itself.
[[nodiscard]] std::string defect_of(const Instruction& instruction, const MachineSpec& spec);

}  // namespace tricycle
