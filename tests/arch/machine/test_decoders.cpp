// SPDX-License-Identifier: Apache-2.0
// The decoders of ternary weights, in the load engine and in front of the array: their time and their events.
#include "arch/params/timing.hpp"
#include "arch/units/control/events.hpp"
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

using Ends = std::vector<std::uint64_t>;

MachineSpec machine_with(std::int64_t load_rate, std::int64_t array_rate = 0) {
  MachineSpec spec = small_machine();
  spec.decoder = {.load = true, .array = true, .elements_per_cycle = load_rate};
  spec.array.decoder_elements_per_cycle = array_rate;
  return spec;
}

/// Rows of 64 trits: 16 bytes of trit2 in DRAM, 16 of planes on chip.
isa::Unpack unpack_of(std::uint32_t rows) {
  return {Memory::weight, 0, 16, 0, rows, 16, Format::trit2, Format::planes, 1, 64};
}

Ends ends_of(const Program& program, std::int64_t rate) {
  return completions(machine_with(rate), program);
}

/// A product of `rows` x 3 sums over 40 trits, 5 words of 8.
isa::Matmul product_of(std::uint32_t rows, Format weights) {
  isa::Matmul i = matmul_of(rows, 3, 5);
  i.weight_format = weights;
  i.weight_stride = weights == Format::trit5 ? 8 : weights == Format::bitmap ? 6 : 10;
  return i;
}

std::int64_t step_with(Format weights, std::int64_t width_bits, std::int64_t rate = 0) {
  MachineSpec spec = machine_with(1, rate);
  spec.weight_memory.width_bits = width_bits;
  return step_cycles(spec, shape_of(product_of(2, weights)));
}

}  // namespace

// A burst that is alone is answered in 30. Two of one row are answered in 30 and 31.

TEST_CASE("D7: 64 elements in one burst are decoded in a cycle at 64 a cycle, and in two at 63 or 32") {
  const Program program = {make(unpack_of(1)), halt()};
  CHECK(ends_of(program, 1000) == Ends{31});
  CHECK(ends_of(program, 64) == Ends{31});
  CHECK(ends_of(program, 63) == Ends{32});
  CHECK(ends_of(program, 32) == Ends{32});
  CHECK(ends_of(program, 31) == Ends{33});
}

TEST_CASE("D7: of two bursts of 64 elements, at 63 a cycle, the second waits for the last of the first") {
  const Program program = {make(unpack_of(2)), halt()};
  CHECK(ends_of(program, 64) == Ends{32});
  CHECK(ends_of(program, 63) == Ends{33});
  CHECK(ends_of(program, 8) == Ends{30 + 16});
}

TEST_CASE("D7: rows in DRAM are one row to the bursts: 2 of 8 bytes are one burst, where a load has two") {
  isa::Unpack i = unpack_of(2);
  i.elements = 32;
  i.row_bytes = 8;
  CHECK(ends_of({make(i), halt()}, 80) == Ends{31});
  CHECK(ends_of({make(load_of(2, 8)), halt()}, 80) == Ends{31});
  i.rows = 4;
  CHECK(ends_of({make(i), halt()}, 80) == Ends{32});
  CHECK(ends_of({make(load_of(4, 8)), halt()}, 80) == Ends{33});
}

TEST_CASE("D7: a load behind an unpack of 4 cycles completes with it, not before") {
  const auto behind = make(load_of(1, 16, Memory::activation));
  // The load's burst is asked for in 12 and answered in 35.
  CHECK(ends_of({make(unpack_of(1)), behind, halt()}, 16) == Ends{34, 35});
  CHECK(ends_of({make(unpack_of(1)), behind, halt()}, 13) == Ends{35, 35});
  CHECK(ends_of({make(unpack_of(1)), behind, halt()}, 8) == Ends{38, 38});
}

TEST_CASE("A10: 3 words of 13 bits of trit5 need a cycle of 3 banks of 13 bits, and two of 12 bits") {
  CHECK(step_with(Format::planes, 16) == 1);
  CHECK(step_with(Format::planes, 15) == 2);
  CHECK(step_with(Format::trit2, 15) == 2);
  CHECK(step_with(Format::trit5, 13) == 1);  // 64 bits in 5 words
  CHECK(step_with(Format::trit5, 12) == 2);
  CHECK(step_with(Format::bitmap, 10) == 1);  // 48 bits in 5 words
  CHECK(step_with(Format::bitmap, 9) == 2);
}

TEST_CASE(
    "A10: a step of 24 trits takes a cycle of a decoder of 24 and two of one of 23, unless fed as it is") {
  CHECK(step_with(Format::trit5, 16, 24) == 1);
  CHECK(step_with(Format::trit5, 16, 23) == 2);
  CHECK(step_with(Format::trit2, 16, 23) == 2);
  CHECK(step_with(Format::planes, 16, 1) == 1);
  const auto ends = [](Format weights, std::int64_t rate) {
    return completions(machine_with(1, rate), {make(product_of(4, weights)), halt()});
  };
  // Started in 3: 2 groups of rows x 5 words, and depth 5.
  CHECK(ends(Format::planes, 23) == Ends{3 + 10 - 1 + 5});
  CHECK(ends(Format::trit2, 24) == Ends{3 + 10 - 1 + 5});
  CHECK(ends(Format::trit2, 23) == Ends{3 + 20 - 1 + 5});
  CHECK(ends(Format::trit2, 8) == Ends{3 + 30 - 1 + 5});
}

TEST_CASE("2 rows of 64 trits are 128 decoded elements, 32 bytes of DRAM and 16 accesses of 16 bits") {
  const CounterSet events = events_of(make(unpack_of(2)), narrow(machine_with(1)));
  CHECK(events[Counter::load_decoded_elements] == 128);
  CHECK(events[Counter::load_bytes] == 32);
  CHECK(events[Counter::dram_read_bytes] == 32);
  CHECK(events[Counter::weight_memory_writes] == 16);
}

TEST_CASE("4 x 3 sums over 40 trits decode 240 elements for 2 groups of rows, and read 3 words of 13 bits") {
  const CounterSet own = events_of(make(product_of(4, Format::planes)), narrow(machine_with(1)));
  const CounterSet trit5 = events_of(make(product_of(4, Format::trit5)), narrow(machine_with(1)));
  const CounterSet bitmap = events_of(make(product_of(4, Format::bitmap)), narrow(machine_with(1)));
  CHECK(own[Counter::array_decoded_elements] == 0);
  CHECK(trit5[Counter::array_decoded_elements] == 240);
  CHECK(bitmap[Counter::array_decoded_elements] == 240);
  CHECK(own[Counter::weight_memory_reads] == 2 * 5 * 3);
  CHECK(trit5[Counter::weight_memory_reads] == 2 * 5 * 3);   // 39 bits in accesses of 16
  CHECK(bitmap[Counter::weight_memory_reads] == 2 * 5 * 2);  // 30 bits
  CHECK(own[Counter::array_operand_bits] == trit5[Counter::array_operand_bits]);
  CHECK(own[Counter::popcount_ternary_planes_lanes] == bitmap[Counter::popcount_ternary_planes_lanes]);
}
