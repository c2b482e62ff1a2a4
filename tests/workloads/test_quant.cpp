// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/quant.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "tests/catch.hpp"

namespace {

using tricycle::bipolar;
using tricycle::parse_rounding;
using tricycle::quant_range;
using tricycle::quantize;
using tricycle::QuantRange;
using tricycle::Rounding;

}  // namespace

TEST_CASE("every rounding mode rounds ties and others as its name says") {
  struct Row {
    Rounding rounding;
    std::array<std::int64_t, 10> codes;
  };
  constexpr std::array<float, 10> values = {-2.5F, -1.5F, -0.5F, 0.5F, 1.5F, 2.5F, -1.2F, 1.2F, -1.7F, 1.7F};
  const Row rows[] = {
      {Rounding::round, {-2, -2, 0, 0, 2, 2, -1, 1, -2, 2}},
      {Rounding::ceil, {-2, -1, 0, 1, 2, 3, -1, 2, -1, 2}},
      {Rounding::floor, {-3, -2, -1, 0, 1, 2, -2, 1, -2, 1}},
      {Rounding::up, {-3, -2, -1, 1, 2, 3, -2, 2, -2, 2}},
      {Rounding::down, {-2, -1, 0, 0, 1, 2, -1, 1, -1, 1}},
      {Rounding::half_up, {-3, -2, -1, 1, 2, 3, -1, 1, -2, 2}},
      {Rounding::half_down, {-2, -1, 0, 0, 1, 2, -1, 1, -2, 2}},
  };
  for (const Row& row : rows) {
    const QuantRange range = quant_range(4, true, false, row.rounding);
    for (std::size_t i = 0; i < values.size(); ++i) {
      CAPTURE(static_cast<int>(row.rounding), values[i]);
      CHECK(quantize(values[i], 1, 0, range) == row.codes[i]);
    }
  }
}

TEST_CASE("ties go to the even code over a whole range") {
  const QuantRange range = quant_range(8, true, false, Rounding::round);
  for (int code = -128; code < 127; ++code) {
    const float tie = static_cast<float>(code) + 0.5F;
    CHECK(quantize(tie, 1, 0, range) % 2 == 0);
    CHECK(quantize(std::nextafter(tie, 1000.0F), 1, 0, range) == code + 1);
    CHECK(quantize(std::nextafter(tie, -1000.0F), 1, 0, range) == code);
  }
}

TEST_CASE("the range of codes follows bits, sign and narrowness") {
  const auto ends = [](std::int64_t bits, bool is_signed, bool narrow) {
    const QuantRange range = quant_range(bits, is_signed, narrow, Rounding::round);
    return std::pair(range.least, range.most);
  };
  using Ends = std::pair<std::int64_t, std::int64_t>;
  CHECK(ends(2, true, true) == Ends(-1, 1));
  CHECK(ends(2, true, false) == Ends(-2, 1));
  CHECK(ends(2, false, false) == Ends(0, 3));
  CHECK(ends(2, false, true) == Ends(0, 2));
  CHECK(ends(1, true, false) == Ends(-1, 0));
  CHECK(ends(1, false, false) == Ends(0, 1));
  CHECK(ends(8, true, true) == Ends(-127, 127));
  CHECK(ends(32, true, false) == Ends(-2147483648, 2147483647));
}

TEST_CASE("a value is clamped before it is rounded, so that none is too large to round") {
  const QuantRange ternary = quant_range(2, true, true, Rounding::round);
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(quantize(1e30F, 1, 0, ternary) == 1);
  CHECK(quantize(-1e30F, 1, 0, ternary) == -1);
  CHECK(quantize(infinity, 1, 0, ternary) == 1);
  CHECK(quantize(-infinity, 1, 0, ternary) == -1);
  CHECK(quantize(std::nanf(""), 1, 0, ternary) == 0);
  CHECK(quantize(1.4F, 1, 0, quant_range(2, true, true, Rounding::ceil)) == 1);
  CHECK(quantize(1e-30F, 1e-38F, 0, ternary) == 1);
}

TEST_CASE("scale divides first, then the zero point is added") {
  const QuantRange range = quant_range(8, false, false, Rounding::round);
  CHECK(quantize(1.0F, 0.5F, 10, range) == 12);
  CHECK(quantize(-10.0F, 0.5F, 10, range) == 0);
  CHECK(quantize(0.25F, 0.5F, 0, range) == 0);  // 0.5, to even
  CHECK(quantize(0.75F, 0.5F, 0, range) == 2);  // 1.5, to even
}

TEST_CASE("rounding modes are known by name in any case") {
  Rounding rounding = Rounding::floor;
  CHECK((parse_rounding("round", rounding) && rounding == Rounding::round));
  CHECK((parse_rounding("Half_Down", rounding) && rounding == Rounding::half_down));
  CHECK((parse_rounding("CEIL", rounding) && rounding == Rounding::ceil));
  CHECK_FALSE(parse_rounding("ROUND_HALF", rounding));
  CHECK_FALSE(parse_rounding("", rounding));
}

TEST_CASE("the sign of zero is plus one") {
  CHECK(bipolar(0.0F) == 1);
  CHECK(bipolar(-0.0F) == 1);
  CHECK(bipolar(-1e-45F) == -1);
  CHECK(bipolar(std::nanf("")) == -1);
}
