// SPDX-License-Identifier: Apache-2.0
#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "arch/datapath/packing.hpp"
#include "arch/datapath/tile.hpp"
#include "tests/arch/datapath/values.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

std::int32_t bits(float value) {
  return std::bit_cast<std::int32_t>(value);
}

/// `lines` windows of one tap over rows of `elements`, and `cols` output channels.
struct Matrix {
  TileProduct product;
  std::vector<std::uint8_t> activations, weights;

  Matrix(Format format, std::int64_t lanes, std::int64_t lines, std::int64_t cols,
         const std::vector<std::int32_t>& x, const std::vector<std::int32_t>& w)
      : activations(pack_row(format, 64, x)), weights(pack_row(format, 64, w)) {
    product.activation_format = product.weight_format = format;
    product.lanes = lanes;
    product.window = {.lines = lines, .in_lines = lines};
    product.elements = std::ssize(x) / lines;
    product.cols = cols;
    product.position_stride = product.line_stride = product.weight_stride =
        row_bytes(format, product.elements, 64);
    product.activations = activations;
    product.weights = weights;
  }
};

/// Both ways of the tile, which must agree bit for bit, onto `sums`.
std::vector<std::int32_t> multiply(const TileProduct& product, bool accumulate,
                                   std::vector<std::int32_t> sums) {
  auto slow = sums;
  multiply_tile(product, accumulate, sums);
  multiply_tile_reference(product, accumulate, slow);
  CHECK(sums == slow);
  return sums;
}

float one_sum(std::int64_t lanes, const std::vector<float>& x, float start) {
  std::vector<std::int32_t> values, ones;
  for (const float value : x) {
    values.push_back(bits(value));
    ones.push_back(bits(1));
  }
  const Matrix matrix(Format::float32, lanes, 1, 1, values, ones);
  return std::bit_cast<float>(multiply(matrix.product, true, {bits(start)})[0]);
}

}  // namespace

TEST_CASE("the products of a step are added in adjacent pairs and then the steps in time") {
  const float big = 0x1p24F;  // big + 1 rounds to big
  CHECK(one_sum(4, {big, 1, 1, -big}, 0) == 1);
  CHECK(one_sum(4, {1, 1, big, -big}, 0) == 2);
  CHECK(one_sum(2, {big, 1, 1, -big}, 0) == 1);
  CHECK(one_sum(1, {big, 1, 1, -big}, 0) == 0);
  CHECK(one_sum(1, {1, 1, 1, 1}, big) == big);
  CHECK(one_sum(2, {1, 1, 1, 1}, big) == big + 4);
  CHECK(one_sum(3, {1, big, 1, -big, 1, 1}, 0) == 2);  // (1 + big) + (1 + 0), then (-big + 1) + (1 + 0)
  CHECK(one_sum(16, {1, 1, 1}, big) == big + 4);       // 2^24 + 3 is halfway and rounds to even
}

TEST_CASE("a product is rounded before it is added") {
  // (1 + 2^-12)^2 is 1 + 2^-11 + 2^-24, which rounds to even: a fused multiply-add would leave 2^-24.
  const float x = 1 + 0x1p-12F;
  const Matrix matrix(Format::float32, 1, 1, 1, {bits(x)}, {bits(x)});
  CHECK(multiply(matrix.product, true, {bits(-(1 + 0x1p-11F))})[0] == 0);
}

TEST_CASE("floating point tiles equal the reference bit for bit in random windows and lanes of 1 to 40") {
  Random random(30);
  for (int i = 0; i < 400; ++i) {
    const Format format = random.chance(0.5) ? Format::float32 : Format::float16;
    TileProduct p;
    p.activation_format = p.weight_format = format;
    p.lanes = random.between(1, random.chance(0.2) ? 40 : 9);
    p.window = {.lines = random.between(1, 4),
                .columns = random.between(1, 4),
                .kernel_h = random.between(1, 3),
                .kernel_w = random.between(1, 3),
                .stride_y = random.between(1, 2),
                .stride_x = random.between(1, 2),
                .dilation_y = random.between(1, 2),
                .dilation_x = random.between(1, 2),
                .pad_top = random.between(0, 2),
                .pad_left = random.between(0, 2),
                .in_lines = random.between(1, 6),
                .in_columns = random.between(1, 6)};
    const Window& w = p.window;
    p.elements = random.between(1, 80);
    p.cols = random.between(1, 35);
    p.pad = random.chance(0.5) ? 0 : random_value(random, format);
    p.position_stride = row_bytes(format, p.elements, 64);
    p.line_stride = p.position_stride * w.in_columns;
    p.weight_stride = row_bytes(format, p.elements * w.taps(), 64);
    const auto x =
        pack_row(format, 64, random_values(random, format, w.in_lines * w.in_columns * p.elements));
    const auto y = pack_row(format, 64, random_values(random, format, p.cols * w.taps() * p.elements));
    p.activations = x;
    p.weights = y;
    INFO(p.lanes << " lanes, " << p.elements << " elements, " << p.cols << " channels");
    const auto sums = random_values(random, Format::float32, w.positions() * p.cols);
    for (const bool accumulate : {false, true}) multiply(p, accumulate, sums);
  }
}

TEST_CASE("half precision operands are widened and summed in float32") {
  // 2048 + 1 is no float16, but a float32.
  const Matrix matrix(Format::float16, 2, 1, 1, {bits(2048), bits(1)}, {bits(1), bits(1)});
  CHECK(multiply(matrix.product, false, {0})[0] == bits(2049));
}

TEST_CASE("infinities, zeros of either sign and NaN come out in the same bits from every vector target") {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::int64_t all = hwy::SupportedTargets();
  const auto choose = [](std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  };
  for (std::int64_t left = all; left != 0; left &= left - 1) {
    choose(left & -left);
    INFO(hwy::TargetName(left & -left));
    const Matrix matrix(Format::float32, 1, 6, 1,
                        {bits(inf), bits(-inf), bits(nan), bits(-0.0F), bits(0x1p-140F), 0}, {bits(1)});
    const std::vector<std::int32_t> start = {bits(1),     bits(inf),       bits(1),
                                             bits(-0.0F), bits(0x1p-141F), bits(-nan)};
    CHECK(multiply(matrix.product, true, start) == std::vector<std::int32_t>{bits(inf), 0x7fc00000,
                                                                             0x7fc00000, bits(-0.0F),
                                                                             bits(0x1.8p-140F), 0x7fc00000});
    CHECK(multiply(matrix.product, false, start)[3] == 0);  // +0 + -0
    // The missing lane of a step of 2 is +0: -0 + +0 is +0.
    Matrix wide(Format::float32, 2, 1, 1, {bits(-0.0F)}, {bits(1)});
    CHECK(multiply(wide.product, true, {bits(-0.0F)})[0] == 0);
    Random random(31);
    const Matrix large(Format::float32, 8, 7, 19, random_values(random, Format::float32, 7 * 300),
                       random_values(random, Format::float32, 19 * 300));
    multiply(large.product, false, std::vector<std::int32_t>(7 * 19));
  }
  choose(0);
}
