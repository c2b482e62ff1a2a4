// SPDX-License-Identifier: Apache-2.0
#include "arch/units/events.hpp"
#include "tests/catch.hpp"

using tricycle::Counter;
using tricycle::CounterSet;
using tricycle::Datapath;
using tricycle::events_of;
using tricycle::Format;
using tricycle::Instruction;
using tricycle::MachineSpec;
using tricycle::Memory;
namespace isa = tricycle::isa;

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

CounterSet count(const tricycle::Operation& operation, const MachineSpec& spec) {
  Instruction instruction;
  instruction.operation = operation;
  return events_of(instruction, spec);
}

/// 5 rows, 10 columns, 3 words.
isa::Matmul tile() {
  isa::Matmul i;
  i.datapath = Datapath::ternary_planes;
  i.rows = 5;
  i.cols = 10;
  i.words = 3;
  return i;
}

}  // namespace

TEST_CASE("a matmul of 5 x 10 x 3 words on 4 x 8 PEs reads a word for each row or column of every step") {
  const CounterSet events = count(tile(), machine());
  CHECK(events[Counter::array_steps] == 2 * 2 * 3);
  CHECK(events[Counter::weight_memory_reads] == 2 * 10 * 3);
  CHECK(events[Counter::activation_memory_reads] == 2 * 5 * 3);
  CHECK(events[Counter::array_operand_bits] == 64 * (2 * 10 * 3 + 2 * 5 * 3));
  CHECK(events[Counter::popcount_ternary_planes_lanes] == 5 * 10 * 3 * 32);
  CHECK(events[Counter::popcount_sums] == 5 * 10 * 3);
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
  spec.array.fatnn_mask = 1;
  spec.weight_memory = {96, 8, 96};
  isa::Matmul i = tile();
  i.datapath = Datapath::ternary_fatnn;
  const CounterSet events = count(i, spec);
  CHECK(events[Counter::weight_memory_reads] == 2 * 10 * 3);
  CHECK(events[Counter::array_operand_bits] == 96 * 2 * 10 * 3 + 64 * 2 * 5 * 3);
  CHECK(events[Counter::popcount_ternary_fatnn_mask_lanes] == 5 * 10 * 3 * 32);
  CHECK(events[Counter::popcount_ternary_fatnn_lanes] == 0);
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
  isa::Threshold i;
  i.memory = Memory::accumulator;
  i.per_channel = 1;
  i.thresholds = 2;
  i.threshold_bytes = 2;
  i.format = Format::planes;
  i.rows = 5;
  i.cols = 10;
  const CounterSet events = count(i, machine());
  CHECK(events[Counter::vector_comparisons] == 100);
  CHECK(events[Counter::accumulator_memory_reads] == 50);
  CHECK(events[Counter::weight_memory_reads] == 7);  // 10 rows of 5 bytes: 400 bits
  CHECK(events[Counter::activation_memory_writes] == 5);
}

TEST_CASE("an affine output of 5 x 10 sums multiplies 50 times and writes 320 bits a row") {
  isa::Affine i;
  i.rows = 5;
  i.cols = 10;
  const CounterSet events = count(i, machine());
  CHECK(events[Counter::vector_affine_operations] == 50);
  CHECK(events[Counter::accumulator_memory_reads] == 50);
  CHECK(events[Counter::weight_memory_reads] == 1);  // one scale and bias for all: 64 bits
  CHECK(events[Counter::activation_memory_writes] == 5 * 5);
}
