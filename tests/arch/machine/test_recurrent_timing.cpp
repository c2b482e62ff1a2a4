// SPDX-License-Identifier: Apache-2.0
// The time of the instructions that recurrent layers need, on the small machine of test_timing.cpp: a vector
// instruction starts in 3 and takes in 4 values a cycle, with a latency of 3.
#include <cstring>

#include "arch/datapath/rounding.hpp"
#include "arch/isa/curves.hpp"
#include "arch/isa/vector_time.hpp"
#include "support/diagnostics.hpp"
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

using Ends = std::vector<std::uint64_t>;

template <class I>
Ends ends_of(const I& operation) {
  return completions(small_machine(), {make(operation), halt()});
}

isa::Multiply multiply_of(std::uint32_t rows, std::uint32_t cols) {
  auto i = vector_of<isa::Multiply>(rows, cols, Format::int8);
  i.second = Second::tensor;
  i.second_format = Format::int8;
  i.second_line_stride = cols;
  i.third_format = Format::int8;
  i.third_line_stride = cols;
  return i;
}

/// A copy that writes `rows` indices of 0 or 1, and behind it a transfer that waits for it.
template <class Transfer>
Program behind_indices(const Transfer& transfer, std::uint32_t rows) {
  isa::Copy copy;
  one_tap(copy, 1);
  copy.memory = Memory::activation;
  copy.source_format = Format::u1;
  copy.cols = rows;
  copy.format = Format::int32;
  copy.result = 512;
  return {make(copy, {}, set_of({Engine::load})), make(transfer, set_of({Engine::vector})), halt()};
}

isa::Gather gather_of(std::uint32_t rows, std::uint32_t row_bytes, std::uint32_t table_rows = 2) {
  return {Memory::weight, 0, row_bytes, 0, row_bytes, table_rows, rows, row_bytes, 512};
}

}  // namespace

TEST_CASE("V4: a lookup of 4 values takes 1 cycle and of 5 two, and twice that where it interpolates") {
  auto lookup = vector_of<isa::Lookup>(1, 4, Format::int8);
  CHECK(ends_of(lookup) == Ends{2 + 1 + 3});
  lookup.segments = 8;
  CHECK(ends_of(lookup) == Ends{2 + 1 + 3});
  lookup.interpolate = 1;
  CHECK(ends_of(lookup) == Ends{2 + 2 + 3});
  lookup.cols = 5;
  CHECK(ends_of(lookup) == Ends{2 + 4 + 3});
  lookup.interpolate = 0;
  CHECK(ends_of(lookup) == Ends{2 + 2 + 3});
}

TEST_CASE("V5: a sigmoid or tanh of 4 values takes 8 cycles, of 5 values 16") {
  auto function = vector_of<isa::Function>(1, 4, Format::float32);
  function.source_format = Format::float32;
  CHECK(ends_of(function) == Ends{2 + 8 + 3});
  function.function = Curve::tanh;
  CHECK(ends_of(function) == Ends{2 + 8 + 3});
  function.cols = 5;
  CHECK(ends_of(function) == Ends{2 + 16 + 3});
  CHECK(vector_cycles(small_machine(), function) == 2 * function_operations);
}

TEST_CASE("V6: a product of 5 values takes 2 cycles for x, 2 for y and 2 for z where there is one") {
  isa::Multiply multiply = multiply_of(1, 4);
  CHECK(ends_of(multiply) == Ends{2 + 1 + 1 + 3});
  multiply.third = Second::tensor;
  CHECK(ends_of(multiply) == Ends{2 + 1 + 1 + 1 + 3});
  multiply = multiply_of(1, 5);
  CHECK(ends_of(multiply) == Ends{2 + 2 + 2 + 3});
  multiply.third = Second::tensor;
  CHECK(ends_of(multiply) == Ends{2 + 2 + 2 + 2 + 3});
}

TEST_CASE("V6: a sample of 4 values takes a cycle for them and one for their registers, of 5 two and two") {
  auto sample = vector_of<isa::Sample>(1, 4, Format::planes);
  CHECK(ends_of(sample) == Ends{2 + 1 + 1 + 3});
  sample.cols = 5;
  sample.registers_line_stride = 20;
  CHECK(ends_of(sample) == Ends{2 + 2 + 2 + 3});
}

TEST_CASE("D6: a gather of 2 rows of 17 bytes takes the 4 bursts of a load of these rows") {
  const auto ends = [](const auto& transfer, std::uint32_t rows) {
    return completions(small_machine(), behind_indices(transfer, rows));
  };
  // The copy completes in 6, so the transfer starts in 7, has its indices in a cycle and asks for its first
  // burst in 12.
  CHECK(ends(gather_of(1, 16), 1) == Ends{6, 35});
  CHECK(ends(gather_of(1, 17), 1) == Ends{6, 36});
  CHECK(ends(gather_of(2, 16), 2) == Ends{6, 36});
  CHECK(ends(gather_of(2, 17), 2) == Ends{6, 38});
  CHECK(ends(gather_of(2, 17, 1000), 2) == Ends{6, 38});  // the table's rows cost nothing
  CHECK(ends(load_of(2, 17), 2) == Ends{6, 37});
  // Two indices are 64 bits: a cycle through 64, two through 63.
  const auto through = [](std::int64_t width_bits) {
    MachineSpec spec = small_machine();
    spec.activation_memory = {.size_KiB = 4, .banks = 1, .width_bits = width_bits};
    const Ends both = completions(spec, behind_indices(gather_of(2, 4), 2));
    return both[1] - both[0];
  };
  CHECK(through(63) == through(64) + 1);
}

TEST_CASE("E4: a gather holds the whole table, 2 rows of it or not, and the indices that it will read") {
  isa::Store store = store_of(1, 4);
  store.dram = 17;
  const auto held = [](const isa::Gather& gather, const auto& other) {
    const Program program = {make(gather), make(other), halt()};
    return simulate(small_machine(), program, {.functional = false}, [](Elaboration& machine) {
      try {
        machine.run();
      } catch (const RunError& error) {
        return std::string(error.what());
      }
      return std::string("no error");
    });
  };
  CHECK(held(gather_of(1, 16), store) ==
        "instruction 1 (store) touches 'dram' in the dram memory while instruction 0 (gather) holds it");
  store.dram = 32;
  CHECK(held(gather_of(1, 16), store) == "no error");
  auto copy = vector_of<isa::Copy>(1, 4, Format::int8);
  copy.result = 512 + 3;
  CHECK(
      held(gather_of(1, 16), copy) ==
      "instruction 1 (copy) touches 'result' in the activation memory while instruction 0 (gather) holds it");
  copy.result = 512 + 4;
  CHECK(held(gather_of(1, 16), copy) == "no error");
}

TEST_CASE("an index of 2 in a table of 2 rows ends the run with an error, and without values none is read") {
  const auto run = [](std::int32_t index, bool functional) {
    return simulate(small_machine(), {make(gather_of(1, 16)), halt()}, {.functional = functional},
                    [&](Elaboration& machine) {
                      std::memcpy(machine.memories().activation.data() + 512, &index, sizeof index);
                      try {
                        return std::to_string(machine.run().cycles);
                      } catch (const RunError& error) {
                        return std::string(error.what());
                      }
                    });
  };
  CHECK(run(1, true) == "32");
  CHECK(run(2, true) == "instruction 0 (gather): row 0 has the index 2; the table has 2 rows");
  CHECK(run(-1, true) == "instruction 0 (gather): row 0 has the index -1; the table has 2 rows");
  CHECK(run(2, false) == "32");
}
