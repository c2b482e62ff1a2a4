// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "arch/isa/meaning.hpp"
#include "arch/params/timing.hpp"
#include "tests/arch/datapath/values.hpp"
#include "tests/arch/isa/running.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

std::int32_t sum_at(const Memories& memories, std::size_t index) {
  return get<std::int32_t>(memories.accumulator, 4 * index);
}

/// The one sum of a product of two rows.
std::int32_t dot(Datapath datapath, Format a, const Values& x, Format w, const Values& y) {
  Memories memories = cleared();
  put_row(memories.activation, 0, a, x);
  put_row(memories.weight, 0, w, y);
  const auto i = product(datapath, a, w, 1, static_cast<std::uint32_t>(x.size()), 1);
  CHECK(run(i, memories).overflows == 0);
  return sum_at(memories, 0);
}

/// The sums of a kernel over a one-channel image of `image.size()` lines.
Values convolved(isa::Matmul i, const std::vector<Values>& image, const Values& kernel) {
  Memories memories = cleared();
  i.in_lines = static_cast<std::uint32_t>(image.size());
  i.in_columns = static_cast<std::uint32_t>(image[0].size());
  i.elements = 1;
  i.position_stride = static_cast<std::uint32_t>(row_bytes(i.activation_format, 1, 16));
  i.line_stride = i.position_stride * i.in_columns;
  for (std::size_t y = 0; y < image.size(); ++y) {
    for (std::size_t x = 0; x < image[y].size(); ++x) {
      put_row(memories.activation, y * i.line_stride + x * i.position_stride, i.activation_format,
              {image[y][x]});
    }
  }
  std::size_t at = 0;
  for (const std::int32_t value : kernel) at += put_row(memories.weight, at, i.weight_format, {value});
  run(i, memories);
  Values sums;
  for (std::size_t p = 0; p < std::size_t{i.lines} * i.columns; ++p) sums.push_back(sum_at(memories, p));
  return sums;
}

isa::Matmul window(Datapath datapath, Format a, Format w, std::uint16_t kernel_h, std::uint16_t kernel_w,
                   std::uint32_t lines, std::uint32_t columns) {
  isa::Matmul i = product(datapath, a, w, columns, 1, 1);
  i.lines = lines;
  i.kernel_h = kernel_h;
  i.kernel_w = kernel_w;
  return i;
}

const std::vector<Values> image = {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}};

/// Float32 of a sum or a product of two float32, rounded once.
float rounded(double value) {
  return static_cast<float>(value);
}

/// ((p0 + p1) + (p2 + p3)) + ...
float tree(const std::vector<float>& p, std::size_t begin, std::size_t count) {
  if (count == 1) return begin < p.size() ? p[begin] : 0.0F;
  return rounded(double{tree(p, begin, count / 2)} + double{tree(p, begin + count / 2, count / 2)});
}

/// One sum by the plain definition: element by element, tap by tap.
class SlowMatmul {
 public:
  SlowMatmul(const isa::Matmul& i, const MachineSpec& spec, const Memories& memories)
      : i_(i), spec_(spec), memories_(memories) {}

  std::int64_t integer(std::size_t line, std::size_t column, std::size_t channel) const {
    std::int64_t sum = 0;
    for_each_tap(line, column, channel, [&](std::int64_t a, std::int64_t w, std::size_t) { sum += a * w; });
    return sum;
  }
  float floating(std::size_t line, std::size_t column, std::size_t channel, float sum) const {
    const auto lanes = static_cast<std::size_t>(geometry_of(spec_.array, shape_of(i_)).lanes);
    std::vector<float> products;
    const auto flush = [&] {
      for (std::size_t step = 0; step < products.size(); step += lanes) {
        std::vector<float> own(lanes);
        for (std::size_t l = 0; l < lanes && step + l < products.size(); ++l) own[l] = products[step + l];
        sum = rounded(double{sum} + double{tree(own, 0, std::bit_ceil(lanes))});
      }
      products.clear();
    };
    for_each_tap(line, column, channel, [&](std::int64_t a, std::int64_t w, std::size_t element) {
      if (element == 0) flush();
      products.push_back(rounded(double{std::bit_cast<float>(static_cast<std::int32_t>(a))} *
                                 double{std::bit_cast<float>(static_cast<std::int32_t>(w))}));
    });
    flush();
    return sum;
  }

 private:
  template <class F>
  void for_each_tap(std::size_t line, std::size_t column, std::size_t channel, F f) const {
    const std::int64_t bits = spec_.array.word_bits;
    for (std::int64_t ky = 0; ky < i_.kernel_h; ++ky) {
      for (std::int64_t kx = 0; kx < i_.kernel_w; ++kx) {
        const std::int64_t y =
            static_cast<std::int64_t>(line) * i_.stride_y + ky * i_.dilation_y - i_.pad_top;
        const std::int64_t x =
            static_cast<std::int64_t>(column) * i_.stride_x + kx * i_.dilation_x - i_.pad_left;
        const bool inside = y >= 0 && y < i_.in_lines && x >= 0 && x < i_.in_columns;
        if (!inside && i_.datapath == Datapath::binary) continue;
        const std::int64_t tap = ky * i_.kernel_w + kx;
        // Taps one after another: elements of one row, or a row each.
        const bool dense = i_.im2col != 0;
        const std::int64_t weight_row = i_.weights + static_cast<std::int64_t>(channel) * i_.weight_stride +
                                        (dense ? 0 : tap * row_bytes(i_.weight_format, i_.elements, bits));
        const auto first = dense ? static_cast<std::size_t>(tap) * i_.elements : std::size_t{0};
        for (std::size_t e = 0; e < i_.elements; ++e) {
          std::int64_t a = is_float(i_.activation_format) || code_range(i_.activation_format).first == 0
                               ? std::int64_t{i_.pad}
                               : std::int64_t{static_cast<std::int8_t>(i_.pad)};
          if (inside) {
            const std::int64_t at = i_.activations + y * i_.line_stride + x * i_.position_stride;
            a = element(i_.activation_format, memories_.activation, at, e);
          }
          f(a, element(i_.weight_format, memories_.weight, weight_row, first + e), e);
        }
      }
    }
  }
  std::int64_t element(Format format, const std::vector<std::uint8_t>& memory, std::int64_t at,
                       std::size_t index) const {
    return get_element(format, spec_.array.word_bits, std::span(memory).subspan(static_cast<std::size_t>(at)),
                       static_cast<std::int64_t>(index));
  }

  const isa::Matmul& i_;
  const MachineSpec& spec_;
  const Memories& memories_;
};

/// Packs random weights, and of floating point random activations, so that no bit is what no writer writes.
void fill_operands(Random& random, const isa::Matmul& i, const MachineSpec& spec, Memories& memories) {
  const std::int64_t bits = spec.array.word_bits;
  const std::int64_t taps = std::int64_t{i.kernel_h} * i.kernel_w;
  const std::int64_t rows = i.im2col != 0 ? 1 : taps;  // of a channel
  const std::int64_t elements = taps / rows * i.elements;
  const auto row = static_cast<std::size_t>(row_bytes(i.weight_format, elements, bits));
  for (std::size_t channel = 0; channel < i.cols; ++channel) {
    for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
      put_bytes(memories.weight, i.weights + channel * i.weight_stride + r * row,
                pack_row(i.weight_format, bits, random_values(random, i.weight_format, elements)));
    }
  }
  if (!is_float(i.weight_format) || random.chance(0.1)) return;
  for (std::size_t y = 0; y < i.in_lines; ++y) {
    for (std::size_t x = 0; x < i.in_columns; ++x) {
      put_bytes(memories.activation, i.activations + y * i.line_stride + x * i.position_stride,
                pack_row(i.activation_format, bits, random_values(random, i.activation_format, i.elements)));
    }
  }
  for (std::size_t at = 0; at + 4 <= memories.accumulator.size(); at += 4)
    put(memories.accumulator, at, random_value(random, Format::float32));
}

}  // namespace

TEST_CASE("every datapath multiplies 5 elements as on paper") {
  // +1 -1 -1 -1 +1
  CHECK(dot(Datapath::binary, Format::bit1, {1, 1, -1, 1, -1}, Format::bit1, {1, -1, 1, -1, -1}) == -1);
  // +1 +0 -1 +0 +1
  const Values x = {1, 0, -1, 1, -1}, y = {1, -1, 1, 0, -1};
  CHECK(dot(Datapath::ternary_fatnn, Format::trit2, x, Format::trit2, y) == 1);
  CHECK(dot(Datapath::ternary_fatnn, Format::trit2, x, Format::trit2_mask, y) == 1);
  CHECK(dot(Datapath::ternary_planes, Format::planes, x, Format::planes, y) == 1);
  // 15 * -8 + 3 * 7 + 0 + 9 * -1 + 1 * 2 = -120 + 21 - 9 + 2
  CHECK(dot(Datapath::bitserial, Format::u4, {15, 3, 0, 9, 1}, Format::s4, {-8, 7, 5, -1, 2}) == -106);
  CHECK(dot(Datapath::bitserial, Format::uint8, {255, 3, 0, 9, 1}, Format::s1, {-1, 0, -1, -1, 0}) == -264);
  CHECK(dot(Datapath::bitserial, Format::s3, {-4, 3, 0, -1, 1}, Format::u2, {3, 2, 1, 1, 0}) == -7);
  // -128 * 64 + 5 * -2 + 7 * 1 + 0 + 3 * 4
  CHECK(dot(Datapath::shift, Format::int8, {-128, 5, 7, 100, 3}, Format::pow2, {64, -2, 1, 0, 4}) == -8183);
  CHECK(dot(Datapath::shift, Format::pow2, {-64, 4, 1, 0, 2}, Format::pow2, {64, -2, 1, 1, 4}) == -4095);
  CHECK(dot(Datapath::mac, Format::uint8, {255, 200, 0, 1, 2}, Format::int8, {-128, 127, 9, 1, -1}) == -7241);
  CHECK(dot(Datapath::mac, Format::int8, {-128, 127, 0, 1, 2}, Format::int8, {-128, 127, 9, 1, -1}) == 32512);
}

TEST_CASE("sums of floating point are trees of 2 lanes: (2^24 + 1) + (-2^24 + 1) is 1, not 2") {
  MachineSpec spec = whole_machine(MacType::fp32);
  spec.array.lanes.mac = 2;
  Memories memories = cleared(spec);
  const float x[] = {16777216.0F, 1.0F, -16777216.0F, 1.0F}, ones[] = {1, 1, 1, 1};
  for (std::size_t e = 0; e < 4; ++e) {
    put(memories.activation, 4 * e, x[e]);
    put(memories.weight, 4 * e, ones[e]);
  }
  auto i = product(Datapath::mac, Format::float32, Format::float32, 1, 4, 1);
  run(i, memories, spec);
  CHECK(get<float>(memories.accumulator, 0) == 1.0F);  // 2^24 (to even), then -2^24 + 1 is exact
  i.accumulate = 1;
  run(i, memories, spec);
  CHECK(get<float>(memories.accumulator, 0) == 1.0F);  // 1 + 2^24 is 2^24
  i.folding = 1;                                       // 4 lanes: 2^24 + (-2^24 + 1)
  i.accumulate = 0;
  run(i, memories, spec);
  CHECK(get<float>(memories.accumulator, 0) == 1.0F);
  spec.array.lanes.mac = 1;  // one after another: 2^24, 2^24, 0, 1
  i.folding = 0;
  run(i, memories, spec);
  CHECK(get<float>(memories.accumulator, 0) == 1.0F);
  put(memories.activation, 8, 1.0F);  // 1 twice and -2^24 last: one after another they are lost
  put(memories.activation, 12, -16777216.0F);
  run(i, memories, spec);
  CHECK(get<float>(memories.accumulator, 0) == 0.0F);
  i.folding = 1;  // 2^24 + (1 - 2^24) is 1
  run(i, memories, spec);
  CHECK(get<float>(memories.accumulator, 0) == 1.0F);
}

TEST_CASE("float16 operands are multiplied as float32: 2048 + 1 is 2049") {
  const MachineSpec spec = whole_machine(MacType::fp16);
  Memories memories = cleared(spec);
  put_row(memories.activation, 0, Format::float16,
          {std::bit_cast<std::int32_t>(2048.0F), std::bit_cast<std::int32_t>(1.0F)});
  put_row(memories.weight, 0, Format::float16,
          {std::bit_cast<std::int32_t>(1.0F), std::bit_cast<std::int32_t>(1.0F)});
  run(product(Datapath::mac, Format::float16, Format::float16, 1, 2, 1), memories, spec);
  CHECK(get<float>(memories.accumulator, 0) == 2049.0F);
}

TEST_CASE("a 2 x 2 window of ones over 3 x 4 positions gives 2 x 3 sums of neighbours") {
  const auto i = window(Datapath::mac, Format::uint8, Format::int8, 2, 2, 2, 3);
  CHECK(convolved(i, image, {1, 1, 1, 1}) == Values{14, 18, 22, 30, 34, 38});
  CHECK(convolved(i, image, {1, 0, 0, 0}) == Values{1, 2, 3, 5, 6, 7});
  CHECK(convolved(i, image, {0, 1, 0, 0}) == Values{2, 3, 4, 6, 7, 8});    // the line's next position
  CHECK(convolved(i, image, {0, 0, 1, 0}) == Values{5, 6, 7, 9, 10, 11});  // the next line
}

TEST_CASE("strides of 2 lines and 3 positions skip outputs, dilations of 2 and 3 skip inputs") {
  auto i = window(Datapath::mac, Format::uint8, Format::int8, 1, 1, 2, 2);
  i.stride_y = 2;
  i.stride_x = 3;
  CHECK(convolved(i, image, {1}) == Values{1, 4, 9, 12});
  i = window(Datapath::mac, Format::uint8, Format::int8, 2, 2, 1, 1);
  i.dilation_y = 2;
  i.dilation_x = 3;
  CHECK(convolved(i, image, {1, 10, 100, -1}) == Values{1 + 40 + 900 - 12});
}

TEST_CASE("taps outside read the pad's code: 128 of uint8, -128 of int8, 0 without") {
  auto i = window(Datapath::mac, Format::uint8, Format::int8, 1, 3, 1, 4);
  i.pad_left = 1;
  CHECK(convolved(i, {{1, 2, 3, 4}}, {1, 1, 1}) == Values{3, 6, 9, 7});
  i.pad = 128;
  CHECK(convolved(i, {{1, 2, 3, 4}}, {1, 1, 1}) == Values{131, 6, 9, 135});
  i.activation_format = Format::int8;
  CHECK(convolved(i, {{1, 2, 3, 4}}, {1, 1, 1}) == Values{-125, 6, 9, -121});
  // Ternary: the pad -1.
  i = window(Datapath::ternary_planes, Format::planes, Format::planes, 1, 3, 1, 3);
  i.pad_left = 1;
  i.pad = 0xff;
  CHECK(convolved(i, {{1, 0, 1}}, {1, 1, -1}) == Values{-1 + 1 - 0, 1 + 0 - 1, 0 + 1 + 1});
  // Powers of two: the pad -4.
  i = window(Datapath::shift, Format::pow2, Format::pow2, 1, 2, 1, 2);
  i.pad_left = 1;
  i.pad = 0xfc;
  CHECK(convolved(i, {{16}}, {2, 8}) == Values{-8 + 128, 32 - 32});
}

TEST_CASE("in binary a tap outside adds nothing, whatever the pad") {
  auto i = window(Datapath::binary, Format::bit1, Format::bit1, 1, 3, 1, 3);
  i.pad_left = 1;
  for (const int pad : {0, 1, 255}) {
    i.pad = static_cast<std::uint8_t>(pad);
    CHECK(convolved(i, {{1, 1, -1}}, {1, -1, 1}) == Values{-1 + 1, 1 - 1 - 1, 1 + 1});
  }
}

TEST_CASE("a window wholly outside sums 3 pads of 7, or nothing in binary") {
  auto i = window(Datapath::bitserial, Format::u3, Format::s2, 1, 3, 1, 2);
  i.pad_left = 3;
  i.stride_x = 6;
  i.pad = 7;
  CHECK(convolved(i, {{1, 2}}, {1, 1, -2}) == Values{7 + 7 - 14, 7 + 7 - 14});
  CHECK(convolved(i, {{1, 2}}, {1, 1, 1}) == Values{21, 21});
  i.datapath = Datapath::binary;
  i.activation_format = i.weight_format = Format::bit1;
  CHECK(convolved(i, {{1, -1}}, {1, 1, 1}) == Values{0, 0});
}

TEST_CASE("weights of 3 taps of 5 trits in one dense row of 2 words give the sums of 3 rows of a word each") {
  const Values taps[2][3] = {{{1, 0, -1, 1, -1}, {-1, -1, 1, 0, 1}, {0, 1, 1, -1, 0}},
                             {{0, 0, 1, 0, 0}, {1, 1, 1, 1, 1}, {-1, 0, 0, 0, 1}}};
  Memories memories = cleared();
  put_row(memories.activation, 0, Format::planes, {1, 1, -1, 0, 1});
  put_row(memories.activation, 2, Format::planes, {0, -1, 1, 1, 1});
  put_row(memories.activation, 4, Format::planes, {-1, 1, 1, -1, 0});
  // By hand, tap by tap: 1 + 0 + 1 + 0 - 1 = 1, 0 + 1 + 1 + 0 + 1 = 3, 0 + 1 + 1 + 1 + 0 = 3, and -1, 2, 1.
  const Values sums = {7, 2};
  auto i = product(Datapath::ternary_planes, Format::planes, Format::planes, 3, 5, 2);
  i.columns = 1;
  i.kernel_w = 3;
  i.weight_stride = 6;
  for (std::size_t channel = 0; channel < 2; ++channel) {
    for (std::size_t tap = 0; tap < 3; ++tap)
      put_row(memories.weight, 6 * channel + 2 * tap, Format::planes, taps[channel][tap]);
  }
  run(i, memories);
  CHECK(Values{sum_at(memories, 0), sum_at(memories, 1)} == sums);

  // The dense rows: 5 + 3 trits, then 2 + 5. Nonzero bits are the low byte of a word, signs the high one.
  i.im2col = 1;
  i.weights = 100;
  i.weight_stride = 4;
  i.sums = 200;
  put_row(memories.weight, 100, Format::planes, {1, 0, -1, 1, -1, -1, -1, 1, 0, 1, 0, 1, 1, -1, 0});
  put_bytes(memories.weight, 104,
            {0b11100100, 0b00000000,    // 0 0 1 0 0 1 1 1
             0b01000111, 0b00000100});  // 1 1 -1 0 0 0 1
  CHECK(get<std::uint32_t>(memories.weight, 100) == 0x203a'74fdU);
  run(i, memories);
  CHECK(Values{sum_at(memories, 50), sum_at(memories, 51)} == sums);
}

TEST_CASE("a sum that does not fit the accumulator wraps and is counted") {
  MachineSpec spec = whole_machine();
  spec.array.accumulator_bits = 4;
  Memories memories = cleared(spec);
  // Two columns of 8 elements: 1 . 1 = 8 does not fit 4 bits, -1 . 1 = -8 does.
  const Values plus(8, 1), minus(8, -1);
  put_row(memories.activation, 0, Format::planes, plus);
  put_row(memories.weight, 0, Format::planes, plus);
  put_row(memories.weight, 2, Format::planes, minus);
  auto i = product(Datapath::ternary_planes, Format::planes, Format::planes, 1, 8, 2);
  CHECK(run(i, memories, spec).overflows == 1);
  CHECK(sum_at(memories, 0) == -8);
  CHECK(sum_at(memories, 1) == -8);
  // Accumulating: -8 + 8 = 0 fits, -8 - 8 = -16 wraps to 0.
  i.accumulate = 1;
  CHECK(run(i, memories, spec).overflows == 1);
  CHECK(sum_at(memories, 0) == 0);
  CHECK(sum_at(memories, 1) == 0);
}

TEST_CASE("an accumulator of 32 bits wraps and counts only what is accumulated") {
  MachineSpec spec = whole_machine();
  spec.array.accumulator_bits = 32;
  Memories memories = cleared(spec);
  put_row(memories.activation, 0, Format::uint8, {2});
  put_row(memories.weight, 0, Format::int8, {3});
  put(memories.accumulator, 0, std::int32_t{2147483642});
  auto i = product(Datapath::mac, Format::uint8, Format::int8, 1, 1, 1);
  i.accumulate = 1;
  CHECK(run(i, memories, spec).overflows == 1);
  CHECK(sum_at(memories, 0) == -2147483647 - 1);
  i.accumulate = 0;
  CHECK(run(i, memories, spec).overflows == 0);
  CHECK(sum_at(memories, 0) == 6);
}

TEST_CASE("40 channels split into 16 and 24 and accumulated equal one product of 40, on every datapath") {
  Random random(31);
  for (const Operands& o : {Operands{Datapath::binary, Format::bit1, Format::bit1},
                            Operands{Datapath::ternary_fatnn, Format::trit2, Format::trit2},
                            Operands{Datapath::ternary_fatnn, Format::trit2, Format::trit2_mask},
                            Operands{Datapath::ternary_planes, Format::planes, Format::planes},
                            Operands{Datapath::bitserial, Format::u4, Format::s3},
                            Operands{Datapath::shift, Format::int8, Format::pow2},
                            Operands{Datapath::mac, Format::uint8, Format::int8}}) {
    // 3 x 3 windows over 4 x 4 positions with padding; weights of the two parts lie apart.
    const std::int64_t parts[] = {16, 24};
    Memories memories = cleared();
    isa::Matmul whole = product(o.datapath, o.activations, o.weights, 4, 40, 3);
    whole.lines = whole.in_lines = 4;
    whole.kernel_h = whole.kernel_w = 3;
    whole.pad_top = whole.pad_left = 1;
    whole.pad = o.activations == Format::uint8 ? 9 : 1;
    whole.line_stride = 4 * whole.position_stride;
    whole.weight_stride *= 9;
    for (std::size_t p = 0; p < 16; ++p) {
      put_row(memories.activation, p * whole.position_stride, o.activations,
              random_values(random, o.activations, 40));
    }
    std::size_t part_at = 3000;
    std::size_t part_weights[2] = {part_at, part_at};
    std::vector<Values> rows;
    for (std::size_t r = 0; r < 27; ++r) {
      rows.push_back(random_values(random, o.weights, 40));
      put_row(memories.weight, r * whole.weight_stride / 9, o.weights, rows.back());
    }
    for (std::size_t part = 0; part < 2; ++part) {
      part_weights[part] = part_at;
      const std::ptrdiff_t from = part == 0 ? 0 : parts[0];
      for (const Values& row : rows) {
        part_at += put_row(memories.weight, part_at, o.weights,
                           Values(row.begin() + from, row.begin() + from + parts[part]));
      }
    }
    CHECK(run(whole, memories).overflows == 0);
    for (std::size_t part = 0; part < 2; ++part) {
      isa::Matmul i = whole;
      i.sums = 1000;
      i.elements = static_cast<std::uint32_t>(parts[part]);
      i.activations = static_cast<std::uint32_t>(part == 0 ? 0 : row_bytes(o.activations, parts[0], 16));
      i.weights = static_cast<std::uint32_t>(part_weights[part]);
      i.weight_stride = static_cast<std::uint32_t>(9 * row_bytes(o.weights, parts[part], 16));
      i.accumulate = static_cast<std::uint8_t>(part);
      CHECK(run(i, memories).overflows == 0);
    }
    for (std::size_t s = 0; s < 48; ++s) CHECK(sum_at(memories, 250 + s) == sum_at(memories, s));
  }
}

TEST_CASE("2,000 random matmuls equal the plain sums over taps and elements, with gaps left alone") {
  Random random(32);
  int floats = 0, overflows = 0;
  for (int round = 0; round < 2000; ++round) {
    MachineSpec spec = whole_machine(static_cast<MacType>(random.below(3)));
    spec.array.word_bits = std::int64_t{16} << random.below(3);
    spec.array.accumulator_bits = random.between(6, 32);
    const isa::Matmul i = ValidInstructions(random, spec).matmul();
    Memories memories = random_memories(random, spec);
    fill_operands(random, i, spec, memories);
    Instruction instruction;
    instruction.operation = i;
    INFO(disassemble(instruction));
    const SlowMatmul slow(i, spec, memories);
    std::vector<std::uint8_t> expected = memories.accumulator;
    std::uint64_t expected_overflows = 0;
    const std::int64_t range = std::int64_t{1} << spec.array.accumulator_bits;
    for (std::size_t p = 0; p < std::size_t{i.lines} * i.columns; ++p) {
      for (std::size_t c = 0; c < i.cols; ++c) {
        const std::size_t at = i.sums + p * i.sum_stride + 4 * c;
        if (is_float(i.weight_format)) {
          const float before = i.accumulate != 0 ? get<float>(memories.accumulator, at) : 0.0F;
          const float sum = slow.floating(p / i.columns, p % i.columns, c, before);
          put(expected, at, sum != sum ? 0x7fc00000 : std::bit_cast<std::int32_t>(sum));
          ++floats;
          continue;
        }
        std::int64_t sum = slow.integer(p / i.columns, p % i.columns, c);
        if (i.accumulate != 0) sum += get<std::int32_t>(memories.accumulator, at);
        const std::int64_t exact = sum;
        sum = ((sum % range) + range) % range;
        if (sum >= range / 2) sum -= range;
        expected_overflows += sum != exact ? 1 : 0;
        put(expected, at, static_cast<std::int32_t>(sum));
      }
    }
    overflows += expected_overflows > 0 ? 1 : 0;
    REQUIRE(run(i, memories, spec).overflows == expected_overflows);
    REQUIRE(memories.accumulator == expected);
  }
  CHECK(floats > 1000);
  CHECK(overflows > 200);
}
