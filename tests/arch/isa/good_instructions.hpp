// SPDX-License-Identifier: Apache-2.0
#pragma once
// An instruction of each kind without a defect, and what a change of it is called.
#include "arch/isa/defects.hpp"
#include "arch/isa/footprint.hpp"
#include "tests/arch/isa/operations.hpp"
#include "tests/catch.hpp"

namespace tricycle::test {

inline std::string defect(const Operation& operation, const MachineSpec& spec = whole_machine()) {
  Instruction instruction;
  instruction.operation = operation;
  return defect_of(instruction, spec);
}

inline isa::Load good_load() {
  return {Memory::weight, 0, 16, 0, 16, 4, 16};
}
inline isa::Store good_store() {
  return {Memory::activation, 0, 16, 0, 16, 4, 16};
}
inline isa::Matmul good_matmul() {
  return product(Datapath::bitserial, Format::uint8, Format::s4, 2, 13, 3);
}
inline isa::Threshold good_threshold() {
  auto i = vector_operation<isa::Threshold>(Memory::accumulator, Format::int32, Format::trit2, 2, 3);
  i.thresholds = 2;
  i.threshold_bytes = 2;
  return i;
}
inline isa::Scale good_scale() {
  return vector_operation<isa::Scale>(Memory::accumulator, Format::int32, Format::int8, 2, 3);
}
inline isa::Affine good_affine() {
  return vector_operation<isa::Affine>(Memory::accumulator, Format::int32, Format::float32, 2, 3);
}
inline isa::Copy good_copy() {
  return vector_operation<isa::Copy>(Memory::activation, Format::s4, Format::s4, 2, 3);
}

inline isa::Lookup good_lookup() {
  return vector_operation<isa::Lookup>(Memory::accumulator, Format::int32, Format::int8, 2, 3);
}
inline isa::Multiply good_multiply() {
  auto i = vector_operation<isa::Multiply>(Memory::accumulator, Format::int32, Format::int8, 2, 3);
  i.second = Second::tensor;
  i.second_format = i.third_format = Format::int16;
  i.second_position_stride = i.third_position_stride = 6;
  return i;
}
inline isa::Function good_function() {
  return vector_operation<isa::Function>(Memory::accumulator, Format::float32, Format::float32, 2, 3);
}
inline isa::Sample good_sample() {
  auto i = vector_operation<isa::Sample>(Memory::accumulator, Format::int32, Format::planes, 2, 3);
  i.registers_position_stride = 12;
  return i;
}
inline isa::Gather good_gather() {
  return {Memory::weight, 0, 16, 0, 16, 100, 4, 16, 0};
}

/// 4 rows of 3 taps of 10 trits: of 6 bytes of trit5 in DRAM, of 3 x 4 bytes of planes on chip.
inline isa::Unpack good_unpack() {
  return {Memory::weight, 0, 12, 0, 4, 6, Format::trit5, Format::planes, 3, 10};
}

/// The defect of an instruction after a change.
template <class I, class Change>
inline std::string after(I i, Change change) {
  change(i);
  return defect(i);
}
template <class Change>
inline std::string matmul_with(Change change) {
  return after(good_matmul(), change);
}

/// Does the same to a threshold, a scale, a copy, a lookup and a multiply: all have the same defect.
template <class Change>
inline std::string vector_with(Change change) {
  const std::string found = after(good_threshold(), change);
  CHECK(after(good_scale(), change) == found);
  CHECK(after(good_copy(), change) == found);
  CHECK(after(good_lookup(), change) == found);
  CHECK(after(good_multiply(), change) == found);
  return found;
}

}  // namespace tricycle::test
