// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/matmul.hpp"

#include <hwy/targets.h>

#include <algorithm>

#include "arch/datapath/packing.hpp"
#include "support/random.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

struct Case {
  Datapath datapath;
  FatnnMask mask;
  std::int64_t word_bits, m, n, k;
};

using Sums = std::vector<std::int32_t>;

std::vector<std::int8_t> random_values(Random& random, Datapath datapath, std::int64_t count) {
  std::vector<std::int8_t> values(static_cast<std::size_t>(count));
  for (auto& value : values) {
    value = static_cast<std::int8_t>(datapath == Datapath::binary ? 2 * random.between(0, 1) - 1
                                                                  : random.between(-1, 1));
  }
  return values;
}

/// Rows packed one after another with `gap` bytes of garbage between them.
std::vector<std::uint8_t> packed(const std::vector<std::int8_t>& values, std::int64_t rows, std::int64_t k,
                                 Format format, std::int64_t word_bits, std::int64_t gap, Random& random) {
  std::vector<std::uint8_t> bytes;
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto row = std::span(values).subspan(static_cast<std::size_t>(r * k), static_cast<std::size_t>(k));
    const auto packed_row = pack_row(format, word_bits, row);
    bytes.insert(bytes.end(), packed_row.begin(), packed_row.end());
    for (std::int64_t g = 0; g < gap; ++g) bytes.push_back(static_cast<std::uint8_t>(random.next()));
  }
  return bytes;
}

/// Activations may hold anything behind their last element: the weights are zero (or invalid) there.
void scribble_tails(std::vector<std::uint8_t>& bytes, const Case& c, std::int64_t stride, Random& random) {
  const Format format = activation_format(c.datapath);
  const std::int64_t per_word = elements_per_word(format, c.word_bits);
  const std::int64_t padded = (c.k + per_word - 1) / per_word * per_word;
  for (std::int64_t r = 0; r < c.m; ++r) {
    for (std::int64_t i = c.k; i < padded; ++i) {
      put_element(format, c.word_bits, std::span(bytes).subspan(static_cast<std::size_t>(r * stride)), i,
                  2 * static_cast<int>(random.between(0, 1)) - 1);
    }
  }
}

struct Result {
  Sums fast, slow;
};

Result run(const Case& c, std::uint64_t seed) {
  Random random(seed);
  const auto activations = random_values(random, c.datapath, c.m * c.k);
  const auto weights = random_values(random, c.datapath, c.n * c.k);
  const Format a_format = activation_format(c.datapath);
  const Format w_format = weight_format(c.datapath, c.mask);
  const std::int64_t gap = random.between(0, 5);
  const std::int64_t a_stride = row_bytes(a_format, c.k, c.word_bits) + gap;
  const std::int64_t w_stride = row_bytes(w_format, c.k, c.word_bits) + gap;
  auto a_bytes = packed(activations, c.m, c.k, a_format, c.word_bits, gap, random);
  scribble_tails(a_bytes, c, a_stride, random);
  const auto w_bytes = packed(weights, c.n, c.k, w_format, c.word_bits, gap, random);
  const std::int64_t lanes = lanes_per_word(c.datapath, c.word_bits);
  const std::int64_t words = (c.k + lanes - 1) / lanes;
  const Operand a = unpack_activations(c.datapath, {a_bytes, c.m, words, a_stride, c.word_bits, c.k});
  const Operand w = unpack_weights(c.datapath, c.mask, {w_bytes, c.n, words, w_stride, c.word_bits, c.k});
  Result result;
  result.fast.assign(static_cast<std::size_t>(c.m * c.n), 12345);
  result.slow = result.fast;
  multiply(c.datapath, a, w, c.k, result.fast);
  multiply_reference(activations, weights, c.m, c.n, c.k, result.slow);
  return result;
}

constexpr std::int64_t word_widths[] = {16, 32, 48, 64, 128, 512};

void check_shapes(Datapath datapath, FatnnMask mask) {
  Random shapes(7);
  for (const std::int64_t word_bits : word_widths) {
    for (std::int64_t m = 1; m <= 9; ++m) {
      for (std::int64_t n = 1; n <= 17; ++n) {
        const Case c{datapath, mask, word_bits, m, n, shapes.between(1, 200)};
        const Result result = run(c, shapes.next());
        INFO("word " << word_bits << ", m " << m << ", n " << n << ", k " << c.k);
        REQUIRE(result.fast == result.slow);
      }
    }
    for (std::int64_t k = 1; k <= 200; ++k) {
      const Case c{datapath, mask, word_bits, shapes.between(1, 9), shapes.between(1, 17), k};
      const Result result = run(c, shapes.next());
      INFO("word " << word_bits << ", m " << c.m << ", n " << c.n << ", k " << k);
      REQUIRE(result.fast == result.slow);
    }
  }
}

}  // namespace

TEST_CASE("the binary kernel equals the reference for m to 9, n to 17, k to 200 and 6 word widths") {
  check_shapes(Datapath::binary, FatnnMask::on_the_fly);
}

TEST_CASE("the FATNN kernel with masks on the fly equals the reference for k to 200 and 6 word widths") {
  check_shapes(Datapath::ternary_fatnn, FatnnMask::on_the_fly);
}

TEST_CASE("the FATNN kernel with loaded masks equals the reference for k to 200 and 6 word widths") {
  check_shapes(Datapath::ternary_fatnn, FatnnMask::precomputed);
}

TEST_CASE("the planes kernel equals the reference for m to 9, n to 17, k to 200 and 6 word widths") {
  check_shapes(Datapath::ternary_planes, FatnnMask::on_the_fly);
}

TEST_CASE("a reduction of 4,608 elements, as in a 3x3 kernel over 512 channels, is exact") {
  for (const Datapath datapath : {Datapath::binary, Datapath::ternary_fatnn, Datapath::ternary_planes}) {
    const Result result = run({datapath, FatnnMask::on_the_fly, 64, 5, 11, 4608}, 8);
    CHECK(result.fast == result.slow);
  }
}

TEST_CASE("every vector target of this processor gives the same sums") {
  // What the program chose at its start, and then each of what it could have chosen.
  const std::int64_t all = hwy::SupportedTargets();
  const auto choose = [](std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  };
  int targets = 0;
  for (std::int64_t left = all; left != 0; left &= left - 1) {
    const std::int64_t target = left & -left;
    choose(target);
    ++targets;
    for (const Datapath datapath : {Datapath::binary, Datapath::ternary_fatnn, Datapath::ternary_planes}) {
      for (const FatnnMask mask : {FatnnMask::on_the_fly, FatnnMask::precomputed}) {
        const Result result = run({datapath, mask, 48, 9, 17, 199}, 9);
        INFO(hwy::TargetName(target));
        CHECK(result.fast == result.slow);
      }
    }
  }
  choose(0);  // back to what was detected
  CHECK(targets >= 1);
}
