// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/footprint.hpp"

#include "tests/arch/machines.hpp"
#include "tests/catch.hpp"

using namespace tricycle;
using test::small_machine;

namespace {

template <class Operation>
std::string defect(const Operation& operation) {
  Instruction instruction;
  instruction.operation = operation;
  return defect_of(instruction, small_machine());
}

isa::Load good_load() {
  return {Memory::weight, 0, 16, 0, 16, 4, 16};
}
isa::Store good_store() {
  return {Memory::activation, 0, 16, 0, 16, 4, 16};
}
isa::Matmul good_matmul() {
  return {Datapath::ternary_planes, 0, 0, 4, 0, 4, 0, 12, 2, 3, 2, 13};
}
isa::Threshold good_threshold() {
  return {Memory::accumulator, 0, 12, 0, 1, 2, 2, 0x0100ff, Format::trit2, 0, 2, 0, 2, 3};
}
isa::Affine good_affine() {
  return {0, 12, 0, 1, 0, 12, 2, 3};
}

Access rows_at(std::uint64_t address, std::uint64_t rows, std::uint64_t bytes, std::uint64_t stride,
               bool write) {
  return {Memory::activation, write, address, rows, bytes, stride, "x"};
}

}  // namespace

TEST_CASE("the 6 good instructions have no defect") {
  CHECK(defect(good_load()).empty());
  CHECK(defect(good_store()).empty());
  CHECK(defect(good_matmul()).empty());
  CHECK(defect(good_threshold()).empty());
  CHECK(defect(good_affine()).empty());
  CHECK(defect(isa::Halt{}).empty());
}

TEST_CASE("a load goes to, and a store comes from, one of the 3 on-chip memories") {
  auto load = good_load();
  load.memory = Memory::dram;
  CHECK(defect(load) == "'memory' is dram; a load goes to an on-chip memory");
  auto store = good_store();
  store.memory = Memory::dram;
  CHECK(defect(store) == "'memory' is dram; a store comes from an on-chip memory");
}

TEST_CASE("a row that ends with the memory's last byte fits, and one byte more does not") {
  auto load = good_load();  // 4 rows of 16 bytes, 16 apart; the weight memory has 6,144 bytes
  load.address = 6144 - 64;
  CHECK(defect(load).empty());
  load.address += 1;
  CHECK(defect(load) == "'address' reaches outside the weight memory of 6144 bytes");
  load.address = 6144;
  CHECK(defect(load) == "'address' reaches outside the weight memory of 6144 bytes");
  load = good_load();
  load.dram = (1 << 20) - 64;
  CHECK(defect(load).empty());
  load.dram += 1;
  CHECK(defect(load) == "'dram' reaches outside the dram memory of 1048576 bytes");
  load.dram = ~std::uint64_t{0};
  CHECK(defect(load) == "'dram' reaches outside the dram memory of 1048576 bytes");
}

TEST_CASE("rows so many or so far apart that their end exceeds 64 bits do not fit either") {
  auto load = good_load();
  load.rows = ~std::uint32_t{0};
  load.stride = ~std::uint32_t{0};
  load.dram_stride = ~std::uint32_t{0};
  CHECK(defect(load) == "'dram' reaches outside the dram memory of 1048576 bytes");
}

TEST_CASE("rows of 16 bytes may touch at a stride of 16 and overlap at 15") {
  auto load = good_load();
  load.stride = 15;
  CHECK(defect(load) == "the rows at 'address' overlap: 16 bytes each, 15 apart");
  load.stride = 0;
  load.rows = 1;  // the stride of a single row means nothing
  CHECK(defect(load).empty());
}

TEST_CASE("no instruction touches 0 rows or 0 bytes") {
  auto load = good_load();
  load.rows = 0;
  CHECK(defect(load) == "nothing lies at 'dram': 0 rows of 16 bytes");
  load = good_load();
  load.row_bytes = 0;
  CHECK(defect(load) == "nothing lies at 'dram': 4 rows of 0 bytes");
  auto matmul = good_matmul();
  matmul.cols = 0;
  CHECK(defect(matmul) == "nothing lies at 'weights': 0 rows of 4 bytes");
  auto affine = good_affine();
  affine.cols = 0;
  CHECK(defect(affine) == "nothing lies at 'address': 2 rows of 0 bytes");
}

TEST_CASE("a matmul needs a datapath that the array has, and 0 or 1 in 'accumulate'") {
  Instruction instruction;
  instruction.operation = good_matmul();
  MachineSpec spec = small_machine();
  spec.array.datapaths = {0, 1};
  CHECK(defect_of(instruction, spec) == "the array has no datapath ternary_planes");
  auto matmul = good_matmul();
  matmul.accumulate = 2;
  CHECK(defect(matmul) == "'accumulate' is 0 or 1, not 2");
}

TEST_CASE("2 words of 8 trits hold 9 to 16 elements") {
  auto matmul = good_matmul();
  for (std::uint32_t elements = 9; elements <= 16; ++elements) {
    matmul.elements = elements;
    CHECK(defect(matmul).empty());
  }
  matmul.elements = 8;
  CHECK(defect(matmul) == "2 words hold 9 to 16 elements, not 8");
  matmul.elements = 17;
  CHECK(defect(matmul) == "2 words hold 9 to 16 elements, not 17");
  matmul.words = 0;
  matmul.elements = 1;
  CHECK(defect(matmul) == "0 words hold 0 to 0 elements, not 1");
}

TEST_CASE("a threshold's fields are each held to their range") {
  const auto with = [](auto change) {
    auto threshold = good_threshold();
    change(threshold);
    return defect(threshold);
  };
  CHECK(with([](auto& i) { i.memory = Memory::weight; }) ==
        "'memory' of a threshold is accumulator or activation");
  CHECK(with([](auto& i) { i.format = Format::uint8; }) ==
        "'format' of a threshold is bit1, trit2 or planes");
  CHECK(with([](auto& i) { i.format = Format::trit2_mask; }) ==
        "'format' of a threshold is bit1, trit2 or planes");
  CHECK(with([](auto& i) { i.per_channel = 2; }) == "'per_channel' is 0 or 1, not 2");
  CHECK(with([](auto& i) { i.thresholds = 0; }) == "'thresholds' is 1 to 7, not 0");
  CHECK(with([](auto& i) { i.thresholds = 8; }) == "'thresholds' is 1 to 7, not 8");
  CHECK(with([](auto& i) { i.thresholds = 7; }).empty());
  CHECK(with([](auto& i) { i.threshold_bytes = 3; }) == "'threshold_bytes' is 1, 2 or 4, not 3");
  CHECK(with([](auto& i) { i.codes = 0x0200ff; }) == "trit2 cannot hold the code 2");
  CHECK(with([](auto& i) { i.codes = 0x02000100ff; }).empty());  // the code of 4 reached, of at most 2
  CHECK(with([](auto& i) { i.format = Format::bit1; }) == "bit1 cannot hold the code 0");
}

TEST_CASE("an affine's 'per_channel' is 0 or 1") {
  auto affine = good_affine();
  affine.per_channel = 3;
  CHECK(defect(affine) == "'per_channel' is 0 or 1, not 3");
}

TEST_CASE("an engine waits for and posts to other engines, and the sequencer to nobody") {
  Instruction load;
  load.operation = good_load();
  load.wait.add(Engine::load);
  CHECK(defect_of(load, small_machine()) == "an engine cannot wait for or post to itself");
  load.wait = {};
  load.post.add(Engine::load);
  CHECK(defect_of(load, small_machine()) == "an engine cannot wait for or post to itself");
  Instruction halt;
  halt.operation = isa::Halt{};
  halt.wait.add(Engine::load);
  CHECK(defect_of(halt, small_machine()) == "the sequencer waits for and posts to nobody");
}

TEST_CASE("a matmul of 2 x 3 sums over 2 words reads 2 and 3 rows of 4 bytes and writes 2 of 12") {
  Instruction instruction;
  instruction.operation = good_matmul();
  const auto accesses = footprint(instruction, small_machine());
  REQUIRE(accesses.size() == 3);
  CHECK((accesses[0].memory == Memory::activation && !accesses[0].write));
  CHECK((accesses[0].rows == 2 && accesses[0].row_bytes == 4 && accesses[0].end() == 8));
  CHECK((accesses[1].memory == Memory::weight && !accesses[1].write));
  CHECK((accesses[1].rows == 3 && accesses[1].row_bytes == 4 && accesses[1].end() == 12));
  CHECK((accesses[2].memory == Memory::accumulator && accesses[2].write));
  CHECK((accesses[2].rows == 2 && accesses[2].row_bytes == 12 && accesses[2].end() == 24));
  // With loaded masks a stored word of weights has 3 bytes instead of 2.
  MachineSpec masked = small_machine();
  masked.array.fatnn_mask = 1;
  auto matmul = good_matmul();
  matmul.datapath = Datapath::ternary_fatnn;
  matmul.weight_stride = 6;
  instruction.operation = matmul;
  CHECK(footprint(instruction, masked)[1].row_bytes == 6);
}

TEST_CASE("a threshold reads 3 records of 2 x 2 + 1 bytes when it has one for each channel, else one") {
  Instruction instruction;
  auto threshold = good_threshold();
  instruction.operation = threshold;
  CHECK(footprint(instruction, small_machine())[1].row_bytes == 15);
  threshold.per_channel = 0;
  instruction.operation = threshold;
  CHECK(footprint(instruction, small_machine())[1].row_bytes == 5);
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
