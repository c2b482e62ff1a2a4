// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/meaning.hpp"

#include <bit>
#include <cstring>
#include <limits>

#include "arch/datapath/dot.hpp"
#include "arch/datapath/packing.hpp"
#include "arch/isa/footprint.hpp"
#include "support/random.hpp"
#include "tests/arch/machines.hpp"
#include "tests/catch.hpp"

using namespace tricycle;
using test::small_machine;

namespace {

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
void put_bytes(std::vector<std::uint8_t>& memory, std::size_t at, const std::vector<std::uint8_t>& bytes) {
  std::memcpy(memory.data() + at, bytes.data(), bytes.size());
}

template <class Operation>
Effects run(const Operation& operation, Memories& memories, const MachineSpec& spec = small_machine()) {
  Instruction instruction;
  instruction.operation = operation;
  REQUIRE(defect_of(instruction, spec).empty());
  return execute(instruction, spec, memories);
}

Memories cleared(const MachineSpec& spec = small_machine()) {
  return Memories(spec, 4096);
}

/// codes[n] for n thresholds reached.
std::uint64_t codes(const std::vector<int>& values) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    bits |= std::uint64_t{static_cast<std::uint8_t>(values[i])} << (8 * i);
  }
  return bits;
}

/// The codes of one row of sums under one record of thresholds for all.
template <class T>
std::vector<int> thresholded(const std::vector<std::int32_t>& sums, const std::vector<T>& thresholds,
                             std::int8_t sign, std::uint64_t table) {
  Memories memories = cleared();
  for (std::size_t i = 0; i < sums.size(); ++i) put(memories.accumulator, 4 * i, sums[i]);
  for (std::size_t t = 0; t < thresholds.size(); ++t)
    put(memories.weight, 101 + t * sizeof(T), thresholds[t]);
  put(memories.weight, 101 + thresholds.size() * sizeof(T), sign);
  isa::Threshold i{
      Memory::accumulator, 0, 0, 101, 0, static_cast<std::uint8_t>(thresholds.size()), sizeof(T), table,
      Format::trit2,       0, 0, 0,   1, static_cast<std::uint32_t>(sums.size())};
  run(i, memories);
  std::vector<int> found;
  for (std::size_t c = 0; c < sums.size(); ++c) {
    found.push_back(get_element(Format::trit2, 16, memories.activation, static_cast<std::int64_t>(c)));
  }
  return found;
}

}  // namespace

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

TEST_CASE("a matmul of 3 x 5 sums over 21 elements equals the plain dot products on every datapath") {
  Random random(21);
  for (const FatnnMask mask : {FatnnMask::on_the_fly, FatnnMask::precomputed}) {
    MachineSpec spec = small_machine();
    spec.array.fatnn_mask = static_cast<int>(mask);
    for (const Datapath datapath : {Datapath::binary, Datapath::ternary_fatnn, Datapath::ternary_planes}) {
      Memories memories = cleared(spec);
      const std::int64_t k = 21;
      const Format a_format = activation_format(datapath), w_format = weight_format(datapath, mask);
      const auto a_stride = static_cast<std::uint32_t>(row_bytes(a_format, k, 16) + 1);
      const auto w_stride = static_cast<std::uint32_t>(row_bytes(w_format, k, 16) + 3);
      std::vector<std::vector<std::int8_t>> a(3), w(5);
      const auto fill = [&](auto& rows, Format format, std::uint32_t stride, auto& memory, std::size_t base) {
        for (std::size_t r = 0; r < rows.size(); ++r) {
          for (std::int64_t i = 0; i < k; ++i) {
            const bool binary = datapath == Datapath::binary;
            rows[r].push_back(
                static_cast<std::int8_t>(binary ? 2 * random.between(0, 1) - 1 : random.between(-1, 1)));
          }
          put_bytes(memory, base + r * stride, pack_row(format, 16, rows[r]));
        }
      };
      fill(a, a_format, a_stride, memories.activation, 10);
      fill(w, w_format, w_stride, memories.weight, 33);
      const auto words =
          static_cast<std::uint32_t>((k + lanes_per_word(datapath, 16) - 1) / lanes_per_word(datapath, 16));
      isa::Matmul i{datapath, 0, 10, a_stride, 33, w_stride, 40, 24, 3, 5, words, 21};
      put(memories.accumulator, 40, 1000);
      CHECK(run(i, memories, spec).overflows == 0);
      for (std::size_t r = 0; r < 3; ++r) {
        for (std::size_t c = 0; c < 5; ++c) {
          CHECK(get<std::int32_t>(memories.accumulator, 40 + 24 * r + 4 * c) == dot_reference(a[r], w[c]));
        }
        CHECK(get<std::int32_t>(memories.accumulator, 40 + 24 * r + 20) == 0);  // the gap
      }
      i.accumulate = 1;
      CHECK(run(i, memories, spec).overflows == 0);
      CHECK(get<std::int32_t>(memories.accumulator, 40) == 2 * dot_reference(a[0], w[0]));
    }
  }
}

TEST_CASE("a sum that does not fit the accumulator wraps and is counted") {
  MachineSpec spec = small_machine();
  spec.array.accumulator_bits = 4;
  Memories memories = cleared(spec);
  // Two columns of 8 elements: 1 . 1 = 8 does not fit 4 bits, -1 . 1 = -8 does.
  const std::vector<std::int8_t> plus(8, 1), minus(8, -1);
  put_bytes(memories.activation, 0, pack_row(Format::planes, 16, plus));
  put_bytes(memories.weight, 0, pack_row(Format::planes, 16, plus));
  put_bytes(memories.weight, 2, pack_row(Format::planes, 16, minus));
  isa::Matmul i{Datapath::ternary_planes, 0, 0, 0, 0, 2, 0, 8, 1, 2, 1, 8};
  CHECK(run(i, memories, spec).overflows == 1);
  CHECK(get<std::int32_t>(memories.accumulator, 0) == -8);
  CHECK(get<std::int32_t>(memories.accumulator, 4) == -8);
  // Accumulating: -8 + 8 = 0 fits, -8 - 8 = -16 wraps to 0.
  i.accumulate = 1;
  CHECK(run(i, memories, spec).overflows == 1);
  CHECK(get<std::int32_t>(memories.accumulator, 0) == 0);
  CHECK(get<std::int32_t>(memories.accumulator, 4) == 0);
}

TEST_CASE("a value equal to a threshold reaches it") {
  const std::vector<std::int32_t> sums = {-6, -5, -4, 6, 7, 8};
  CHECK(thresholded<std::int8_t>(sums, {-5, 7}, 1, codes({-1, 0, 1})) == std::vector<int>{-1, 0, 0, 0, 1, 1});
}

TEST_CASE("a sign of -1 compares the negated value: -5 reaches a threshold of 5, -4 does not") {
  const std::vector<std::int32_t> sums = {-6, -5, -4, 4};
  CHECK(thresholded<std::int8_t>(sums, {-4, 5}, -1, codes({-1, 0, 1})) == std::vector<int>{1, 1, 0, 0});
  CHECK(thresholded<std::int8_t>({5}, {-4, 5}, -1, codes({-1, 0, 1})) == std::vector<int>{-1});
}

TEST_CASE("the most negative sum has a negation: it reaches every threshold under a sign of -1") {
  const std::int32_t least = std::numeric_limits<std::int32_t>::min();
  CHECK(thresholded<std::int32_t>({least}, {least, 2147483647}, -1, codes({-1, 0, 1})) ==
        std::vector<int>{1});
  CHECK(thresholded<std::int32_t>({least}, {least, 2147483647}, 1, codes({-1, 0, 1})) == std::vector<int>{0});
}

TEST_CASE("thresholds of 1, 2 and 4 bytes are two's complement") {
  const std::uint64_t table = codes({-1, 0, 1});
  const std::vector<int> expected = {-1, 0, 0, 1};
  CHECK(thresholded<std::int8_t>({-129, -128, 126, 127}, {-128, 127}, 1, table) == expected);
  CHECK(thresholded<std::int16_t>({-32769, -32768, 32766, 32767}, {-32768, 32767}, 1, table) == expected);
  CHECK(thresholded<std::int32_t>({-70001, -70000, 69999, 70000}, {-70000, 70000}, 1, table) == expected);
}

TEST_CASE("7 thresholds give 8 codes, in any order of values") {
  CHECK(thresholded<std::int8_t>({0, 1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, 4, 5, 6, 7}, 1,
                                 codes({0, 1, -1, 0, 0, 1, 1, -1})) ==
        std::vector<int>{0, 1, -1, 0, 0, 1, 1, -1});
}

TEST_CASE("each of 2 channels has its own record when 'per_channel' is 1") {
  Memories memories = cleared();
  for (std::size_t r = 0; r < 2; ++r) {
    put(memories.accumulator, 8 * r, std::int32_t{3});
    put(memories.accumulator, 8 * r + 4, std::int32_t{3});
  }
  // Channel 0: reaches 3. Channel 1: -3 does not reach -2.
  const std::vector<std::uint8_t> table = {3, 1, static_cast<std::uint8_t>(-2),
                                           static_cast<std::uint8_t>(-1)};
  put_bytes(memories.weight, 0, table);
  run(isa::Threshold{Memory::accumulator, 0, 8, 0, 1, 1, 1, codes({-1, 1}), Format::bit1, 0, 2, 0, 2, 2},
      memories);
  for (std::size_t r = 0; r < 2; ++r) CHECK(memories.activation[2 * r] == 0b01);
}

TEST_CASE("a threshold of uint8 activations may write its codes over the row it reads") {
  Memories memories = cleared();
  for (std::uint8_t i = 0; i < 16; ++i) memories.activation[i] = i;
  memories.weight[0] = 8;
  memories.weight[1] = 1;
  run(isa::Threshold{Memory::activation, 0, 16, 0, 0, 1, 1, codes({-1, 1}), Format::planes, 0, 16, 0, 1, 16},
      memories);
  for (std::int64_t i = 0; i < 16; ++i)
    CHECK(get_element(Format::planes, 16, memories.activation, i) == (i < 8 ? -1 : 1));
  CHECK(memories.activation[4] == 4);  // behind the two words of codes
}

TEST_CASE("200 of uint8 is 200, not -56, and reaches a threshold of 2 bytes") {
  Memories memories = cleared();
  memories.activation[100] = 200;
  put(memories.weight, 0, std::int16_t{200});
  memories.weight[2] = 1;
  run(isa::Threshold{Memory::activation, 100, 1, 0, 0, 1, 2, codes({-1, 1}), Format::planes, 0, 2, 0, 1, 1},
      memories);
  CHECK(get_element(Format::planes, 16, memories.activation, 0) == 1);
}

TEST_CASE("'first' puts the columns behind elements that stay as they are") {
  Memories memories = cleared();
  for (std::size_t c = 0; c < 3; ++c) put(memories.accumulator, 4 * c, std::int32_t{5});
  memories.weight[0] = 5;
  memories.weight[1] = 1;
  run(isa::Threshold{Memory::accumulator, 0, 0, 0, 0, 1, 1, codes({0, 1}), Format::trit2, 0, 0, 7, 1, 3},
      memories);
  for (std::int64_t i = 0; i < 16; ++i) {
    CHECK(get_element(Format::trit2, 16, memories.activation, i) == (i >= 7 && i < 10 ? 1 : -1));
  }
}

TEST_CASE(
    "an affine output rounds twice: 4097 * (1 + 2^-12) - 4098 is 0, which one rounding would make 2^-12") {
  Memories memories = cleared();
  put(memories.accumulator, 0, std::int32_t{4097});
  put(memories.weight, 0, 1.0F + 0x1p-12F);
  put(memories.weight, 4, -4098.0F);
  run(isa::Affine{0, 0, 0, 0, 8, 0, 1, 1}, memories);
  CHECK(get<float>(memories.activation, 8) == 0.0F);
  // In between it was exactly 4098 + 2^-12, half a unit above 4098.
  CHECK(4097.0 * (1.0 + 0x1p-12) == 4098.0 + 0x1p-12);
}

TEST_CASE("a sum of 16,777,217 becomes the float 16,777,216 before it is scaled") {
  Memories memories = cleared();
  put(memories.accumulator, 0, std::int32_t{16777217});
  put(memories.weight, 0, 1.0F);
  put(memories.weight, 4, 0.0F);
  run(isa::Affine{0, 0, 0, 0, 0, 0, 1, 1}, memories);
  CHECK(get<float>(memories.activation, 0) == 16777216.0F);
}

TEST_CASE("an affine takes scale and bias of each of 2 channels, or the same for both") {
  Memories memories = cleared();
  put(memories.accumulator, 0, std::int32_t{3});
  put(memories.accumulator, 4, std::int32_t{-3});
  const float table[] = {2.0F, 1.0F, 4.0F, 0.5F};
  for (std::size_t i = 0; i < 4; ++i) put(memories.weight, 4 * i, table[i]);
  run(isa::Affine{0, 8, 0, 1, 0, 8, 1, 2}, memories);
  CHECK(get<float>(memories.activation, 0) == 7.0F);
  CHECK(get<float>(memories.activation, 4) == -11.5F);
  run(isa::Affine{0, 8, 0, 0, 0, 8, 1, 2}, memories);
  CHECK(get<float>(memories.activation, 4) == -5.0F);
}

TEST_CASE("a region of 2 rows reads codes, bytes and words as they lie") {
  Memories memories = cleared();
  put_bytes(memories.activation, 4, pack_row(Format::trit2, 16, std::vector<std::int8_t>{1, 0, -1, 1}));
  put_bytes(memories.activation, 10, pack_row(Format::trit2, 16, std::vector<std::int8_t>{0, -1, 0, 1}));
  CHECK(read_region({Memory::activation, Format::trit2, 4, 6, 1, 2, 3}, small_machine(), memories) ==
        std::vector<std::int32_t>{0, -1, 1, -1, 0, 1});
  memories.activation[100] = 250;
  CHECK(read_region({Memory::activation, Format::uint8, 100, 0, 0, 1, 1}, small_machine(), memories) ==
        std::vector<std::int32_t>{250});
  put(memories.accumulator, 8, std::int32_t{-7});
  CHECK(read_region({Memory::accumulator, Format::int32, 0, 0, 2, 1, 1}, small_machine(), memories) ==
        std::vector<std::int32_t>{-7});
}
