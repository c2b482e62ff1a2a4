// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/events.hpp"
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// 4 x 8 PEs of 64-bit words; memories whose ports are as wide as one word, and one sum.
MachineSpec machine() {
  MachineSpec spec;
  spec.array.rows = 4;
  spec.array.cols = 8;
  spec.array.word_bits = 64;
  spec.weight_memory = {64, 8, 64};
  spec.activation_memory = {64, 4, 64};
  spec.accumulator_memory = {64, 8, 32};
  spec.instruction_memory = {64, 1, 64};
  return spec;
}

CounterSet count(const Operation& operation, const MachineSpec& spec) {
  Instruction instruction;
  instruction.operation = operation;
  return events_of(instruction, spec);
}

/// 5 positions, 10 channels, 3 words.
isa::Matmul tile(Datapath datapath = Datapath::ternary_planes) {
  isa::Matmul i = matmul_of(5, 10, 1, datapath);
  i.elements = static_cast<std::uint32_t>(3 * 64 / bits_per_element(i.weight_format));
  return i;
}

}  // namespace

TEST_CASE("a matmul of 5 x 10 x 3 words on 4 x 8 PEs reads a word for each row or column of every step") {
  const CounterSet events = count(tile(), machine());
  CHECK(events[Counter::array_steps] == 2 * 2 * 3);
  CHECK(events[Counter::weight_memory_reads] == 2 * 10 * 3);
  CHECK(events[Counter::activation_memory_reads] == 2 * 5 * 3);
  CHECK(events[Counter::array_operand_bits] == 64 * (2 * 10 * 3 + 2 * 5 * 3));
  CHECK(events[Counter::array_sum_bits] == 5 * 10 * 3 * 24);
  CHECK(events[Counter::popcount_ternary_planes_lanes] == 5 * 10 * 3 * 32);
  CHECK(events[Counter::accumulator_memory_writes] == 50);
  CHECK(events[Counter::accumulator_memory_reads] == 0);
}

TEST_CASE("a matmul that accumulates reads the 50 sums that it adds to") {
  isa::Matmul i = tile();
  i.accumulate = 1;
  CHECK(count(i, machine())[Counter::accumulator_memory_reads] == 50);
}

TEST_CASE(
    "a port of 512 bits brings the words of 8 columns in one access, and one of 32 bits each word in two") {
  MachineSpec spec = machine();
  spec.weight_memory = {64, 1, 512};
  // Two row groups, three words, and in each step 8 columns, then 2: one access each.
  CHECK(count(tile(), spec)[Counter::weight_memory_reads] == 2 * 3 * 2);
  spec.weight_memory = {64, 8, 32};
  CHECK(count(tile(), spec)[Counter::weight_memory_reads] == 2 * 10 * 3 * 2);
  spec.accumulator_memory = {64, 1, 128};
  CHECK(count(tile(), spec)[Counter::accumulator_memory_writes] == 5 * 3);  // ten sums fill two and a half
}

TEST_CASE("a precomputed mask is latched and counted with its word: 96 bits instead of 64") {
  MachineSpec spec = machine();
  spec.weight_memory = {96, 8, 96};
  isa::Matmul i = tile(Datapath::ternary_fatnn);
  i.weight_format = Format::trit2_mask;
  const CounterSet events = count(i, spec);
  CHECK(events[Counter::weight_memory_reads] == 2 * 10 * 3);
  CHECK(events[Counter::array_operand_bits] == 96 * 2 * 10 * 3 + 64 * 2 * 5 * 3);
  CHECK(events[Counter::popcount_ternary_fatnn_mask_lanes] == 5 * 10 * 3 * 32);
  CHECK(events[Counter::popcount_ternary_fatnn_lanes] == 0);
}

TEST_CASE("each of the 6 datapaths counts the lanes of its own unit, and no other") {
  struct Row {
    Datapath datapath;
    MacType mac_type;
    Counter lanes;
    std::int64_t per_word;
  };
  const Row rows[] = {{Datapath::binary, MacType::int8, Counter::popcount_binary_lanes, 64},
                      {Datapath::ternary_fatnn, MacType::int8, Counter::popcount_ternary_fatnn_lanes, 32},
                      {Datapath::ternary_planes, MacType::int8, Counter::popcount_ternary_planes_lanes, 32},
                      {Datapath::bitserial, MacType::int8, Counter::popcount_bitserial_lanes, 64},
                      {Datapath::shift, MacType::int8, Counter::shifter_lanes, 16},
                      {Datapath::mac, MacType::int8, Counter::mac_int8_lanes, 8},
                      {Datapath::mac, MacType::fp16, Counter::mac_fp16_lanes, 4},
                      {Datapath::mac, MacType::fp32, Counter::mac_fp32_lanes, 2}};
  for (const Row& row : rows) {
    MachineSpec spec = machine();
    spec.array.mac_type = row.mac_type;
    isa::Matmul i = tile(row.datapath);
    if (row.datapath == Datapath::mac) i.activation_format = i.weight_format = mac_format(spec.array);
    i.elements = static_cast<std::uint32_t>(3 * row.per_word);
    const CounterSet events = count(i, spec);
    std::uint64_t all = 0;
    for (int c = static_cast<int>(Counter::popcount_binary_lanes);
         c <= static_cast<int>(Counter::mac_fp32_lanes); ++c) {
      all += events.counts[static_cast<std::size_t>(c)];
    }
    CHECK(events[row.lanes] == 5U * 10 * 3 * static_cast<std::uint64_t>(row.per_word));
    CHECK(all == events[row.lanes]);
  }
}

TEST_CASE("a window of 9 taps reads 9 words for each position, and dense packing of 3 channels one") {
  isa::Matmul i = convolution_of(5, 1, 10, 3, 3);
  CHECK(count(i, machine())[Counter::array_steps] == 2 * 2 * 9);
  CHECK(count(i, machine())[Counter::activation_memory_reads] == 2 * 5 * 9);
  i.im2col = 1;
  CHECK(count(i, machine())[Counter::array_steps] == 2 * 2);
  CHECK(count(i, machine())[Counter::activation_memory_reads] == 2 * 5);
}

TEST_CASE("2 x 3 bits take 6 passes, each of one plane of both operands: 6 products of bits for an element") {
  isa::Matmul i = tile(Datapath::bitserial);
  i.activation_format = Format::u2;
  i.weight_format = Format::s3;
  const CounterSet events = count(i, machine());  // 3 words of 64 elements
  CHECK(events[Counter::array_steps] == 2 * 2 * 3 * 6);
  CHECK(events[Counter::popcount_bitserial_lanes] == 5 * 10 * 3 * 64 * 6);
  CHECK(events[Counter::weight_memory_reads] == 2 * 10 * 3 * 6);
  CHECK(events[Counter::activation_memory_reads] == 2 * 5 * 3 * 6);
  CHECK(events[Counter::array_operand_bits] == 64 * 6 * (2 * 10 * 3 + 2 * 5 * 3));
}

TEST_CASE("A5: weight-stationary reads each of the 30 weight words once, and all sums in every step") {
  MachineSpec spec = machine();
  spec.array.dataflow = Dataflow::weight_stationary;
  isa::Matmul i = tile();
  const CounterSet events = count(i, spec);
  CHECK(events[Counter::array_steps] == 2 * 2 * 3);
  CHECK(events[Counter::weight_memory_reads] == 10 * 3);  // output-stationary: for each of the 2 row groups
  CHECK(events[Counter::activation_memory_reads] == 2 * 5 * 3);
  CHECK(events[Counter::array_operand_bits] == 64 * (10 * 3 + 2 * 5 * 3));
  CHECK(events[Counter::accumulator_memory_writes] == 50 * 3);
  CHECK(events[Counter::accumulator_memory_reads] == 50 * 2);  // nothing is there in the first word's steps
  i.accumulate = 1;
  CHECK(count(i, spec)[Counter::accumulator_memory_reads] == 50 * 3);
}

TEST_CASE("A5: a wide accumulator port brings a row's sums of 8 columns, then of the other 2") {
  MachineSpec spec = machine();
  spec.array.dataflow = Dataflow::weight_stationary;
  spec.accumulator_memory = {64, 1, 512};
  // All ten sums of a position would fit one access, but no step has them together.
  CHECK(count(tile(), spec)[Counter::accumulator_memory_writes] == 5 * 3 * 2);
  CHECK(count(tile(), spec)[Counter::accumulator_memory_reads] == 5 * 2 * 2);
  spec.array.cols = 10;
  CHECK(count(tile(), spec)[Counter::accumulator_memory_writes] == 5 * 3);
}

TEST_CASE("a load of 3 rows of 20 bytes counts 60 bytes and three accesses for each row") {
  isa::Load i;
  i.memory = Memory::weight;
  i.rows = 3;
  i.row_bytes = 20;
  const CounterSet events = count(i, machine());
  CHECK(events[Counter::load_bytes] == 60);
  CHECK(events[Counter::dram_read_bytes] == 60);
  CHECK(events[Counter::weight_memory_writes] == 3 * 3);
  CHECK(events[Counter::dram_write_bytes] == 0);
}

TEST_CASE("a gather of 3 rows of 20 bytes counts what a load of them does, and two reads for three indices") {
  isa::Gather i;
  i.memory = Memory::weight;
  i.rows = 3;
  i.row_bytes = 20;
  i.table_rows = 1000;
  const CounterSet events = count(i, machine());
  CHECK(events[Counter::load_bytes] == 60);
  CHECK(events[Counter::dram_read_bytes] == 60);
  CHECK(events[Counter::weight_memory_writes] == 3 * 3);
  CHECK(events[Counter::activation_memory_reads] == 2);  // 96 bits through ports of 64
}

TEST_CASE("a lookup of 5 x 10 values reads 50 points, and where it interpolates 100 for 50 products") {
  isa::Lookup i = vector_of<isa::Lookup>(5, 10, Format::int8);
  i.segments = 8;
  CounterSet events = count(i, machine());
  CHECK(events[Counter::vector_lookups] == 50);
  CHECK(events[Counter::vector_multiplications] == 0);
  CHECK(events[Counter::weight_memory_reads] == 50);
  CHECK(events[Counter::accumulator_memory_reads] == 50);
  CHECK(events[Counter::activation_memory_writes] == 5 * 2);
  i.interpolate = 1;
  events = count(i, machine());
  CHECK(events[Counter::vector_lookups] == 50);
  CHECK(events[Counter::vector_multiplications] == 50);
  CHECK(events[Counter::weight_memory_reads] == 100);
  MachineSpec narrow = machine();
  narrow.weight_memory.width_bits = 8;
  CHECK(count(i, narrow)[Counter::weight_memory_reads] == 200);
}

TEST_CASE("a multiply of 5 x 10 values is 50 products, of floats 50 affine operations, and reads y and z") {
  isa::Multiply i = vector_of<isa::Multiply>(5, 10, Format::int8);
  i.second = Second::tensor;
  i.second_format = i.third_format = Format::int16;
  CounterSet events = count(i, machine());
  CHECK(events[Counter::vector_multiplications] == 50);
  CHECK(events[Counter::activation_memory_reads] == 5 * 3);  // 160 bits a row
  CHECK(events[Counter::weight_memory_reads] == 0);
  i.third = Second::tensor;
  events = count(i, machine());
  CHECK(events[Counter::vector_multiplications] == 50);
  CHECK(events[Counter::activation_memory_reads] == 2 * 5 * 3);
  i.source_format = i.format = Format::float32;
  i.second_format = i.third_format = Format::float16;
  events = count(i, machine());
  CHECK(events[Counter::vector_multiplications] == 0);
  CHECK(events[Counter::vector_affine_operations] == 50);
}

TEST_CASE("a function of 5 x 10 values is 400 operations, and a sample 50 draws with 50 register accesses") {
  isa::Function function = vector_of<isa::Function>(5, 10, Format::float32);
  function.source_format = Format::float32;
  CHECK(count(function, machine())[Counter::vector_function_operations] == 400);
  const CounterSet events = count(vector_of<isa::Sample>(5, 10, Format::planes), machine());
  CHECK(events[Counter::vector_draws] == 50);
  CHECK(events[Counter::activation_memory_reads] == 5 * 5);       // 320 bits a row of registers
  CHECK(events[Counter::activation_memory_writes] == 5 * 5 + 5);  // and 20 bits a row of results
}

TEST_CASE("a store of 3 rows of 20 bytes of sums counts 60 bytes and five accesses for each row") {
  isa::Store i;
  i.memory = Memory::accumulator;
  i.rows = 3;
  i.row_bytes = 20;
  const CounterSet events = count(i, machine());
  CHECK(events[Counter::store_bytes] == 60);
  CHECK(events[Counter::dram_write_bytes] == 60);
  CHECK(events[Counter::accumulator_memory_reads] == 3 * 5);
}

TEST_CASE("a threshold of 5 x 10 sums with two thresholds compares 100 times and writes 20 bits a row") {
  isa::Threshold i = threshold_of(5, 10, 2);
  i.per_channel = 1;
  i.threshold_bytes = 2;
  const CounterSet events = count(i, machine());
  CHECK(events[Counter::vector_comparisons] == 100);
  CHECK(events[Counter::accumulator_memory_reads] == 50);
  CHECK(events[Counter::weight_memory_reads] == 7);  // 10 rows of 5 bytes: 400 bits
  CHECK(events[Counter::activation_memory_writes] == 5);
}

TEST_CASE("an affine output of 5 x 10 sums multiplies 50 times and writes 320 bits a row") {
  const CounterSet events = count(affine_of(5, 10), machine());
  CHECK(events[Counter::vector_affine_operations] == 50);
  CHECK(events[Counter::accumulator_memory_reads] == 50);
  CHECK(events[Counter::weight_memory_reads] == 2);  // one row of 12 bytes for all: 96 bits
  CHECK(events[Counter::activation_memory_writes] == 5 * 5);
}

TEST_CASE("a second tensor doubles the 50 operations and its 5 rows are read from activation memory") {
  isa::Scale i = scale_of(5, 10);
  CHECK(count(i, machine())[Counter::vector_scale_operations] == 50);
  CHECK(count(i, machine())[Counter::activation_memory_reads] == 0);
  i.second = Second::tensor;
  i.second_format = Format::int16;
  CHECK(count(i, machine())[Counter::vector_scale_operations] == 100);
  CHECK(count(i, machine())[Counter::activation_memory_reads] == 5 * 3);  // 160 bits a row
  i.second = Second::pair;
  CHECK(count(i, machine())[Counter::vector_scale_operations] == 100);
  CHECK(count(i, machine())[Counter::activation_memory_reads] == 0);
  CHECK(count(i, machine())[Counter::accumulator_memory_reads] == 100);
}

TEST_CASE(
    "a maximum of 2 x 2 windows applies the function 4 times and compares 3 times, a sum once and adds") {
  isa::Scale i = scale_of(3, 10);
  i.kernel_h = i.kernel_w = 2;
  i.pool = Pool::max;
  const CounterSet largest = count(i, machine());
  CHECK(largest[Counter::vector_scale_operations] == 4 * 30);
  CHECK(largest[Counter::vector_comparisons] == 3 * 30);
  CHECK(largest[Counter::vector_additions] == 0);
  CHECK(largest[Counter::accumulator_memory_reads] == 4 * 30);
  i.pool = Pool::sum;
  const CounterSet sums = count(i, machine());
  CHECK(sums[Counter::vector_scale_operations] == 30);
  CHECK(sums[Counter::vector_comparisons] == 0);
  CHECK(sums[Counter::vector_additions] == 3 * 30);

  isa::Threshold threshold = threshold_of(3, 10, 2);
  threshold.kernel_h = threshold.kernel_w = 2;
  CHECK(count(threshold, machine())[Counter::vector_comparisons] == (4 * 2 + 3) * 30);
  isa::Copy copy = copy_of(3, 10);
  copy.kernel_h = copy.kernel_w = 2;
  CHECK(count(copy, machine())[Counter::vector_comparisons] == 3 * 30);
  CHECK(count(copy, machine())[Counter::weight_memory_reads] == 0);
}
