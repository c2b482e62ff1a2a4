// SPDX-License-Identifier: Apache-2.0
// What the instructions of recurrent layers do, on numbers that can be checked by hand.
#include <bit>
#include <cmath>
#include <limits>

#include "arch/datapath/lfsr.hpp"
#include "arch/datapath/rounding.hpp"
#include "arch/isa/curves.hpp"
#include "tests/arch/isa/running.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

constexpr std::int32_t least_int = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t most_int = std::numeric_limits<std::int32_t>::max();

/// int32 values of one position at `at` in activation memory.
void put_values(Memories& memories, std::size_t at, const Values& values) {
  put_row(memories.activation, at, Format::int32, values);
}
void put_points(Memories& memories, std::size_t at, const std::vector<std::int16_t>& points) {
  for (std::size_t k = 0; k < points.size(); ++k) put(memories.weight, at + 2 * k, points[k]);
}

/// A vector instruction over one position of `cols` int32 at 0, with int32 results at 1024.
template <class I>
I of_values(std::size_t cols) {
  I i = vector_operation<I>(Memory::activation, Format::int32, Format::int32, 1,
                            static_cast<std::uint32_t>(cols));
  i.result = 1024;
  return i;
}
template <class I>
Values results_of(const I& i, Memories& memories) {
  run(i, memories);
  return row_at(memories.activation, i.result, i.format, i.cols);
}

Values looked_up(isa::Lookup i, const std::vector<std::int16_t>& points, const Values& x) {
  Memories memories = cleared();
  put_values(memories, 0, x);
  put_points(memories, 50, points);
  i.table = 50;
  return results_of(i, memories);
}

/// x at 0, y at 256, z at 512.
struct Product {
  isa::Multiply i;
  Memories memories = cleared();
  Product(const Values& x, const Values& y, const Values& z) : i(of_values<isa::Multiply>(x.size())) {
    put_values(memories, 0, x);
    put_values(memories, 256, y);
    i.second = Second::tensor;
    i.second_format = i.third_format = Format::int32;
    i.second_address = 256;
    i.third_address = 512;
    if (!z.empty()) i.third = Second::tensor;
    if (!z.empty()) put_values(memories, 512, z);
    i.least = static_cast<std::uint32_t>(least_int);
    i.most = static_cast<std::uint32_t>(most_int);
  }
};

std::int32_t bits(float value) {
  return std::bit_cast<std::int32_t>(value);
}

}  // namespace

TEST_CASE("an odd table of 3 points gives -f(-x) for a negative x, and its last point beyond them") {
  auto i = of_values<isa::Lookup>(7);
  i.segments = 1;
  i.segment_shift = 3;
  i.interpolate = 1;
  CHECK(looked_up(i, {0, 80, 100}, {0, 4, -4, 12, -12, 1000, least_int}) ==
        Values{0, 40, -40, 90, -90, 100, -100});
  i.interpolate = 0;
  CHECK(looked_up(i, {0, 80, 100}, {0, 3, -4, 11, -12, most_int, least_int}) ==
        Values{0, 0, -80, 80, -100, 100, -100});
}

TEST_CASE("a complementary table gives one - f(-x): with one at 256, 256 - 200 for -8, and 128 for 0") {
  auto i = of_values<isa::Lookup>(5);
  i.segments = 1;
  i.segment_shift = 3;
  i.symmetry = Symmetry::complement;
  i.one = 256;
  CHECK(looked_up(i, {128, 200, 250}, {0, 8, -8, 16, -16}) == Values{128, 200, 56, 250, 6});
  i.one = static_cast<std::uint32_t>(least_int);  // and wraps
  CHECK(looked_up(i, {128, 200, 250}, {0, 8, -8, 16, -16}) ==
        Values{128, 200, most_int - 199, 250, most_int - 249});
}

TEST_CASE("a table of 2^8 segments is within 3 codes of the sigmoid and of tanh at 4,001 values of x") {
  // x has 8 bits behind the point, results 14; the last point is at 8.
  std::vector<std::int16_t> sigmoid, tanh;
  for (int k = 0; k <= 256; ++k) {
    const double x = k / 32.0;
    sigmoid.push_back(static_cast<std::int16_t>(std::lround(16384 / (1 + std::exp(-x)))));
    tanh.push_back(static_cast<std::int16_t>(std::lround(16384 * std::tanh(x))));
  }
  auto i = of_values<isa::Lookup>(1);
  i.segments = 8;
  i.segment_shift = 3;
  i.interpolate = 1;
  i.one = 16384;
  i.table = 64;
  Memories memories = cleared();
  for (const bool odd : {false, true}) {
    put_points(memories, 64, odd ? tanh : sigmoid);
    i.symmetry = odd ? Symmetry::odd : Symmetry::complement;
    for (std::int32_t x = -2000; x <= 2000; ++x) {
      put_values(memories, 0, {x});
      const double real = x / 256.0;
      const double expected = 16384 * (odd ? std::tanh(real) : 1 / (1 + std::exp(-real)));
      REQUIRE(std::abs(results_of(i, memories)[0] - expected) <= 3);
    }
  }
}

TEST_CASE("a product of 3 and 5 with 2 x 2^3 added is 31, and a fourth of it 8") {
  Product p({3, -3, 3}, {5, 5, -5}, {2, 2, -2});
  p.i.third_shift = 3;
  CHECK(results_of(p.i, p.memories) == Values{31, 1, -31});
  p.i.shift = 2;
  CHECK(results_of(p.i, p.memories) == Values{8, 0, -8});
  p.i.third = Second::none;
  CHECK(results_of(p.i, p.memories) == Values{4, -4, -4});
}

TEST_CASE("products are rounded half to even: 2, 6 and 10 quarters are 0, 2 and 2") {
  Product p({2, 6, 10, -2, -6, -10}, {1, 1, 1, 1, 1, 1}, {});
  p.i.shift = 2;
  CHECK(results_of(p.i, p.memories) == Values{0, 2, 2, 0, -2, -2});
}

TEST_CASE("the sum of a product wraps at 64 bits: 2^62 + (2^31 - 1) x 2^32 is 2^62 - 2^32 - 2^63") {
  Product p({least_int, least_int}, {least_int, least_int}, {least_int, most_int});
  p.i.third_shift = 32;
  p.i.shift = 32;
  CHECK(results_of(p.i, p.memories) == Values{-(1 << 30), least_int + (1 << 30) - 1});
}

TEST_CASE("of 5 products 2 are clamped to -100 and 100, and counted") {
  Product p({10, 11, -10, -11, 0}, {10, 10, 10, 10, 10}, {});
  p.i.least = static_cast<std::uint32_t>(-100);
  p.i.most = 100;
  CHECK(run(p.i, p.memories).saturations == 2);
  CHECK(row_at(p.memories.activation, 1024, Format::int32, 5) == Values{100, 100, -100, -100, 0});
}

TEST_CASE("floats are rounded after the product and after the sum, and their clamps are not counted") {
  const float a = 1 + 0x1p-12F, third = -1 - 0x1p-11F;
  Product p({bits(a), bits(3), bits(-5)}, {bits(a), bits(7), bits(7)}, {bits(third), bits(1), bits(1)});
  p.i.source_format = p.i.second_format = p.i.third_format = p.i.format = Format::float32;
  p.i.least = static_cast<std::uint32_t>(bits(-20));
  p.i.most = static_cast<std::uint32_t>(bits(20));
  CHECK(run(p.i, p.memories).saturations == 0);
  // The product is 1 + 2^-11 + 2^-24, rounded 1 + 2^-11: with one rounding 2^-24 would stay.
  CHECK(row_at(p.memories.activation, 1024, Format::float32, 3) == Values{bits(0), bits(20), bits(-20)});
}

TEST_CASE("a product may be written over each of its 3 operands") {
  for (const std::uint32_t at : {0U, 256U, 512U}) {
    Product p({1, 2, 3}, {10, 20, 30}, {5, 6, 7});
    p.i.result = at;
    CHECK(results_of(p.i, p.memories) == Values{15, 46, 97});
  }
}

TEST_CASE("the sigmoid of 0 is a half, tanh of 2 x 0.5 is 0x1.85efacp-1, and a NaN is 0x7fc00000") {
  auto i = of_values<isa::Function>(4);
  i.source_format = i.format = Format::float32;
  Memories memories = cleared();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  put_values(memories, 0, {bits(0), bits(2), bits(-1000), bits(-nan)});
  i.slope = static_cast<std::uint32_t>(bits(0.5F));
  CHECK(results_of(i, memories) == Values{bits(0.5F), bits(0x1.764d5p-1F), bits(0), 0x7fc00000});
  i.function = Curve::tanh;
  CHECK(results_of(i, memories) == Values{bits(0), bits(0x1.85efacp-1F), bits(-1), 0x7fc00000});
}

TEST_CASE("a draw shifts 16 bits into each register: 0x80000000 draws 0x8020 and 1 draws 0x40") {
  auto i = of_values<isa::Sample>(4);
  i.registers = 512;
  Memories memories = cleared();
  put_values(memories, 0, {0x8020, 0x8021, -0x8021, 0x41});
  put_values(memories, 512, {least_int, least_int, least_int, 1});
  CHECK(results_of(i, memories) == Values{0, 1, -1, 1});
  CHECK(row_at(memories.activation, 512, Format::int32, 4) == Values{0x8020, 0x8020, 0x8020, 0x10040});
  put_values(memories, 0, {0, 0, 0, 0x1003});  // 0x10040 draws 0x1003
  CHECK(results_of(i, memories) == Values{0, 0, 0, 0});
  CHECK(get<std::uint32_t>(memories.activation, 524) == 0x401003);
}

TEST_CASE("10 steps of 24 units give the same trits at once, in 3 instructions of 8, and on 2 word sizes") {
  const auto trits = [](std::uint32_t pieces, std::int64_t word_bits) {
    MachineSpec spec = whole_machine();
    spec.array.word_bits = word_bits;
    Memories memories(spec, 4096);
    Values x, registers;
    for (std::int32_t u = 0; u < 24; ++u) {
      x.push_back((u - 12) * 5000);
      registers.push_back(static_cast<std::int32_t>(first_register(
          9, {.layer = 2, .direction = 1, .batch = 0, .unit = static_cast<std::uint64_t>(u)})));
    }
    put_values(memories, 0, x);
    put_values(memories, 512, registers);
    Values all;
    for (int step = 0; step < 10; ++step) {
      for (std::uint32_t piece = pieces; piece-- > 0;) {
        const std::uint32_t cols = 24 / pieces;
        auto i = of_values<isa::Sample>(cols);
        i.address = 4 * piece * cols;
        i.registers = 512 + 4 * piece * cols;
        i.result = 1024;
        i.first = piece * cols;
        i.format = Format::planes;
        run(i, memories, spec);
      }
      const Values row =
          unpack_row(Format::planes, word_bits, std::span(memories.activation).subspan(1024), 24);
      all.insert(all.end(), row.begin(), row.end());
    }
    return all;
  };
  const Values at_once = trits(1, 16);
  CHECK(std::count(at_once.begin(), at_once.end(), 0) > 60);
  CHECK(std::count(at_once.begin(), at_once.end(), 1) > 40);
  CHECK(std::count(at_once.begin(), at_once.end(), -1) > 40);
  CHECK(trits(3, 16) == at_once);
  CHECK(trits(1, 64) == at_once);
}

TEST_CASE("a gather of rows 2, 0 and 2 copies 3 bytes of each and leaves the gaps alone") {
  Memories memories = cleared();
  for (std::size_t b = 0; b < 16; ++b) memories.dram[100 + b] = static_cast<std::uint8_t>(b + 1);
  memories.accumulator.assign(memories.accumulator.size(), 0xee);
  put_values(memories, 40, {2, 0, 2});
  run(isa::Gather{Memory::accumulator, 8, 4, 100, 5, 3, 3, 3, 40}, memories);
  CHECK(std::vector<std::uint8_t>(memories.accumulator.begin() + 7, memories.accumulator.begin() + 20) ==
        std::vector<std::uint8_t>{0xee, 11, 12, 13, 0xee, 1, 2, 3, 0xee, 11, 12, 13, 0xee});
}

TEST_CASE("a gather may write over its indices, and an index of 3 in a table of 3 rows is an error") {
  Memories memories = cleared();
  put(memories.dram, 0, std::int32_t{7});
  put(memories.dram, 4, std::int32_t{8});
  put(memories.dram, 8, std::int32_t{9});
  put_values(memories, 40, {2, 1, 0});
  const isa::Gather i = {Memory::activation, 40, 4, 0, 4, 3, 3, 4, 40};
  run(i, memories);
  CHECK(row_at(memories.activation, 40, Format::int32, 3) == Values{9, 8, 7});
  put_values(memories, 40, {2, 3, 0});
  const std::vector<std::uint8_t> before = memories.activation;
  const auto message = [&] { return message_of([&] { run(i, memories); }); };
  CHECK(message() == "row 1 has the index 3; the table has 3 rows");
  CHECK(memories.activation == before);
  put_values(memories, 40, {2, 1, -1});
  CHECK(message() == "row 2 has the index -1; the table has 3 rows");
}
