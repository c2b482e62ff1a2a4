// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/meaning.hpp"

#include <limits>

#include "tests/arch/isa/running.hpp"

using namespace tricycle;
using namespace tricycle::test;

TEST_CASE("a sum of 8 bits wraps at 127 and -128") {
  CHECK(wrap_sum(127, 8) == 127);
  CHECK(wrap_sum(128, 8) == -128);
  CHECK(wrap_sum(-128, 8) == -128);
  CHECK(wrap_sum(-129, 8) == 127);
  CHECK(wrap_sum(256, 8) == 0);
  CHECK(wrap_sum(7, 4) == 7);
  CHECK(wrap_sum(8, 4) == -8);
}

TEST_CASE("a sum of 32 bits wraps at 2,147,483,647") {
  CHECK(wrap_sum(2147483647, 32) == 2147483647);
  CHECK(wrap_sum(2147483648, 32) == std::numeric_limits<std::int32_t>::min());
  CHECK(wrap_sum(-2147483649, 32) == 2147483647);
  CHECK(wrap_sum(0, 32) == 0);
}

TEST_CASE("a load of 2 rows of 3 bytes, 5 apart in DRAM and 4 apart on chip, leaves the gaps alone") {
  Memories memories = cleared();
  for (std::size_t i = 0; i < 16; ++i) memories.dram[100 + i] = static_cast<std::uint8_t>(i + 1);
  memories.accumulator.assign(memories.accumulator.size(), 0xee);
  run(isa::Load{Memory::accumulator, 8, 4, 100, 5, 2, 3}, memories);
  const std::vector<std::uint8_t> expected = {0xee, 1, 2, 3, 0xee, 6, 7, 8, 0xee};
  CHECK(std::vector<std::uint8_t>(memories.accumulator.begin() + 7, memories.accumulator.begin() + 16) ==
        expected);
  // And back: what a store writes, a load of the same rows reads.
  run(isa::Store{Memory::accumulator, 8, 4, 200, 7, 2, 3}, memories);
  CHECK(std::vector<std::uint8_t>(memories.dram.begin() + 200, memories.dram.begin() + 211) ==
        std::vector<std::uint8_t>{1, 2, 3, 0, 0, 0, 0, 6, 7, 8, 0});
}

TEST_CASE("a region of 2 rows reads codes, bytes and words as they lie") {
  Memories memories = cleared();
  put_row(memories.activation, 4, Format::trit2, {1, 0, -1, 1});
  put_row(memories.activation, 10, Format::trit2, {0, -1, 0, 1});
  CHECK(read_region({Memory::activation, Format::trit2, 4, 6, 1, 2, 3}, whole_machine(), memories) ==
        Values{0, -1, 1, -1, 0, 1});
  memories.activation[100] = 250;
  CHECK(read_region({Memory::activation, Format::uint8, 100, 0, 0, 1, 1}, whole_machine(), memories) ==
        Values{250});
  CHECK(read_region({Memory::activation, Format::int8, 100, 0, 0, 1, 1}, whole_machine(), memories) ==
        Values{-6});
  put_row(memories.activation, 200, Format::s5, {-16, 15, 3});
  CHECK(read_region({Memory::activation, Format::s5, 200, 0, 1, 1, 2}, whole_machine(), memories) ==
        Values{15, 3});
  put(memories.accumulator, 8, std::int32_t{-7});
  CHECK(read_region({Memory::accumulator, Format::int32, 0, 0, 2, 1, 1}, whole_machine(), memories) ==
        Values{-7});
}
