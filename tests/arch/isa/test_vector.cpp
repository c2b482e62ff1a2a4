// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <limits>

#include "arch/isa/meaning.hpp"
#include "tests/arch/isa/running.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

constexpr std::int32_t least_int = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t most_int = std::numeric_limits<std::int32_t>::max();

void put_sums(Memories& memories, const Values& sums) {
  for (std::size_t i = 0; i < sums.size(); ++i) put(memories.accumulator, 4 * i, sums[i]);
}

/// Sets a threshold's codes, and writes its table at 101: a row of thresholds and a sign for each channel.
template <class T>
void put_thresholds(isa::Threshold& i, Memories& memories, const Values& codes,
                    const std::vector<std::vector<T>>& rows, const std::vector<int>& signs) {
  i.codes = i.more_codes = 0;
  for (std::size_t n = 0; n < codes.size(); ++n) {
    const std::uint64_t code = static_cast<std::uint8_t>(codes[n]);
    (n < 8 ? i.codes : i.more_codes) |= code << (n % 8 * 8);
  }
  std::size_t at = 101;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (const T threshold : rows[r]) {
      put(memories.weight, at, threshold);
      at += sizeof(T);
    }
    memories.weight[at++] = static_cast<std::uint8_t>(signs[r]);
  }
}

template <class T>
isa::Threshold threshold_of(Memory memory, Format from, Format to, std::size_t positions, std::size_t cols,
                            std::size_t thresholds) {
  auto i = vector_operation<isa::Threshold>(memory, from, to, static_cast<std::uint32_t>(positions),
                                            static_cast<std::uint32_t>(cols));
  i.table = 101;
  i.thresholds = static_cast<std::uint8_t>(thresholds);
  i.threshold_bytes = sizeof(T);
  return i;
}

/// The codes of one row of sums under one record of thresholds for all.
template <class T>
Values thresholded(const Values& sums, const std::vector<T>& thresholds, int sign, const Values& codes) {
  Memories memories = cleared();
  put_sums(memories, sums);
  auto i =
      threshold_of<T>(Memory::accumulator, Format::int32, Format::int8, 1, sums.size(), thresholds.size());
  put_thresholds<T>(i, memories, codes, {thresholds}, {sign});
  run(i, memories);
  return row_at(memories.activation, 0, Format::int8, std::ssize(sums));
}

struct ScaleRow {
  std::int32_t multiplier = 1, second = 0;
  std::int64_t bias = 0;
  std::uint8_t shift = 0;
};
/// Sets a scale's clamp, and writes its table at 50.
void put_scales(isa::Scale& i, Memories& memories, std::int32_t least, std::int32_t most,
                const std::vector<ScaleRow>& rows) {
  i.table = 50;
  i.least = static_cast<std::uint32_t>(least);
  i.most = static_cast<std::uint32_t>(most);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    put(memories.weight, 50 + 17 * r, rows[r].multiplier);
    put(memories.weight, 54 + 17 * r, rows[r].second);
    put(memories.weight, 58 + 17 * r, rows[r].bias);
    memories.weight[66 + 17 * r] = rows[r].shift;
  }
}

/// The results of one row of sums under one record for all.
Values scaled(const Values& sums, const ScaleRow& row, std::int32_t least = least_int,
              std::int32_t most = most_int, const ScaleEnd& end = {}) {
  Memories memories = cleared();
  put_sums(memories, sums);
  auto i = vector_operation<isa::Scale>(Memory::accumulator, Format::int32, Format::int32, 1,
                                        static_cast<std::uint32_t>(sums.size()));
  put_scales(i, memories, least, most, {row});
  i.rounding = end.rounding;
  i.zero = static_cast<std::uint32_t>(end.zero);
  i.zero_behind = end.zero_behind ? 1 : 0;
  run(i, memories);
  return row_at(memories.activation, 0, Format::int32, std::ssize(sums));
}

struct AffineRow {
  float scale = 1, second = 0, bias = 0;
};
/// Sets an affine's clamp, and writes its table at 50.
void put_affines(isa::Affine& i, Memories& memories, float least, float most,
                 const std::vector<AffineRow>& rows) {
  i.table = 50;
  i.least = std::bit_cast<std::uint32_t>(least);
  i.most = std::bit_cast<std::uint32_t>(most);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    put(memories.weight, 50 + 12 * r, rows[r].scale);
    put(memories.weight, 54 + 12 * r, rows[r].second);
    put(memories.weight, 58 + 12 * r, rows[r].bias);
  }
}
constexpr float infinity = std::numeric_limits<float>::infinity();

/// A row of an affine's results for sums with each its second operand, under one record for all.
std::vector<float> affine_of(const Values& sums, const AffineRow& row, float least = -infinity,
                             float most = infinity) {
  Memories memories = cleared();
  put_sums(memories, sums);
  auto i = vector_operation<isa::Affine>(Memory::accumulator, Format::int32, Format::float32, 1,
                                         static_cast<std::uint32_t>(sums.size()));
  put_affines(i, memories, least, most, {row});
  run(i, memories);
  std::vector<float> results;
  for (std::size_t c = 0; c < sums.size(); ++c) results.push_back(get<float>(memories.activation, 4 * c));
  return results;
}

std::int32_t bits(float value) {
  return std::bit_cast<std::int32_t>(value);
}

/// A vector instruction with a 2 x 2 window of stride 2 over an image of 4 lines of 4 positions of one
/// channel.
template <class I>
I pooled(Format from, Format to, Pool pool) {
  auto i = vector_operation<I>(Memory::activation, from, to, 4, 1);
  i.in_lines = 4;
  i.line_stride = 4 * i.position_stride;
  i.lines = i.columns = 2;
  i.kernel_h = i.kernel_w = 2;
  i.stride_y = i.stride_x = 2;
  i.pool = pool;
  i.result = 1000;
  i.result_line_stride = 2 * i.result_position_stride;
  return i;
}

template <class I>
void put_image(Memories& memories, const I& i, const std::vector<Values>& lines) {
  for (std::size_t y = 0; y < lines.size(); ++y) {
    for (std::size_t x = 0; x < lines[y].size(); ++x)
      put_row(memories.activation, y * i.line_stride + x * i.position_stride, i.source_format, {lines[y][x]});
  }
}

template <class I>
Values results_of(Memories& memories, const I& i) {
  Values results;
  for (std::size_t y = 0; y < i.lines; ++y) {
    for (std::size_t x = 0; x < i.columns; ++x) {
      const std::size_t at = i.result + y * i.result_line_stride + x * i.result_position_stride;
      results.push_back(row_at(memories.activation, at, i.format, 1)[0]);
    }
  }
  return results;
}

const std::vector<Values> image = {{1, 9, 3, 4}, {5, 6, 7, 8}, {-9, -2, -3, -4}, {-5, -6, -7, -1}};

}  // namespace

TEST_CASE("a value equal to a threshold reaches it") {
  CHECK(thresholded<std::int8_t>({-6, -5, -4, 6, 7, 8}, {-5, 7}, 1, {-1, 0, 1}) == Values{-1, 0, 0, 0, 1, 1});
}

TEST_CASE("a sign of -1 compares the negated value: -5 reaches a threshold of 5, -4 does not") {
  CHECK(thresholded<std::int8_t>({-6, -5, -4, 4}, {-4, 5}, -1, {-1, 0, 1}) == Values{1, 1, 0, 0});
  CHECK(thresholded<std::int8_t>({5}, {-4, 5}, -1, {-1, 0, 1}) == Values{-1});
}

TEST_CASE("the most negative sum has a negation: it reaches every threshold under a sign of -1") {
  CHECK(thresholded<std::int32_t>({least_int}, {least_int, most_int}, -1, {-1, 0, 1}) == Values{1});
  CHECK(thresholded<std::int32_t>({least_int}, {least_int, most_int}, 1, {-1, 0, 1}) == Values{0});
}

TEST_CASE("thresholds of 1, 2 and 4 bytes are two's complement") {
  const Values expected = {-1, 0, 0, 1};
  CHECK(thresholded<std::int8_t>({-129, -128, 126, 127}, {-128, 127}, 1, {-1, 0, 1}) == expected);
  CHECK(thresholded<std::int16_t>({-32769, -32768, 32766, 32767}, {-32768, 32767}, 1, {-1, 0, 1}) ==
        expected);
  CHECK(thresholded<std::int32_t>({-70001, -70000, 69999, 70000}, {-70000, 70000}, 1, {-1, 0, 1}) ==
        expected);
}

TEST_CASE("15 thresholds give 16 codes, in any order of values") {
  const Values codes = {3, 1, -4, 1, -5, 9, -2, 6, 5, -3, 5, 8, -9, 7, -128, 127};
  Values sums;
  std::vector<std::int8_t> thresholds;
  for (std::int8_t t = 1; t <= 15; ++t) thresholds.push_back(t);
  for (std::int32_t sum = 0; sum <= 15; ++sum) sums.push_back(sum);
  CHECK(thresholded<std::int8_t>(sums, thresholds, 1, codes) == codes);
  CHECK(thresholded<std::int8_t>({-100, 100}, thresholds, 1, codes) == Values{3, 127});
  CHECK(thresholded<std::int8_t>({-100, 100}, thresholds, -1, codes) == Values{127, 3});
}

TEST_CASE("codes 0 to 7 are the bytes of 'codes' from the lowest, codes 8 to 15 those of 'more_codes'") {
  auto i = threshold_of<std::int8_t>(Memory::accumulator, Format::int32, Format::int8, 1, 6, 15);
  i.codes = 0x87'06'05'04'03'02'01'10U;
  i.more_codes = 0x7f'0e'0d'0c'0b'0a'09'f8U;
  Memories memories = cleared();
  for (std::uint8_t t = 0; t < 15; ++t) memories.weight[101U + t] = t + 1;  // thresholds 1 to 15
  memories.weight[116] = 1;
  put_sums(memories, {0, 1, 7, 8, 9, 15});
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::int8, 6) == Values{16, 1, -121, -8, 9, 127});
  // Of 8 thresholds the count is at most 8: the first of the codes above, and the others are not read.
  i.thresholds = 8;
  memories.weight[109] = 1;
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::int8, 6) == Values{16, 1, -121, -8, -8, -8});
}

TEST_CASE("each of 2 channels has its own record when 'per_channel' is 1, and both the same codes") {
  Memories memories = cleared();
  put_sums(memories, {3, 3, 3, 3});
  auto i = threshold_of<std::int8_t>(Memory::accumulator, Format::int32, Format::bit1, 2, 2, 1);
  i.per_channel = 1;
  // Channel 0: 3 reaches 3. Channel 1: -3 does not reach -2.
  put_thresholds<std::int8_t>(i, memories, {-1, 1}, {{3}, {-2}}, {1, -1});
  run(i, memories);
  for (std::size_t p = 0; p < 2; ++p)
    CHECK(row_at(memories.activation, 2 * p, Format::bit1, 2) == Values{1, -1});
  i.per_channel = 0;
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::bit1, 2) == Values{1, 1});
}

TEST_CASE("a threshold of uint8 activations may write its codes over the row it reads") {
  Memories memories = cleared();
  for (std::uint8_t c = 0; c < 16; ++c) memories.activation[c] = c;
  auto i = threshold_of<std::int8_t>(Memory::activation, Format::uint8, Format::planes, 1, 16, 1);
  put_thresholds<std::int8_t>(i, memories, {-1, 1}, {{8}}, {1});
  run(i, memories);
  for (std::int64_t c = 0; c < 16; ++c)
    CHECK(get_element(Format::planes, 16, memories.activation, c) == (c < 8 ? -1 : 1));
  CHECK(memories.activation[4] == 4);  // behind the two words of codes
}

TEST_CASE("200 of uint8 is 200, not -56, and reaches a threshold of 2 bytes") {
  Memories memories = cleared();
  memories.activation[100] = 200;
  auto i = threshold_of<std::int16_t>(Memory::activation, Format::uint8, Format::planes, 1, 1, 1);
  i.address = 100;
  put_thresholds<std::int16_t>(i, memories, {-1, 1}, {{200}}, {1});
  run(i, memories);
  CHECK(get_element(Format::planes, 16, memories.activation, 0) == 1);
}

TEST_CASE("'first' puts 3 channels behind 7 elements that stay as they are") {
  Memories memories = cleared();
  put_sums(memories, {5, 5, 5});
  auto i = threshold_of<std::int8_t>(Memory::accumulator, Format::int32, Format::trit2, 1, 3, 1);
  i.first = 7;
  put_thresholds<std::int8_t>(i, memories, {0, 1}, {{5}}, {1});
  run(i, memories);
  for (std::int64_t e = 0; e < 16; ++e)
    CHECK(get_element(Format::trit2, 16, memories.activation, e) == (e >= 7 && e < 10 ? 1 : -1));
}

TEST_CASE("a threshold's 2 x 2 max takes the largest code, under a sign of -1 that of the least value") {
  auto i = pooled<isa::Threshold>(Format::s5, Format::trit2, Pool::max);
  i.table = 101;
  i.thresholds = 2;
  i.threshold_bytes = 1;
  Memories memories = cleared();
  put_image(memories, i, image);
  put_thresholds<std::int8_t>(i, memories, {-1, 0, 1}, {{-1, 9}}, {1});
  run(i, memories);
  CHECK(results_of(memories, i) == Values{1, 0, -1, 0});  // largest 9, 8, -2, -1
  put_thresholds<std::int8_t>(i, memories, {-1, 0, 1}, {{-2, 7}}, {-1});
  run(i, memories);
  CHECK(results_of(memories, i) == Values{0, -1, 1, 1});  // least 1, 3, -9, -7
  put_thresholds<std::int8_t>(i, memories, {-1, 0, 1}, {{-3, 9}}, {-1});
  run(i, memories);
  CHECK(results_of(memories, i) == Values{0, 0, 1, 0});
}

TEST_CASE("a threshold's 2 x 2 sum compares 21 and 22, not what was summed") {
  auto i = pooled<isa::Threshold>(Format::s5, Format::int8, Pool::sum);
  i.table = 101;
  i.thresholds = 1;
  i.threshold_bytes = 2;
  Memories memories = cleared();
  put_image(memories, i, image);  // sums 21, 22, -22, -15
  put_thresholds<std::int16_t>(i, memories, {40, 50}, {{22}}, {1});
  run(i, memories);
  CHECK(results_of(memories, i) == Values{40, 50, 40, 40});
}

TEST_CASE("halves round to the even neighbour: 0.5, 1.5, 2.5, 3.5 and their negatives") {
  CHECK(scaled({1, 3, 5, 7, -1, -3, -5, -7}, {.shift = 1}) == Values{0, 2, 2, 4, 0, -2, -2, -4});
  // Quarters: only the halves are ties.
  CHECK(scaled({1, 2, 3, 5, 6, 7, -1, -2, -3, -5, -6, -7}, {.shift = 2}) ==
        Values{0, 0, 1, 1, 2, 2, 0, 0, -1, -1, -2, -2});
}

TEST_CASE("a scale multiplies, adds its bias, then shifts: (7 * 3 - 1) / 8 is 2, a half below 3") {
  CHECK(scaled({7, 9, -7}, {.multiplier = 3, .bias = -1, .shift = 3}) == Values{2, 3, -3});
  CHECK(scaled({7, -7}, {.multiplier = -3, .bias = 100}) == Values{79, 121});  // a shift of 0
}

TEST_CASE("a scale's clamp comes last: -3 to 5") {
  CHECK(scaled({-4, -3, 5, 6, 1000}, {}, -3, 5) == Values{-3, -3, 5, 5, 5});
  // What exceeds 32 bits is clamped before it is cut to them.
  CHECK(scaled({most_int, least_int}, {.multiplier = 2}) == Values{most_int, least_int});
  CHECK(scaled({least_int}, {.multiplier = least_int}) == Values{most_int});
}

TEST_CASE("a shift of 63 is 62: 2^62 becomes 1, 3 * 2^61 becomes 2, 2^61 becomes 0") {
  for (const int shift : {62, 63}) {
    const auto with_bias = [&](std::int64_t bias) {
      return scaled({0}, {.bias = bias, .shift = static_cast<std::uint8_t>(shift)})[0];
    };
    CHECK(with_bias(std::int64_t{1} << 62U) == 1);
    CHECK(with_bias(std::int64_t{3} << 61U) == 2);  // 1.5
    CHECK(with_bias(std::int64_t{1} << 61U) == 0);  // 0.5
    CHECK(with_bias((std::int64_t{1} << 61U) + 1) == 1);
    CHECK(with_bias(std::numeric_limits<std::int64_t>::min()) == -2);
    CHECK(with_bias(std::numeric_limits<std::int64_t>::max()) == 2);
  }
}

TEST_CASE("a scale rounds as float32 does in seven ways: -2.5, -1.5, -1, 0, 0.25, 1.5, 2, 2.5") {
  const auto rounded = [&](ScaleRounding rounding) {
    return scaled({-10, -6, -4, 0, 1, 6, 8, 10}, {.multiplier = 1 << 16, .shift = 18}, least_int, most_int,
                  {.rounding = rounding});
  };
  CHECK(rounded(ScaleRounding::half_to_even) == Values{-2, -2, -1, 0, 0, 2, 2, 2});
  CHECK(rounded(ScaleRounding::away) == Values{-3, -2, -1, 0, 1, 2, 2, 3});
  CHECK(rounded(ScaleRounding::toward) == Values{-2, -1, -1, 0, 0, 1, 2, 2});
  CHECK(rounded(ScaleRounding::half_away) == Values{-3, -2, -1, 0, 0, 2, 2, 3});
  CHECK(rounded(ScaleRounding::half_toward) == Values{-2, -1, -1, 0, 0, 1, 2, 2});
  CHECK(rounded(ScaleRounding::floor) == Values{-3, -2, -1, 0, 0, 1, 2, 2});
  CHECK(rounded(ScaleRounding::ceil) == Values{-2, -1, -1, 0, 1, 2, 2, 3});
}

TEST_CASE("the mean of 6 codes that is 1/2, 3/2 or 5/2 goes to the even code, though 1/6 has no 31 bits") {
  const ScaleRow sixth = {.multiplier = static_cast<std::int32_t>(std::lround(0x1p33 / 6)), .shift = 33};
  const Values sums = {3, 9, 15, -3, -9, -15}, even = {0, 2, 2, 0, -2, -2};
  CHECK(scaled(sums, sixth, least_int, most_int, {.rounding = ScaleRounding::half_to_even}) == even);
  CHECK(scaled(sums, sixth) != even);
}

TEST_CASE(
    "a zero point of 3 behind the rounding makes 1/2 and 3/2 the codes 3 and 5, and before it 4 and 4") {
  const auto rounded = [&](ScaleRounding rounding, bool behind) {
    return scaled({1, 3}, {.multiplier = 1 << 16, .shift = 17}, least_int, most_int,
                  {.rounding = rounding, .zero = 3, .zero_behind = behind});
  };
  for (const ScaleRounding rounding : {ScaleRounding::exact, ScaleRounding::half_to_even}) {
    CHECK(rounded(rounding, true) == Values{3, 5});
    CHECK(rounded(rounding, false) == Values{4, 4});
  }
  CHECK(rounded(ScaleRounding::away, true) == Values{4, 5});
}

TEST_CASE("a half of -15 in float32 stays a half beside a zero point of 8, on either side of the rounding") {
  // -0.75 / 0.1 in float32 is -7.5, in fixed point a little less than that from 0.
  const ScaleRow tenth = {.multiplier = static_cast<std::int32_t>(std::lround(0x1p30 / double{0.1F} / 16)),
                          .shift = 30 - 4 + 2};
  for (const bool behind : {true, false}) {
    const ScaleEnd end = {.rounding = ScaleRounding::half_to_even, .zero = 8, .zero_behind = behind};
    CHECK(scaled({-3}, tenth, least_int, most_int, end) == Values{0});
  }
  // Their sum alone as float32 is above 1/2.
  ScaleRow joined = tenth;
  joined.bias = std::int64_t{8} << tenth.shift;
  CHECK(scaled({-3}, joined, least_int, most_int, {.rounding = ScaleRounding::half_to_even}) == Values{1});
}

TEST_CASE("a scale's sum wraps at 64 bits: 2^63 - 1 + 1 is -2^63") {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(scaled({1}, {.bias = most, .shift = 33}) == Values{-(1 << 30)});
  CHECK(scaled({least_int}, {.multiplier = most_int, .bias = -most, .shift = 33}) ==
        Values{(1 << 30) - (1 << 29)});
}

TEST_CASE("a scale takes multiplier, bias and shift of each of 2 channels, or the first for both") {
  Memories memories = cleared();
  put_sums(memories, {10, 10, -20, -20});
  auto i = vector_operation<isa::Scale>(Memory::accumulator, Format::int32, Format::int8, 2, 2);
  i.per_channel = 1;
  put_scales(i, memories, -100, 100, {{.multiplier = 3}, {.multiplier = 5, .bias = 7, .shift = 2}});
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::int8, 4) == Values{30, 14, -60, -23});
  i.per_channel = 0;
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::int8, 4) == Values{30, 30, -60, -60});
}

TEST_CASE("a scale adds a tensor's values times 'second': 3 * 10 - 2 * 7 is 16") {
  Memories memories = cleared();
  put_sums(memories, {10, 20});
  put_row(memories.activation, 300, Format::uint8, {7});
  put_row(memories.activation, 305, Format::uint8, {255});
  auto i = vector_operation<isa::Scale>(Memory::accumulator, Format::int32, Format::int16, 2, 1);
  i.second = Second::tensor;
  i.second_format = Format::uint8;
  i.second_address = 300;
  i.second_position_stride = 5;
  put_scales(i, memories, least_int, most_int, {{.multiplier = 3, .second = -2}});
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::int16, 2) == Values{16, -450});
  i.second = Second::none;
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::int16, 2) == Values{30, 60});
}

TEST_CASE("a pair's channel c has its value at 2c and its second operand at 2c + 1") {
  Memories memories = cleared();
  put_row(memories.activation, 0, Format::s4, {1, -2, 3, -4, 5, -6});
  auto i = vector_operation<isa::Scale>(Memory::activation, Format::s4, Format::int8, 1, 3);
  i.second = Second::pair;
  i.result = 20;
  put_scales(i, memories, least_int, most_int, {{.multiplier = 10, .second = 1}});
  run(i, memories);
  CHECK(row_at(memories.activation, 20, Format::int8, 3) == Values{8, 26, 44});
}

TEST_CASE("a scale's max is of results: under a multiplier of -1 it is the least value's") {
  auto i = pooled<isa::Scale>(Format::s5, Format::int8, Pool::max);
  Memories memories = cleared();
  put_image(memories, i, image);
  put_scales(i, memories, -100, 100, {{.multiplier = -1}});
  run(i, memories);
  CHECK(results_of(memories, i) == Values{-1, -3, 9, 7});
}

TEST_CASE("a scale's sum is of values: an average of 4 rounds 5.25, 5.5, -5.5 and -3.75") {
  auto i = pooled<isa::Scale>(Format::s5, Format::int8, Pool::sum);
  Memories memories = cleared();
  put_image(memories, i, image);
  put_scales(i, memories, -100, 100, {{.shift = 2}});
  run(i, memories);
  CHECK(results_of(memories, i) == Values{5, 6, -6, -4});
}

TEST_CASE(
    "an affine output rounds twice: 4097 * (1 + 2^-12) - 4098 is 0, which one rounding would make 2^-12") {
  CHECK(affine_of({4097}, {.scale = 1.0F + 0x1p-12F, .bias = -4098.0F}) == std::vector<float>{0.0F});
  // In between it was exactly 4098 + 2^-12, half a unit above 4098.
  CHECK(4097.0 * (1.0 + 0x1p-12) == 4098.0 + 0x1p-12);
}

TEST_CASE("a sum of 16,777,217 becomes the float 16,777,216 before it is scaled") {
  CHECK(affine_of({16777217}, {}) == std::vector<float>{16777216.0F});
}

TEST_CASE("an affine adds the second operand before the bias: (1 + 2^24) - 2^24 is 0, not 1") {
  Memories memories = cleared();
  put_row(memories.activation, 0, Format::float32, {bits(1.0F), bits(0x1p24F)});
  auto i = vector_operation<isa::Affine>(Memory::activation, Format::float32, Format::float32, 1, 1);
  i.second = Second::pair;
  i.result = 100;
  put_affines(i, memories, -infinity, infinity, {{.scale = 1, .second = 1, .bias = -0x1p24F}});
  run(i, memories);
  CHECK(get<float>(memories.activation, 100) == 0.0F);
}

TEST_CASE("an affine takes scale and bias of each of 2 channels, or the first for both") {
  Memories memories = cleared();
  put_sums(memories, {3, -3});
  auto i = vector_operation<isa::Affine>(Memory::accumulator, Format::int32, Format::float32, 1, 2);
  i.per_channel = 1;
  put_affines(i, memories, -infinity, infinity, {{.scale = 2, .bias = 1}, {.scale = 4, .bias = 0.5F}});
  run(i, memories);
  CHECK(get<float>(memories.activation, 0) == 7.0F);
  CHECK(get<float>(memories.activation, 4) == -11.5F);
  i.per_channel = 0;
  run(i, memories);
  CHECK(get<float>(memories.activation, 4) == -5.0F);
}

TEST_CASE("an affine's clamp comes last: 0 to 6") {
  CHECK(affine_of({-2, 1, 5, 8}, {.scale = 2, .bias = -1}, 0, 6) == std::vector<float>{0, 1, 6, 6});
}

TEST_CASE("a NaN passes the clamp as 0x7fc00000, whatever its bits were") {
  Memories memories = cleared();
  put_row(memories.activation, 0, Format::float32, {-1, 0x7f800001});
  auto i = vector_operation<isa::Affine>(Memory::activation, Format::float32, Format::float32, 1, 2);
  put_affines(i, memories, 0, 6, {{.scale = -1}});
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::float32, 2) == Values{0x7fc00000, 0x7fc00000});
  // Infinity less infinity.
  put_row(memories.activation, 0, Format::float32, {bits(infinity), bits(-infinity)});
  auto sum = vector_operation<isa::Copy>(Memory::activation, Format::float32, Format::float32, 2, 1);
  sum.columns = 1;
  sum.kernel_w = 2;
  sum.pool = Pool::sum;
  run(sum, memories);
  CHECK(row_at(memories.activation, 0, Format::float32, 1) == Values{0x7fc00000});
}

TEST_CASE("an affine adds a tensor of int8 to sums of float32 and writes float16") {
  Memories memories = cleared();
  put(memories.accumulator, 0, 1.5F);
  put(memories.accumulator, 4, 65536.0F);
  put_row(memories.activation, 300, Format::int8, {-8, 0});
  auto i = vector_operation<isa::Affine>(Memory::accumulator, Format::float32, Format::float16, 1, 2);
  i.second = Second::tensor;
  i.second_format = Format::int8;
  i.second_address = 300;
  put_affines(i, memories, -infinity, infinity, {{.scale = 2, .second = 0.25F, .bias = 10}});
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::float16, 2) == Values{bits(11.0F), bits(infinity)});
}

TEST_CASE("two copies of 3 and 2 channels at 'first' 0 and 3 concatenate them, and leave element 5 alone") {
  Memories memories = cleared();
  put_row(memories.activation, 100, Format::s4, {1, 2, 3});
  put_row(memories.activation, 108, Format::s4, {-1, -2, -3});
  put_row(memories.activation, 120, Format::int8, {4, 5, -4, -5});
  for (const std::size_t at : {200U, 208U}) put_row(memories.activation, at, Format::s4, Values(16, 7));
  auto i = vector_operation<isa::Copy>(Memory::activation, Format::s4, Format::s4, 2, 3);
  i.address = 100;
  i.result = 200;
  run(i, memories);
  i = vector_operation<isa::Copy>(Memory::activation, Format::int8, Format::s4, 2, 2);
  i.address = 120;
  i.result = 200;
  i.result_position_stride = 8;
  i.first = 3;
  run(i, memories);
  CHECK(row_at(memories.activation, 200, Format::s4, 7) == Values{1, 2, 3, 4, 5, 7, 7});
  CHECK(row_at(memories.activation, 208, Format::s4, 7) == Values{-1, -2, -3, -4, -5, 7, 7});
}

TEST_CASE("a copy's 2 x 2 max pools packed codes of 4 formats") {
  for (const Format format : {Format::planes, Format::trit2, Format::s3, Format::pow2}) {
    const auto i = pooled<isa::Copy>(format, format, Pool::max);
    Memories memories = cleared();
    put_image(memories, i, {{-1, 0, -1, -1}, {0, 1, -1, -1}, {0, -1, 0, 0}, {-1, -1, 1, 0}});
    run(i, memories);
    CHECK(results_of(memories, i) == Values{1, -1, 0, 1});
  }
}

TEST_CASE("a copy's 2 x 2 sum of codes is an int32") {
  const auto i = pooled<isa::Copy>(Format::s5, Format::int32, Pool::sum);
  Memories memories = cleared();
  put_image(memories, i, image);
  run(i, memories);
  CHECK(results_of(memories, i) == Values{21, 22, -22, -15});
}

TEST_CASE("a copy's sum of int32 wraps: 2,147,483,647 + 1 is -2,147,483,648") {
  auto i = vector_operation<isa::Copy>(Memory::accumulator, Format::int32, Format::int32, 2, 1);
  i.columns = 1;
  i.kernel_w = 2;
  i.pool = Pool::sum;
  Memories memories = cleared();
  put_sums(memories, {most_int, 1});
  run(i, memories);
  CHECK(get<std::int32_t>(memories.activation, 0) == least_int);
}

TEST_CASE("taps outside are left out: the max of -5 and -3 is -3, not 0") {
  auto i = vector_operation<isa::Copy>(Memory::activation, Format::int8, Format::int8, 2, 1);
  i.kernel_w = 3;
  i.pad_left = 1;
  i.result = 100;
  Memories memories = cleared();
  put_row(memories.activation, 0, Format::int8, {-5, -3});
  run(i, memories);
  CHECK(row_at(memories.activation, 100, Format::int8, 2) == Values{-3, -3});
  i.pool = Pool::sum;
  i.kernel_h = 2;
  i.pad_top = 1;  // a line above, and the image has one
  run(i, memories);
  CHECK(row_at(memories.activation, 100, Format::int8, 2) == Values{-8, -8});
}

TEST_CASE("a window wholly outside is the function of 0") {
  auto scale = vector_operation<isa::Scale>(Memory::activation, Format::int8, Format::int8, 1, 1);
  scale.columns = 3;
  scale.pad_left = 1;
  scale.result = 100;
  for (const Pool pool : {Pool::max, Pool::sum}) {
    scale.pool = pool;
    Memories memories = cleared();
    memories.activation[0] = 5;
    put_scales(scale, memories, -100, 100, {{.multiplier = 2, .bias = 3}});
    run(scale, memories);
    CHECK(row_at(memories.activation, 100, Format::int8, 3) == Values{3, 13, 3});
  }
  auto copy = vector_operation<isa::Copy>(Memory::activation, Format::bit1, Format::bit1, 1, 1);
  copy.columns = 2;
  copy.pad_left = 1;
  Memories memories = cleared();
  put_row(memories.activation, 0, Format::bit1, {1});
  run(copy, memories);
  CHECK(row_at(memories.activation, 0, Format::bit1, 1) == Values{-1});  // 0 is written as -1
  CHECK(row_at(memories.activation, 2, Format::bit1, 1) == Values{1});
}

TEST_CASE("4 positions that move up by one are all read before any is written") {
  Memories memories = cleared();
  put_row(memories.activation, 0, Format::uint8, {1, 2, 3, 4, 5});
  auto i = vector_operation<isa::Copy>(Memory::activation, Format::uint8, Format::uint8, 4, 1);
  i.result = 1;
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::uint8, 5) == Values{1, 1, 2, 3, 4});
  i.address = 1;
  i.result = 0;
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::uint8, 5) == Values{1, 2, 3, 4, 4});
}

TEST_CASE("a scale may write its sums over the tensor that it adds") {
  Memories memories = cleared();
  put_sums(memories, {1, 2, 3});
  put_row(memories.activation, 0, Format::int32, {10, 20, 30});
  auto i = vector_operation<isa::Scale>(Memory::accumulator, Format::int32, Format::int32, 3, 1);
  i.second = Second::tensor;
  i.second_format = Format::int32;
  i.second_position_stride = 4;
  put_scales(i, memories, least_int, most_int, {{.multiplier = 1, .second = 1}});
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::int32, 3) == Values{11, 22, 33});
}

TEST_CASE("results too wide for their format lose their upper bits: 300 is 44 of uint8 and -4 of s4") {
  Memories memories = cleared();
  put_sums(memories, {300, -300});
  auto i = vector_operation<isa::Copy>(Memory::accumulator, Format::int32, Format::uint8, 1, 2);
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::uint8, 2) == Values{44, 212});
  i.format = Format::s4;
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::s4, 2) == Values{-4, 4});
  i.format = Format::planes;
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::planes, 2) == Values{1, -1});
  i.format = Format::pow2;
  put_sums(memories, {127, -3});
  run(i, memories);
  CHECK(row_at(memories.activation, 0, Format::pow2, 2) == Values{64, -2});
}
