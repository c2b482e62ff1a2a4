// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstring>

#include "arch/datapath/packing.hpp"
#include "arch/isa/defects.hpp"
#include "tests/arch/isa/operations.hpp"
#include "tests/catch.hpp"

namespace tricycle::test {

template <class T>
void put(std::vector<std::uint8_t>& memory, std::size_t at, T value) {
  std::memcpy(memory.data() + at, &value, sizeof value);
}
template <class T>
T get(const std::vector<std::uint8_t>& memory, std::size_t at) {
  T value{};
  std::memcpy(&value, memory.data() + at, sizeof value);
  return value;
}
inline void put_bytes(std::vector<std::uint8_t>& memory, std::size_t at,
                      const std::vector<std::uint8_t>& bytes) {
  std::memcpy(memory.data() + at, bytes.data(), bytes.size());
}

using Values = std::vector<std::int32_t>;

/// Writes a row of values, packed in words of 16 bits, and returns its bytes.
inline std::size_t put_row(std::vector<std::uint8_t>& memory, std::size_t at, Format format,
                           const Values& values) {
  const std::vector<std::uint8_t> row = pack_row(format, 16, values);
  put_bytes(memory, at, row);
  return row.size();
}

/// The first values of a row.
inline Values row_at(const std::vector<std::uint8_t>& memory, std::size_t at, Format format,
                     std::int64_t count) {
  return unpack_row(format, 16, std::span(memory).subspan(at), count);
}

/// Executes an instruction that has no defect.
inline Effects run(const Operation& operation, Memories& memories,
                   const MachineSpec& spec = whole_machine()) {
  Instruction instruction;
  instruction.operation = operation;
  REQUIRE(defect_of(instruction, spec).empty());
  return execute(instruction, spec, memories);
}

inline Memories cleared(const MachineSpec& spec = whole_machine()) {
  return Memories(spec, 4096);
}

}  // namespace tricycle::test
