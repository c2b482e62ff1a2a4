// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <optional>

#include "arch/datapath/rounding.hpp"
#include "arch/isa/curves.hpp"
#include "arch/isa/meaning.hpp"
#include "support/diagnostics.hpp"
#include "support/exact.hpp"
#include "tests/arch/isa/running.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// float32 of an exact double.
float rounded(double value) {
  return static_cast<float>(value);
}
std::int32_t bits_of(float value) {
  return value != value ? 0x7fc00000 : std::bit_cast<std::int32_t>(value);
}
double number(Format format, std::int32_t value) {
  return is_float(format) ? double{std::bit_cast<float>(value)} : static_cast<double>(value);
}

/// value / 2^shift by a division with its rest, a half to the even neighbour.
std::int64_t divided(std::int64_t value, int shift) {
  const std::int64_t unit = std::int64_t{1} << shift;
  std::int64_t whole = value / unit, rest = value % unit;
  if (rest < 0) {  // the quotient of a division rounds towards 0
    --whole;
    rest += unit;
  }
  if (rest > unit - rest || (rest == unit - rest && whole % 2 != 0)) ++whole;
  return whole;
}

/// The same of the nearest float32, with a zero point before or behind the rounding.
std::int64_t divided_as_float(std::int64_t value, int shift, const isa::Scale& i) {
  float quotient = static_cast<float>(value) / static_cast<float>(std::uint64_t{1} << shift);
  const auto zero = static_cast<std::int32_t>(i.zero);
  if (i.zero_behind == 0) quotient += static_cast<float>(zero);
  const double v = quotient, part = std::fabs(v) - std::floor(std::fabs(v)), inner = std::trunc(v);
  const double outer = part == 0 ? inner : inner + (v < 0 ? -1 : 1);
  double code = inner;
  switch (i.rounding) {
    case ScaleRounding::exact: break;
    case ScaleRounding::half_to_even:
      code = part > 0.5 || (part == 0.5 && std::fmod(inner, 2) != 0) ? outer : inner;
      break;
    case ScaleRounding::away: code = outer; break;
    case ScaleRounding::toward: break;
    case ScaleRounding::half_away: code = part >= 0.5 ? outer : inner; break;
    case ScaleRounding::half_toward: code = part > 0.5 ? outer : inner; break;
    case ScaleRounding::floor: code = std::floor(v); break;
    case ScaleRounding::ceil: code = std::ceil(v); break;
  }
  return static_cast<std::int64_t>(code) + (i.zero_behind != 0 ? zero : 0);
}

/// A register after 16 shifts, a bit at a time.
std::uint32_t shifted_16_times(std::uint32_t state) {
  for (int shift = 0; shift < 16; ++shift)
    state = state * 2 + ((state >> 31) + (state >> 30) + (state >> 29) + (state >> 9)) % 2;
  return state;
}

/// What a function is of: the value, its second and third operand (the register of a sample is its second).
struct Operands {
  std::int32_t x = 0, y = 0, z = 0;
  bool second = false, third = false;
  Format y_format = Format::int32;
};

/// A vector instruction by its plain definition, one channel of one output at a time.
template <class I>
class SlowVector {
 public:
  SlowVector(const I& i, const MachineSpec& spec, const Memories& memories)
      : i_(i), bits_(spec.array.word_bits), memories_(memories) {}

  /// The activation memory afterwards.
  std::vector<std::uint8_t> result() const {
    std::vector<std::uint8_t> after = memories_.activation;
    if constexpr (requires { i_.registers; }) {
      for (std::size_t line = 0; line < i_.lines; ++line) {
        for (std::size_t column = 0; column < i_.columns; ++column) {
          for (std::size_t c = 0; c < i_.cols; ++c) {
            const std::size_t at = register_at(line, column, c);
            put(after, at, shifted_16_times(get<std::uint32_t>(memories_.activation, at)));
          }
        }
      }
    }
    for (std::size_t line = 0; line < i_.lines; ++line) {
      for (std::size_t column = 0; column < i_.columns; ++column) {
        const std::size_t at = i_.result + line * i_.result_line_stride + column * i_.result_position_stride;
        for (std::size_t c = 0; c < i_.cols; ++c) {
          put_element(i_.format, bits_, std::span(after).subspan(at), static_cast<std::int64_t>(i_.first + c),
                      one(line, column, c));
        }
      }
    }
    return after;
  }
  /// Results that a multiply has clamped so far.
  std::uint64_t saturations() const { return saturations_; }

 private:
  std::int32_t one(std::size_t line, std::size_t column, std::size_t c) const {
    const bool pair = source_values(i_) == 2;
    std::vector<std::pair<std::int32_t, std::int32_t>> taps;  // value and second operand
    for (std::int64_t ky = 0; ky < i_.kernel_h; ++ky) {
      for (std::int64_t kx = 0; kx < i_.kernel_w; ++kx) {
        const std::int64_t y = static_cast<std::int64_t>(line) * i_.stride_y + ky - i_.pad_top;
        const std::int64_t x = static_cast<std::int64_t>(column) * i_.stride_x + kx - i_.pad_left;
        if (y < 0 || y >= i_.in_lines || x < 0 || x >= i_.in_columns) continue;
        const auto at = static_cast<std::size_t>(i_.address + y * i_.line_stride + x * i_.position_stride);
        const auto& memory = memories_.of(i_.memory);
        taps.emplace_back(element(i_.source_format, memory, at, pair ? 2 * c : c),
                          pair ? element(i_.source_format, memory, at, 2 * c + 1) : 0);
      }
    }
    if (taps.empty()) taps.emplace_back(0, 0);
    if (i_.pool == Pool::sum) {
      for (std::size_t t = 1; t < taps.size(); ++t) {
        taps[0].first = sum(taps[0].first, taps[t].first);
        taps[0].second = sum(taps[0].second, taps[t].second);
      }
      taps.resize(1);
    }
    std::optional<std::int32_t> largest;
    for (const auto& [x, y] : taps) {
      Operands of = {x, y, 0, pair, false, i_.source_format};
      if constexpr (requires { i_.second; }) {
        if (i_.second == Second::tensor) {
          of.second = true;
          of.y_format = i_.second_format;
          of.y = element(
              of.y_format, memories_.activation,
              i_.second_address + line * i_.second_line_stride + column * i_.second_position_stride, c);
        }
      }
      if constexpr (requires { i_.third; }) {
        of.third = i_.third == Second::tensor;
        if (of.third) {
          of.z =
              element(i_.third_format, memories_.activation,
                      i_.third_address + line * i_.third_line_stride + column * i_.third_position_stride, c);
        }
      }
      if constexpr (requires { i_.registers; })
        of.y = get<std::int32_t>(memories_.activation, register_at(line, column, c));
      const std::int32_t value = function(i_, c, of);
      if (!largest || number(i_.format, value) > number(i_.format, *largest)) largest = value;
    }
    return *largest;
  }

  std::size_t register_at(std::size_t line, std::size_t column, std::size_t c) const requires requires(I i) {
    i.registers;
  }
  { return i_.registers + line * i_.registers_line_stride + column * i_.registers_position_stride + 4 * c; }
  std::int32_t sum(std::int32_t a, std::int32_t b) const {
    if (is_float(i_.source_format)) {
      return bits_of(rounded(number(Format::float32, a) + number(Format::float32, b)));
    }
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(std::int64_t{a} + b));
  }
  std::int32_t element(Format format, const std::vector<std::uint8_t>& memory, std::size_t at,
                       std::size_t index) const {
    return get_element(format, bits_, std::span(memory).subspan(at), static_cast<std::int64_t>(index));
  }
  template <class T>
  T table(std::size_t at) const {
    return get<T>(memories_.weight, at);
  }

  std::int32_t function(const isa::Copy&, std::size_t, const Operands& of) const { return of.x; }
  std::int32_t function(const isa::Threshold& i, std::size_t c, const Operands& of) const {
    const std::size_t row =
        i.table + (i.per_channel != 0 ? c : 0) * (std::size_t{i.thresholds} * i.threshold_bytes + 1);
    const std::size_t sign = row + std::size_t{i.thresholds} * i.threshold_bytes;
    std::size_t reached = 0;
    for (std::size_t t = 0; t < i.thresholds; ++t) {
      const std::size_t at = row + t * i.threshold_bytes;
      const std::int64_t threshold = i.threshold_bytes == 1   ? std::int64_t{table<std::int8_t>(at)}
                                     : i.threshold_bytes == 2 ? std::int64_t{table<std::int16_t>(at)}
                                                              : std::int64_t{table<std::int32_t>(at)};
      if (table<std::int8_t>(sign) * std::int64_t{of.x} >= threshold) ++reached;
    }
    std::uint64_t codes = reached < 8 ? i.codes : i.more_codes;
    for (std::size_t skipped = reached % 8; skipped > 0; --skipped) codes /= 256;
    return static_cast<std::int8_t>(codes % 256);
  }
  std::int32_t function(const isa::Scale& i, std::size_t c, const Operands& of) const {
    const std::size_t row = i.table + (i.per_channel != 0 ? c : 0) * 17;
    const auto times = [](std::int32_t a, std::int32_t b) {
      return static_cast<std::uint64_t>(std::int64_t{a} * std::int64_t{b});
    };
    std::uint64_t sum = times(of.x, table<std::int32_t>(row)) + table<std::uint64_t>(row + 8);
    if (of.second) sum += times(of.y, table<std::int32_t>(row + 4));
    const int shift = std::min<int>(table<std::uint8_t>(row + 16), 62);
    std::int64_t whole = 0;
    if (i.rounding != ScaleRounding::exact) {
      whole = divided_as_float(static_cast<std::int64_t>(sum), shift, i);
    } else {
      const auto zero = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(i.zero)});
      const std::uint64_t before = i.zero_behind != 0 ? 0 : zero << static_cast<unsigned>(shift);
      whole = divided(static_cast<std::int64_t>(sum + before), shift);
      if (i.zero_behind != 0) whole = static_cast<std::int64_t>(static_cast<std::uint64_t>(whole) + zero);
    }
    const std::int64_t least = static_cast<std::int32_t>(i.least), most = static_cast<std::int32_t>(i.most);
    if (whole > most) whole = most;
    if (whole < least) whole = least;
    return static_cast<std::int32_t>(whole);
  }
  std::int32_t function(const isa::Affine& i, std::size_t c, const Operands& of) const {
    const std::size_t row = i.table + (i.per_channel != 0 ? c : 0) * 12;
    const auto constant = [&](std::size_t at) { return double{table<float>(at)}; };
    // A product and a sum of two float32 lose nothing in a double that rounding to float32 would see.
    float value = rounded(double{rounded(number(i.source_format, of.x))} * constant(row));
    if (of.second) {
      const float term = rounded(double{rounded(number(of.y_format, of.y))} * constant(row + 4));
      value = rounded(double{value} + double{term});
    }
    value = rounded(double{value} + constant(row + 8));
    const auto least = std::bit_cast<float>(i.least), most = std::bit_cast<float>(i.most);
    if (value < least) {
      value = least;
    } else if (value > most) {
      value = most;
    }
    return bits_of(value);
  }
  std::int32_t function(const isa::Lookup& i, std::size_t, const Operands& of) const {
    const std::int64_t size = of.x < 0 ? -std::int64_t{of.x} : of.x;
    const std::int64_t segment = std::int64_t{1} << i.segment_shift, last = std::int64_t{1} << i.segments;
    const auto point = [&](std::int64_t k) {
      return std::int64_t{table<std::int16_t>(i.table + 2 * static_cast<std::size_t>(std::min(k, last)))};
    };
    const std::int64_t before = size / segment, rest = size % segment;
    std::int64_t value = point(before);
    if (i.interpolate != 0) {
      value += divided((point(before + 1) - value) * rest, i.segment_shift);
    } else if (2 * rest >= segment && rest > 0) {
      value = point(before + 1);
    }
    const std::int64_t one = i.symmetry == Symmetry::odd ? 0 : static_cast<std::int32_t>(i.one);
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(of.x < 0 ? one - value : value));
  }
  std::int32_t function(const isa::Multiply& i, std::size_t, const Operands& of) const {
    if (is_float(i.source_format)) {
      float value = rounded(number(Format::float32, of.x) * number(Format::float32, of.y));
      if (of.third) value = rounded(double{value} + number(Format::float32, of.z));
      const auto least = std::bit_cast<float>(i.least), most = std::bit_cast<float>(i.most);
      return bits_of(value < least ? least : value > most ? most : value);
    }
    const std::uint64_t product = static_cast<std::uint64_t>(std::int64_t{of.x} * of.y);
    const std::uint64_t third =
        static_cast<std::uint64_t>(std::int64_t{of.z}) * (std::uint64_t{1} << i.third_shift);
    const std::int64_t value = divided(static_cast<std::int64_t>(product + third), i.shift);
    std::int64_t clamped = value;
    if (clamped > static_cast<std::int32_t>(i.most)) clamped = static_cast<std::int32_t>(i.most);
    if (clamped < static_cast<std::int32_t>(i.least)) clamped = static_cast<std::int32_t>(i.least);
    saturations_ += clamped != value ? 1 : 0;
    return static_cast<std::int32_t>(clamped);
  }
  std::int32_t function(const isa::Function& i, std::size_t, const Operands& of) const {
    const float x = rounded(number(Format::float32, of.x) * double{std::bit_cast<float>(i.slope)});
    return bits_of(i.function == Curve::sigmoid ? exact_sigmoid(x) : exact_tanh(x));
  }
  std::int32_t function(const isa::Sample& i, std::size_t, const Operands& of) const {
    const std::int64_t draw = shifted_16_times(static_cast<std::uint32_t>(of.y)) % 65536;
    const std::int64_t size = (of.x < 0 ? -std::int64_t{of.x} : of.x) * (std::int64_t{1} << i.shift);
    return size <= draw ? 0 : of.x < 0 ? -1 : 1;
  }

  mutable std::uint64_t saturations_ = 0;
  const I& i_;
  std::int64_t bits_;
  const Memories& memories_;
};

/// Makes table and clamp what a compiler could have written: signs +1 and -1, moderate shifts and floats.
void tame(Random& random, isa::Threshold& i, Memories& memories) {
  for (std::size_t r = 0; r < (i.per_channel != 0 ? i.cols : 1); ++r) {
    memories.weight[i.table + (r + 1) * table_row(i) - 1] = random.chance(0.5) ? 1 : 0xff;
  }
}
void tame(Random& random, isa::Scale& i, Memories& memories) {
  if (random.chance(0.3)) {
    i.zero_behind = 1;  // before the rounding it may wrap, where the definition has float32
    return;
  }
  i.least = static_cast<std::uint32_t>(random.between(-200, 0));
  i.most = static_cast<std::uint32_t>(random.between(0, 200));
  for (std::size_t r = 0; r < (i.per_channel != 0 ? i.cols : 1); ++r) {
    const std::size_t row = i.table + 17 * r;
    put(memories.weight, row, static_cast<std::int32_t>(random.between(-40, 40)));
    put(memories.weight, row + 4, static_cast<std::int32_t>(random.between(-40, 40)));
    put(memories.weight, row + 8, random.between(-100, 100));
    memories.weight[row + 16] = static_cast<std::uint8_t>(random.below(8));
  }
}
void tame(Random& random, isa::Affine& i, Memories& memories) {
  if (random.chance(0.3)) return;
  const auto any = [&] { return static_cast<float>(random.real() - 0.5); };
  i.least = std::bit_cast<std::uint32_t>(-1e6F);
  i.most = std::bit_cast<std::uint32_t>(1e6F);
  for (std::size_t at = 0; at < (i.per_channel != 0 ? i.cols : 1) * std::size_t{3}; ++at)
    put(memories.weight, i.table + 4 * at, any());
}
void tame(Random& random, isa::Lookup& i, Memories& memories) {
  if (random.chance(0.3)) return;
  i.segment_shift = static_cast<std::uint8_t>(random.below(6));
  // Points of a segment a few codes apart, so that a line between two often meets a half.
  for (std::size_t k = 0; k < table_bytes(i) / 2; ++k)
    put(memories.weight, i.table + 2 * k, static_cast<std::int16_t>(random.between(-20, 20)));
}
void tame(Random& random, isa::Multiply& i, Memories&) {
  if (random.chance(0.3)) return;
  if (is_float(i.source_format)) {
    i.least = std::bit_cast<std::uint32_t>(-1e6F);
    i.most = std::bit_cast<std::uint32_t>(1e6F);
    return;
  }
  i.least = static_cast<std::uint32_t>(random.between(-200, 0));
  i.most = static_cast<std::uint32_t>(random.between(0, 200));
  i.shift = static_cast<std::uint8_t>(random.below(8));
  i.third_shift = static_cast<std::uint8_t>(random.below(8));
}
void tame(Random& random, isa::Function& i, Memories&) {
  if (random.chance(0.3)) return;
  i.slope = std::bit_cast<std::uint32_t>(static_cast<float>(random.real() - 0.5));
}
void tame(Random&, isa::Sample&, Memories&) {}
void tame(Random&, isa::Copy&, Memories&) {}

template <class I>
void compare(std::uint64_t seed) {
  Random random(seed);
  int overlapping = 0;
  std::uint64_t saturations = 0;
  for (int round = 0; round < 1200; ++round) {
    MachineSpec spec = whole_machine();
    spec.array.word_bits = std::int64_t{16} << random.below(3);
    I i = ValidInstructions(random, spec).template vector<I>();
    Memories memories = random_memories(random, spec);
    tame(random, i, memories);
    Instruction instruction;
    instruction.operation = i;
    INFO(disassemble(instruction));
    const auto accesses = footprint(instruction, spec);
    overlapping += conflict(accesses.front(), accesses.back()) ? 1 : 0;
    const SlowVector<I> slow(i, spec, memories);
    const std::vector<std::uint8_t> expected = slow.result();
    Memories after = memories;
    const Effects effects = run(i, after, spec);
    CHECK(effects.overflows == 0);
    REQUIRE(effects.saturations == slow.saturations());
    saturations += effects.saturations;
    REQUIRE(after.activation == expected);
    REQUIRE(after.weight == memories.weight);
    REQUIRE(after.accumulator == memories.accumulator);
  }
  CHECK(overlapping > 100);
  CHECK((saturations > 1000) == (std::is_same_v<I, isa::Multiply>));
}

}  // namespace

TEST_CASE("1,200 random thresholds equal the plain count, value by value") {
  compare<isa::Threshold>(81);
}
TEST_CASE("1,200 random scales equal a division with its rest, value by value") {
  compare<isa::Scale>(82);
}
TEST_CASE("1,200 random affines equal double arithmetic rounded after every operation") {
  compare<isa::Affine>(83);
}
TEST_CASE("1,200 random copies equal the plain maximum and sum") {
  compare<isa::Copy>(84);
}
TEST_CASE("1,200 random lookups equal a walk along the segments, value by value") {
  compare<isa::Lookup>(85);
}
TEST_CASE("1,200 random multiplies equal a division with its rest, and count what they clamp") {
  compare<isa::Multiply>(86);
}
TEST_CASE("1,200 random functions equal the rounded product's sigmoid or hyperbolic tangent") {
  compare<isa::Function>(87);
}
TEST_CASE("1,200 random samples equal registers shifted a bit at a time, and write them back") {
  compare<isa::Sample>(88);
}
TEST_CASE("1,200 random gathers copy the rows that their indices say, or fail with a row that is not there") {
  Random random(89);
  const MachineSpec spec = whole_machine();
  int failed = 0;
  for (int round = 0; round < 1200; ++round) {
    const isa::Gather i = ValidInstructions(random, spec).gather();
    Memories memories = random_memories(random, spec);
    put_indices(random, i, memories);
    const bool fails = random.chance(0.2);
    if (fails) {
      const std::size_t row = random.below(i.rows);
      put(memories.activation, i.indices + 4 * row,
          random.chance(0.5) ? static_cast<std::int32_t>(i.table_rows) : std::int32_t{-1});
    }
    Memories expected = memories;
    for (std::size_t r = 0; r < i.rows && !fails; ++r) {
      const auto index = static_cast<std::size_t>(get<std::int32_t>(memories.activation, i.indices + 4 * r));
      for (std::size_t b = 0; b < i.row_bytes; ++b)
        expected.of(i.memory)[i.address + r * i.stride + b] =
            memories.dram[i.dram + index * i.dram_stride + b];
    }
    try {
      run(i, memories, spec);
      REQUIRE_FALSE(fails);
    } catch (const RunError&) {
      REQUIRE(fails);
      ++failed;
    }
    for (int m = 0; m < memory_count; ++m)
      REQUIRE(memories.of(static_cast<Memory>(m)) == expected.of(static_cast<Memory>(m)));
  }
  CHECK(failed > 150);
}
