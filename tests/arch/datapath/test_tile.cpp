// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/tile.hpp"

#include <hwy/targets.h>

#include <vector>

#include "arch/datapath/packing.hpp"
#include "tests/arch/datapath/values.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

using Sums = std::vector<std::int32_t>;

/// A tile with its memory, and the values in it: activations [line][column][element], weights
/// [channel][tap][element].
struct Tile {
  TileProduct product;
  std::vector<std::uint8_t> activations, weights;
  std::vector<std::int32_t> activation_values, weight_values;
};

struct Pair {
  Datapath datapath;
  Format activations, weights;
};

std::vector<Pair> integer_pairs() {
  std::vector<Pair> pairs;
  for (int d = 0; d < datapath_count; ++d) {
    for (const Format a : all_formats()) {
      for (const Format w : all_formats()) {
        if (takes(static_cast<Datapath>(d), a, w) && !is_float(a))
          pairs.push_back({static_cast<Datapath>(d), a, w});
      }
    }
  }
  return pairs;
}

std::int32_t random_pad(Random& random, Format format) {
  return format == Format::bit1 ? 0 : random_value(random, format);
}

Window random_window(Random& random) {
  Window w;
  w.lines = random.between(1, 4);
  w.columns = random.between(1, 5);
  w.kernel_h = random.between(1, 3);
  w.kernel_w = random.between(1, 3);
  w.stride_y = random.between(1, 3);
  w.stride_x = random.between(1, 3);
  w.dilation_y = random.between(1, 3);
  w.dilation_x = random.between(1, 3);
  w.pad_top = random.between(0, 2);
  w.pad_left = random.between(0, 2);
  w.in_lines = random.between(1, 8);
  w.in_columns = random.between(1, 8);
  return w;
}

/// Fills a tile whose shape is set; its rows lie apart by random gaps of garbage.
void fill(Tile& tile, Random& random) {
  TileProduct& p = tile.product;
  const Window& w = p.window;
  const std::int64_t a_row = row_bytes(p.activation_format, p.elements, p.word_bits);
  const std::int64_t w_row = row_bytes(p.weight_format, p.elements, p.word_bits);
  p.position_stride = a_row + random.between(0, 5);
  p.line_stride = w.in_columns * p.position_stride + random.between(0, 5);
  p.weight_stride = w.taps() * w_row + random.between(0, 5);
  tile.activations.resize(static_cast<std::size_t>(w.in_lines * p.line_stride));
  tile.weights.resize(static_cast<std::size_t>(p.cols * p.weight_stride));
  for (auto& byte : tile.activations) byte = static_cast<std::uint8_t>(random.next());
  for (auto& byte : tile.weights) byte = static_cast<std::uint8_t>(random.next());
  tile.activation_values = random_values(random, p.activation_format, w.in_lines * w.in_columns * p.elements);
  tile.weight_values = random_values(random, p.weight_format, p.cols * w.taps() * p.elements);
  const auto elements = static_cast<std::size_t>(p.elements);
  for (std::int64_t i = 0; i < w.in_lines * w.in_columns; ++i) {
    // Behind their last element activations may hold anything: the weights are zero there, or not valid.
    const auto at = i / w.in_columns * p.line_stride + i % w.in_columns * p.position_stride;
    const auto row =
        std::span(tile.activations).subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(a_row));
    encode_row(p.activation_format, p.word_bits, row, 0,
               std::span(tile.activation_values).subspan(static_cast<std::size_t>(i) * elements, elements));
  }
  for (std::int64_t i = 0; i < p.cols * w.taps(); ++i) {
    const auto values =
        std::span(tile.weight_values).subspan(static_cast<std::size_t>(i) * elements, elements);
    const auto row = pack_row(p.weight_format, p.word_bits, values);
    std::copy(row.begin(), row.end(),
              tile.weights.begin() + i / w.taps() * p.weight_stride + i % w.taps() * w_row);
  }
  p.activations = tile.activations;
  p.weights = tile.weights;
}

Tile random_tile(const Pair& pair, std::int64_t word_bits, std::int64_t elements, Random& random) {
  Tile tile;
  TileProduct& p = tile.product;
  p.datapath = pair.datapath;
  p.activation_format = pair.activations;
  p.weight_format = pair.weights;
  p.word_bits = word_bits;
  p.window = random_window(random);
  p.elements = elements;
  p.pad = random_pad(random, pair.activations);
  p.cols = random.between(1, 35);
  fill(tile, random);
  return tile;
}

/// The plain loops on values; in binary a tap outside adds nothing.
void multiply_values(const Tile& tile, bool accumulate, Sums& sums) {
  const TileProduct& p = tile.product;
  const Window& w = p.window;
  const bool skip_outside = p.datapath == Datapath::binary;
  std::size_t out = 0;
  for (std::int64_t position = 0; position < w.positions(); ++position) {
    for (std::int64_t j = 0; j < p.cols; ++j, ++out) {
      std::int64_t sum = accumulate ? sums[out] : 0;
      for (std::int64_t tap = 0; tap < w.taps(); ++tap) {
        const auto y = position / w.columns * w.stride_y + tap / w.kernel_w * w.dilation_y - w.pad_top;
        const auto x = position % w.columns * w.stride_x + tap % w.kernel_w * w.dilation_x - w.pad_left;
        const bool inside = y >= 0 && y < w.in_lines && x >= 0 && x < w.in_columns;
        if (!inside && skip_outside) continue;
        for (std::int64_t i = 0; i < p.elements; ++i) {
          const auto from = static_cast<std::size_t>((y * w.in_columns + x) * p.elements + i);
          const auto weight = static_cast<std::size_t>((j * w.taps() + tap) * p.elements + i);
          sum += std::int64_t{inside ? tile.activation_values[from] : p.pad} * tile.weight_values[weight];
        }
      }
      sums[out] = static_cast<std::int32_t>(sum);
    }
  }
}

/// The fast tile, the reference and the plain loops agree, onto zero and onto sums that are there.
void check(const Tile& tile, Random& random) {
  const TileProduct& p = tile.product;
  const Window& w = p.window;
  INFO("datapath " << static_cast<int>(p.datapath) << ", formats " << static_cast<int>(p.activation_format)
                   << " and " << static_cast<int>(p.weight_format) << ", word " << p.word_bits << ", "
                   << p.elements << " elements, " << p.cols << " channels, outputs " << w.lines << " x "
                   << w.columns << ", kernel " << w.kernel_h << " x " << w.kernel_w << ", image "
                   << w.in_lines << " x " << w.in_columns << ", pad " << p.pad);
  for (const bool accumulate : {false, true}) {
    Sums fast(static_cast<std::size_t>(w.positions() * p.cols));
    for (auto& sum : fast) sum = static_cast<std::int32_t>(random.between(-100000, 100000));
    Sums slow = fast, plain = fast;
    multiply_tile(p, accumulate, fast);
    multiply_tile_reference(p, accumulate, slow);
    multiply_values(tile, accumulate, plain);
    REQUIRE(slow == plain);
    REQUIRE(fast == plain);
  }
}

}  // namespace

TEST_CASE("every pair of integer formats that a datapath takes is multiplied exactly") {
  const auto pairs = integer_pairs();
  // binary, FATNN D and P, planes, 18 x 16 of bitserial, 3 of shift, 2 of int8.
  REQUIRE(pairs.size() == 1 + 2 + 1 + 18 * 16 + 3 + 2);
  Random random(20);
  for (const Pair& pair : pairs) {
    for (int i = 0; i < 3; ++i) {
      const std::int64_t word_bits = word_widths[random.below(std::size(word_widths))];
      check(random_tile(pair, word_bits, random.between(1, 300), random), random);
    }
  }
}

TEST_CASE("every datapath is exact for 1 to 300 elements and all 6 word widths") {
  const Pair pairs[] = {{Datapath::binary, Format::bit1, Format::bit1},
                        {Datapath::ternary_fatnn, Format::trit2, Format::trit2},
                        {Datapath::ternary_fatnn, Format::trit2, Format::trit2_mask},
                        {Datapath::ternary_planes, Format::planes, Format::planes},
                        {Datapath::bitserial, Format::u2, Format::s2},
                        {Datapath::shift, Format::pow2, Format::pow2},
                        {Datapath::mac, Format::int8, Format::int8}};
  Random random(21);
  std::int64_t elements = 0;
  for (const Pair& pair : pairs) {
    for (const std::int64_t word_bits : word_widths) {
      for (int i = 0; i < 50; ++i) {
        elements = elements % 300 + 1;
        check(random_tile(pair, word_bits, elements, random), random);
      }
    }
  }
}

TEST_CASE("the extremes of every pair of formats are summed exactly over 4,608 elements of 3 x 3 x 512") {
  Random random(22);
  for (const Pair& pair : integer_pairs()) {
    Tile tile = random_tile(pair, 64, 512, random);
    TileProduct& p = tile.product;
    p.window = {.lines = 1, .columns = 1, .kernel_h = 3, .kernel_w = 3, .in_lines = 3, .in_columns = 3};
    p.cols = 2;
    fill(tile, random);
    const auto least = static_cast<std::int32_t>(code_range(pair.activations).first);
    const auto largest = static_cast<std::int32_t>(code_range(pair.activations).second);
    const auto weight = static_cast<std::int32_t>(code_range(pair.weights).first);
    for (const std::int32_t value : {least, largest}) {
      std::fill(tile.activation_values.begin(), tile.activation_values.end(), value);
      std::fill(tile.weight_values.begin(), tile.weight_values.end(), weight);
      for (std::int64_t i = 0; i < 9; ++i) {
        const auto at = i / 3 * p.line_stride + i % 3 * p.position_stride;
        encode_row(pair.activations, 64, std::span(tile.activations).subspan(static_cast<std::size_t>(at)), 0,
                   std::span(tile.activation_values).first(512));
        for (std::int64_t j = 0; j < 2; ++j) {
          const auto row = j * p.weight_stride + i * row_bytes(pair.weights, 512, 64);
          encode_row(pair.weights, 64, std::span(tile.weights).subspan(static_cast<std::size_t>(row)), 0,
                     std::span(tile.weight_values).first(512));
        }
      }
      check(tile, random);
    }
  }
}

TEST_CASE("a matrix product is a 1 x 1 window over lines of one column") {
  Random random(23);
  for (const Pair& pair : integer_pairs()) {
    Tile tile = random_tile(pair, 64, random.between(1, 200), random);
    tile.product.window = {.lines = 9, .in_lines = 9};
    fill(tile, random);
    check(tile, random);
  }
}

TEST_CASE("taps outside the image read the code -1 in ternary and the zero point 7 in int8") {
  Random random(24);
  const std::pair<Pair, std::int32_t> cases[] = {
      {{Datapath::ternary_fatnn, Format::trit2, Format::trit2}, -1},
      {{Datapath::ternary_fatnn, Format::trit2, Format::trit2_mask}, -1},
      {{Datapath::ternary_planes, Format::planes, Format::planes}, -1},
      {{Datapath::mac, Format::int8, Format::int8}, 7},
      {{Datapath::mac, Format::uint8, Format::int8}, 7}};
  for (const auto& [pair, pad] : cases) {
    Tile tile = random_tile(pair, 64, 70, random);
    // One position with its 8 neighbours outside.
    tile.product.window = {.kernel_h = 3, .kernel_w = 3, .pad_top = 1, .pad_left = 1};
    tile.product.pad = pad;
    fill(tile, random);
    check(tile, random);
  }
}

TEST_CASE("a binary window wholly outside the image sums to 0") {
  Random random(25);
  Tile tile = random_tile({Datapath::binary, Format::bit1, Format::bit1}, 64, 70, random);
  tile.product.window = {.lines = 2, .columns = 2, .pad_top = 2, .pad_left = 2};
  fill(tile, random);
  Sums sums(static_cast<std::size_t>(4 * tile.product.cols), 9);
  multiply_tile(tile.product, false, sums);
  for (const std::int32_t sum : sums) CHECK(sum == 0);
}

TEST_CASE("every vector target of this processor gives the same integer sums") {
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
    Random random(26);
    for (const Pair& pair : integer_pairs()) {
      INFO(hwy::TargetName(target));
      check(random_tile(pair, 48, 99, random), random);
    }
  }
  choose(0);  // back to what was detected
  CHECK(targets >= 1);
}
