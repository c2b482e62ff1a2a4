// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/defects.hpp"
#include "arch/isa/footprint.hpp"

#include <array>

#include "arch/datapath/packing.hpp"
#include "tests/arch/datapath/values.hpp"
#include "tests/arch/isa/operations.hpp"
#include "tests/catch.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

Access rows_at(std::uint64_t address, std::uint64_t rows, std::uint64_t bytes, std::uint64_t stride,
               bool write) {
  return {Memory::activation, write, address, rows, bytes, stride, "x"};
}

std::vector<Access> accesses_of(const Operation& operation, const MachineSpec& spec = whole_machine()) {
  Instruction instruction;
  instruction.operation = operation;
  REQUIRE(defect_of(instruction, spec).empty());
  return footprint(instruction, spec);
}

/// An access as (memory, write, address, lines, rows, row bytes).
using Numbers = std::array<std::uint64_t, 6>;
Numbers numbers(const Access& a) {
  return {static_cast<std::uint64_t>(a.memory), a.write ? 1U : 0U, a.address, a.lines, a.rows, a.row_bytes};
}

constexpr std::uint64_t weight = 0, activation = 1, accumulator = 2, dram = 3;

/// The runs of bytes of an access.
std::vector<std::pair<std::uint64_t, std::uint64_t>> runs_of(const Access& access) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> runs;
  access.for_each_run([&](std::uint64_t begin, std::uint64_t end) { runs.emplace_back(begin, end); });
  return runs;
}

/// Bytes of every memory that lie in accesses of one kind.
struct Marks {
  std::array<std::vector<bool>, memory_count> in;

  Marks(const std::vector<Access>& accesses, bool write, const Memories& memories) {
    for (std::size_t m = 0; m < memory_count; ++m) in[m].resize(memories.of(static_cast<Memory>(m)).size());
    for (const Access& access : accesses) {
      if (access.write != write) continue;
      for (std::uint64_t l = 0; l < access.lines; ++l) {
        for (std::uint64_t r = 0; r < access.rows; ++r) {
          for (std::uint64_t b = 0; b < access.row_bytes; ++b) {
            const std::uint64_t at = access.address + l * access.line_stride + r * access.stride + b;
            in[static_cast<std::size_t>(access.memory)].at(at) = true;
          }
        }
      }
    }
  }
};

}  // namespace

TEST_CASE("a matmul of 2 x 3 sums over 13 trits reads 2 and 3 rows of 4 bytes and writes 2 of 12") {
  const isa::Matmul matmul = product(Datapath::ternary_planes, Format::planes, Format::planes, 2, 13, 3);
  const auto accesses = accesses_of(matmul);
  REQUIRE(accesses.size() == 3);
  CHECK(numbers(accesses[0]) == Numbers{activation, 0, 0, 1, 2, 4});
  CHECK(numbers(accesses[1]) == Numbers{weight, 0, 0, 1, 3, 4});
  CHECK(numbers(accesses[2]) == Numbers{accumulator, 1, 0, 1, 2, 12});
  CHECK(accesses[0].end() == 8);
  CHECK(accesses[1].end() == 12);
  CHECK(accesses[2].end() == 24);
  // With loaded masks a stored word of weights has 3 bytes instead of 2.
  const auto masked = product(Datapath::ternary_fatnn, Format::trit2, Format::trit2_mask, 2, 13, 3);
  CHECK(accesses_of(masked)[1].row_bytes == 6);
}

TEST_CASE("a 3 x 2 window over 5 lines of 4 positions reads 20 positions and 6 taps of weights") {
  isa::Matmul i = product(Datapath::mac, Format::uint8, Format::int8, 4, 7, 2);
  i.activations = 100;
  i.in_lines = 5;
  i.line_stride = 30;
  i.lines = 3;
  i.columns = 3;
  i.kernel_h = 3;
  i.kernel_w = 2;
  i.weight_stride = 6 * 7;
  const auto accesses = accesses_of(i);
  CHECK(numbers(accesses[0]) == Numbers{activation, 0, 100, 5, 4, 7});
  CHECK(accesses[0].end() == 100 + 4 * 30 + 3 * 7 + 7);
  CHECK(numbers(accesses[1]) == Numbers{weight, 0, 0, 1, 2, 42});
  CHECK(numbers(accesses[2]) == Numbers{accumulator, 1, 0, 1, 9, 8});
}

TEST_CASE("9 taps of 3 trits are 9 words of weights tap by tap, and 4 words densely with im2col") {
  isa::Matmul i = product(Datapath::ternary_planes, Format::planes, Format::planes, 3, 3, 2);
  i.columns = 1;
  i.in_lines = i.kernel_h = i.kernel_w = 3;
  i.line_stride = 6;
  i.weight_stride = 18;
  CHECK(numbers(accesses_of(i)[1]) == Numbers{weight, 0, 0, 1, 2, 18});
  i.im2col = 1;  // 27 trits of 8 in a word
  i.weight_stride = 8;
  const auto accesses = accesses_of(i);
  CHECK(numbers(accesses[0]) == Numbers{activation, 0, 0, 3, 3, 2});  // the image stays as it is
  CHECK(numbers(accesses[1]) == Numbers{weight, 0, 0, 1, 2, 8});
  CHECK(numbers(accesses[2]) == Numbers{accumulator, 1, 0, 1, 1, 8});
}

TEST_CASE("a load and a store of 4 rows of 16 bytes touch 64 bytes on chip and in DRAM") {
  const auto load = accesses_of(isa::Load{Memory::weight, 8, 20, 100, 16, 4, 16});
  CHECK(numbers(load[0]) == Numbers{dram, 0, 100, 1, 4, 16});
  CHECK(numbers(load[1]) == Numbers{weight, 1, 8, 1, 4, 16});
  const auto store = accesses_of(isa::Store{Memory::activation, 8, 20, 100, 16, 4, 16});
  CHECK(numbers(store[0]) == Numbers{activation, 0, 8, 1, 4, 16});
  CHECK(numbers(store[1]) == Numbers{dram, 1, 100, 1, 4, 16});
  CHECK(accesses_of(isa::Halt{}).empty());
}

TEST_CASE("a threshold reads 3 records of 2 x 2 + 1 bytes and no codes, or one record for all") {
  auto i = vector_operation<isa::Threshold>(Memory::accumulator, Format::int32, Format::trit2, 2, 3);
  i.thresholds = 2;
  i.threshold_bytes = 2;
  i.per_channel = 1;
  i.first = 6;
  i.result_position_stride = 4;
  const auto accesses = accesses_of(i);
  REQUIRE(accesses.size() == 3);
  CHECK(numbers(accesses[0]) == Numbers{accumulator, 0, 0, 1, 2, 12});
  CHECK(numbers(accesses[1]) == Numbers{weight, 0, 0, 1, 1, 15});
  CHECK(numbers(accesses[2]) == Numbers{activation, 1, 0, 1, 2, 4});  // 6 + 3 trits are two words
  i.per_channel = 0;
  CHECK(accesses_of(i)[1].row_bytes == 5);
}

TEST_CASE("a scale's table has 17 bytes for each channel, an affine's 12, a copy has none") {
  auto scale = vector_operation<isa::Scale>(Memory::accumulator, Format::int32, Format::s4, 2, 3);
  CHECK(accesses_of(scale)[1].row_bytes == 17);
  scale.per_channel = 1;
  CHECK(accesses_of(scale)[1].row_bytes == 51);
  auto affine = vector_operation<isa::Affine>(Memory::accumulator, Format::int32, Format::float16, 2, 3);
  CHECK(accesses_of(affine)[1].row_bytes == 12);
  affine.per_channel = 1;
  CHECK(accesses_of(affine)[1].row_bytes == 36);
  CHECK(accesses_of(vector_operation<isa::Copy>(Memory::activation, Format::s4, Format::s4, 2, 3)).size() ==
        2);
}

TEST_CASE("a pair doubles the source's rows, and a tensor is read once for each output") {
  auto i = vector_operation<isa::Scale>(Memory::activation, Format::int16, Format::int8, 4, 5);
  i.columns = 2;
  i.kernel_w = 2;
  i.stride_x = 2;
  i.position_stride = 24;
  CHECK(accesses_of(i).size() == 3);
  CHECK(accesses_of(i)[0].row_bytes == 10);
  i.second = Second::pair;
  CHECK(accesses_of(i).size() == 3);
  CHECK(accesses_of(i)[0].row_bytes == 20);
  i.second = Second::tensor;
  i.second_format = Format::int32;
  i.second_address = 40;
  i.second_position_stride = 20;
  const auto accesses = accesses_of(i);
  REQUIRE(accesses.size() == 4);
  CHECK(numbers(accesses[0]) == Numbers{activation, 0, 0, 1, 4, 10});
  CHECK(numbers(accesses[1]) == Numbers{activation, 0, 40, 1, 2, 20});
  CHECK(numbers(accesses[3]) == Numbers{activation, 1, 0, 1, 2, 5});
}

TEST_CASE(
    "a lookup reads its 2^8 + 1 points of two bytes, and a multiply a row of y and of z for each output") {
  auto lookup = vector_operation<isa::Lookup>(Memory::accumulator, Format::int32, Format::int8, 2, 3);
  lookup.segments = 8;
  REQUIRE(accesses_of(lookup).size() == 3);
  CHECK(numbers(accesses_of(lookup)[1]) == Numbers{weight, 0, 0, 1, 1, 514});
  auto multiply = vector_operation<isa::Multiply>(Memory::activation, Format::int16, Format::int16, 2, 3);
  multiply.second = multiply.third = Second::tensor;
  multiply.second_format = Format::int8;
  multiply.second_address = 100;
  multiply.second_position_stride = 3;
  multiply.third_format = Format::int32;
  multiply.third_address = 200;
  multiply.third_position_stride = 12;
  const auto accesses = accesses_of(multiply);
  REQUIRE(accesses.size() == 4);
  CHECK(numbers(accesses[1]) == Numbers{activation, 0, 100, 1, 2, 3});
  CHECK(numbers(accesses[2]) == Numbers{activation, 0, 200, 1, 2, 12});
  CHECK(numbers(accesses[3]) == Numbers{activation, 1, 0, 1, 2, 6});
}

TEST_CASE(
    "a sample reads and writes 4 bytes of register for each output, and a gather of 3 rows 12 of indices") {
  auto sample = vector_operation<isa::Sample>(Memory::accumulator, Format::int32, Format::planes, 2, 3);
  sample.registers = 100;
  sample.registers_position_stride = 12;
  const auto accesses = accesses_of(sample);
  REQUIRE(accesses.size() == 4);
  CHECK(numbers(accesses[1]) == Numbers{activation, 0, 100, 1, 2, 12});
  CHECK(numbers(accesses[2]) == Numbers{activation, 1, 100, 1, 2, 12});
  CHECK(numbers(accesses[3]) == Numbers{activation, 1, 0, 1, 2, 2});
  const auto gather = accesses_of(isa::Gather{Memory::weight, 8, 20, 100, 18, 50, 3, 16, 40});
  REQUIRE(gather.size() == 3);
  CHECK(numbers(gather[0]) == Numbers{weight, 1, 8, 1, 3, 16});
  CHECK(numbers(gather[1]) == Numbers{dram, 0, 100, 1, 50, 16});
  CHECK(gather[1].end() == 100 + 49 * 18 + 16);
  CHECK(numbers(gather[2]) == Numbers{activation, 0, 40, 1, 1, 12});
}

TEST_CASE("a result at element 'first' writes from the word that holds it: element 20 of s4 from byte 8") {
  auto i = vector_operation<isa::Copy>(Memory::activation, Format::int16, Format::s4, 2, 3);
  i.result = 1000;
  i.result_position_stride = 16;
  i.first = 15;  // and 16, 17 of the second word
  CHECK(numbers(accesses_of(i)[1]) == Numbers{activation, 1, 1000, 1, 2, 16});
  i.first = 20;
  CHECK(numbers(accesses_of(i)[1]) == Numbers{activation, 1, 1008, 1, 2, 8});
  i.format = Format::int16;
  i.result_position_stride = 50;
  CHECK(numbers(accesses_of(i)[1]) == Numbers{activation, 1, 1040, 1, 2, 6});
}

TEST_CASE("rows without gaps are one run, lines with gaps one each, rows with gaps one each") {
  using Runs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  Access access = rows_at(10, 3, 4, 4, false);
  CHECK(runs_of(access) == Runs{{10, 22}});
  access.lines = 2;
  access.line_stride = 12;
  CHECK(runs_of(access) == Runs{{10, 34}});
  access.line_stride = 15;
  CHECK(runs_of(access) == Runs{{10, 22}, {25, 37}});
  access.stride = 5;
  CHECK(runs_of(access) == Runs{{10, 14}, {15, 19}, {20, 24}, {25, 29}, {30, 34}, {35, 39}});
  CHECK(access.end() == 39);
  access = rows_at(10, 1, 4, 0, false);  // single rows in lines that follow each other
  access.lines = 3;
  access.line_stride = 4;
  CHECK(runs_of(access) == Runs{{10, 22}});
  access.line_stride = 6;
  CHECK(runs_of(access) == Runs{{10, 14}, {16, 20}, {22, 26}});
}

TEST_CASE(
    "of 2,400 random instructions none depends on a byte outside its reads or changes one outside its "
    "writes") {
  Random random(61);
  for (int round = 0; round < 2400; ++round) {
    MachineSpec spec = whole_machine(static_cast<MacType>(random.below(3)));
    spec.array.word_bits = std::int64_t{16} << random.below(3);
    Instruction instruction;
    instruction.operation = ValidInstructions(random, spec).any();
    INFO(disassemble(instruction));
    REQUIRE(defect_of(instruction, spec).empty());
    const auto accesses = footprint(instruction, spec);
    Memories before = random_memories(random, spec);
    put_indices(random, instruction.operation, before);
    const Marks reads(accesses, false, before), writes(accesses, true, before);
    const auto* matmul = std::get_if<isa::Matmul>(&instruction.operation);
    const bool adds = matmul != nullptr && matmul->accumulate != 0;
    // The other memories differ in every bit outside the reads.
    Memories other_before = before;
    for (std::size_t m = 0; m < memory_count; ++m) {
      auto& bytes = other_before.of(static_cast<Memory>(m));
      for (std::size_t b = 0; b < bytes.size(); ++b) {
        if (!reads.in[m][b] && !(adds && writes.in[m][b])) bytes[b] = static_cast<std::uint8_t>(~bytes[b]);
      }
    }
    Memories after = before, other_after = other_before;
    execute(instruction, spec, after);
    execute(instruction, spec, other_after);
    for (std::size_t m = 0; m < memory_count; ++m) {
      const auto memory = static_cast<Memory>(m);
      for (std::size_t b = 0; b < before.of(memory).size(); ++b) {
        const unsigned changed = before.of(memory)[b] ^ after.of(memory)[b];
        const unsigned other_changed = other_before.of(memory)[b] ^ other_after.of(memory)[b];
        if (!writes.in[m][b] && (changed != 0 || other_changed != 0)) FAIL("changes byte " << b);
        // A bit is written alike in both, or left alone in both.
        const unsigned differs = after.of(memory)[b] ^ other_after.of(memory)[b];
        if ((differs & (changed | other_changed)) != 0) FAIL("byte " << b << " depends on others");
      }
    }
  }
}

TEST_CASE("bytes 0 to 15 and 16 to 31 do not conflict, 0 to 16 and 16 to 31 do") {
  CHECK_FALSE(conflict(rows_at(0, 1, 16, 0, true), rows_at(16, 1, 16, 0, true)));
  CHECK_FALSE(conflict(rows_at(16, 1, 16, 0, true), rows_at(0, 1, 16, 0, true)));
  CHECK(conflict(rows_at(0, 1, 17, 0, true), rows_at(16, 1, 16, 0, true)));
  CHECK(conflict(rows_at(16, 1, 16, 0, true), rows_at(0, 1, 17, 0, true)));
  CHECK(conflict(rows_at(4, 1, 1, 0, true), rows_at(0, 1, 16, 0, false)));
}

TEST_CASE("two reads never conflict, nor do accesses to two memories") {
  CHECK_FALSE(conflict(rows_at(0, 1, 16, 0, false), rows_at(0, 1, 16, 0, false)));
  auto elsewhere = rows_at(0, 1, 16, 0, true);
  elsewhere.memory = Memory::weight;
  CHECK_FALSE(conflict(rows_at(0, 1, 16, 0, true), elsewhere));
}

TEST_CASE("3 rows of 4 bytes, 8 apart, count as one range of 20 bytes") {
  CHECK(rows_at(0, 3, 4, 8, true).end() == 20);
  CHECK(conflict(rows_at(0, 3, 4, 8, true), rows_at(4, 1, 4, 0, false)));  // between two rows
  CHECK(conflict(rows_at(0, 3, 4, 8, true), rows_at(19, 1, 1, 0, false)));
  CHECK_FALSE(conflict(rows_at(0, 3, 4, 8, true), rows_at(20, 1, 1, 0, false)));
}
