// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/lfsr.hpp"

#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "tests/catch.hpp"

using namespace tricycle;

namespace {

/// A linear map of 32 bits modulo 2: what becomes of each single bit.
using Matrix = std::array<std::uint32_t, 32>;

std::uint32_t times(const Matrix& m, std::uint32_t x) {
  std::uint32_t y = 0;
  for (std::size_t bit = 0; bit < 32; ++bit) {
    if ((x >> bit & 1U) != 0) y ^= m[bit];
  }
  return y;
}
Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c{};
  for (std::size_t bit = 0; bit < 32; ++bit) c[bit] = times(a, b[bit]);
  return c;
}
Matrix identity() {
  Matrix m{};
  for (std::size_t bit = 0; bit < 32; ++bit) m[bit] = 1U << bit;
  return m;
}
Matrix power(Matrix m, std::uint64_t exponent) {
  Matrix result = identity();
  for (; exponent > 0; exponent >>= 1U, m = product(m, m)) {
    if ((exponent & 1U) != 0) result = product(result, m);
  }
  return result;
}

/// A million draws of one register.
std::vector<std::uint32_t> draws(std::uint32_t state) {
  std::vector<std::uint32_t> all(1000000);
  for (std::uint32_t& draw : all) {
    state = next_register(state);
    draw = draw_of(state);
  }
  return all;
}

struct Moments {
  double mean, variance;
};
template <class Value>
Moments moments_of(const std::vector<Value>& values) {
  double sum = 0, squares = 0;
  for (const Value value : values) sum += static_cast<double>(value);
  const double mean = sum / static_cast<double>(values.size());
  for (const Value value : values) {
    const double off = static_cast<double>(value) - mean;
    squares += off * off;
  }
  return {mean, squares / static_cast<double>(values.size())};
}

/// The correlation of a series with itself `lag` later.
template <class Value>
double correlation(const std::vector<Value>& values, std::size_t lag) {
  const Moments m = moments_of(values);
  double sum = 0;
  for (std::size_t i = lag; i < values.size(); ++i)
    sum += (static_cast<double>(values[i]) - m.mean) * (static_cast<double>(values[i - lag]) - m.mean);
  return sum / static_cast<double>(values.size() - lag) / m.variance;
}

const Drawer some_unit = {.layer = 1, .direction = 0, .batch = 3, .unit = 17};

}  // namespace

TEST_CASE("a shift obeys s[n + 32] = s[n + 22] + s[n + 2] + s[n + 1] + s[n] for 1,000 bits") {
  std::vector<unsigned> s;
  std::uint32_t state = 0x8d2f01e5U;
  for (unsigned bit = 0; bit < 32; ++bit) s.push_back(state >> (31 - bit) & 1U);
  for (std::size_t n = 0; n < 1000; ++n) {
    state = shifted(state, 1);
    s.push_back((s[n + 22] + s[n + 2] + s[n + 1] + s[n]) % 2);
    REQUIRE((state & 1U) == s.back());
  }
}

TEST_CASE("1 to 10 shifts at once, and the 16 of a draw, are as many single shifts") {
  Random random(5);
  for (int round = 0; round < 1000; ++round) {
    const auto state = static_cast<std::uint32_t>(random.next());
    std::uint32_t slow = state;
    for (unsigned count = 1; count <= 16; ++count) {
      slow = shifted(slow, 1);
      if (count <= 10) REQUIRE(shifted(state, count) == slow);
    }
    REQUIRE(next_register(state) == slow);
  }
}

TEST_CASE(
    "a register comes back after 2^32 - 1 shifts and not before, so every state but 0 is in one cycle") {
  Matrix m{};
  for (std::size_t bit = 0; bit < 32; ++bit) m[bit] = shifted(1U << bit, 1);
  constexpr std::uint64_t order = 0xffffffffU;
  STATIC_REQUIRE(order == std::uint64_t{3} * 5 * 17 * 257 * 65537);
  CHECK(power(m, order) == identity());
  for (const std::uint64_t prime : {3U, 5U, 17U, 257U, 65537U}) CHECK(power(m, order / prime) != identity());
  CHECK(next_register(0) == 0);
}

TEST_CASE("a value of 0 is 0 whatever is drawn, and 2^(16 - shift) or more is its sign whatever is drawn") {
  for (unsigned shift = 0; shift <= 16; ++shift) {
    const std::int32_t one = 1 << (16 - shift);
    for (const std::uint32_t draw : {0U, 1U, 0x7fffU, 0xffffU}) {
      CHECK(bernoulli_ternary(0, shift, draw) == 0);
      CHECK(bernoulli_ternary(one, shift, draw) == 1);
      CHECK(bernoulli_ternary(-one, shift, draw) == -1);
      CHECK(bernoulli_ternary(INT32_MAX, shift, draw) == 1);
      CHECK(bernoulli_ternary(INT32_MIN, shift, draw) == -1);
    }
  }
}

TEST_CASE("a value of 100 is its sign for the draws 0 to 99, and with a shift of 3 for 0 to 799") {
  CHECK(bernoulli_ternary(100, 0, 99) == 1);
  CHECK(bernoulli_ternary(100, 0, 100) == 0);
  CHECK(bernoulli_ternary(-100, 0, 99) == -1);
  CHECK(bernoulli_ternary(-100, 3, 799) == -1);
  CHECK(bernoulli_ternary(-100, 3, 800) == 0);
}

TEST_CASE("over a million draws mean and variance are those of independent ones, from |x| = 1 % to 100 %") {
  const std::vector<std::uint32_t> all = draws(first_register(7, some_unit));
  constexpr unsigned shift = 4;
  constexpr double one = 1 << (16 - shift), n = 1e6;
  for (const std::int32_t x : {41, 410, -1024, 2048, 3000, -4055}) {
    std::vector<std::int32_t> results;
    for (const std::uint32_t draw : all) results.push_back(bernoulli_ternary(x, shift, draw));
    const double p = std::abs(x) / one, variance = p * (1 - p);
    const Moments m = moments_of(results);
    INFO("x " << x << ", p " << p << ", mean " << m.mean << ", variance " << m.variance);
    CHECK(std::abs(m.mean - x / one) < 4 * std::sqrt(variance / n));
    CHECK(std::abs(m.variance - variance) < 4 * std::abs(1 - 2 * p) * std::sqrt(variance / n) + 1e-5);
    for (const std::size_t lag : {1U, 2U, 3U, 4U, 7U, 11U, 16U, 31U, 32U, 100U})
      CHECK(std::abs(correlation(results, lag)) < 0.01);
  }
  for (const std::uint32_t draw : all) {
    REQUIRE(bernoulli_ternary(4096, shift, draw) == 1);
    REQUIRE(bernoulli_ternary(0, shift, draw) == 0);
  }
}

TEST_CASE("a million draws are uniform in 16 bits, and none of 12 lags correlates them by 0.01") {
  const std::vector<std::uint32_t> all = draws(first_register(8, some_unit));
  const Moments m = moments_of(all);
  CHECK(std::abs(m.mean - 32767.5) < 4 * 18918.6 / 1000);
  CHECK(std::abs(m.variance / (65536.0 * 65536 / 12) - 1) < 0.004);
  for (const std::size_t lag : {1U, 2U, 3U, 4U, 5U, 6U, 8U, 16U, 31U, 32U, 64U, 1000U})
    CHECK(std::abs(correlation(all, lag)) < 0.01);
}

TEST_CASE("the mean of 300 units varies over 10,000 steps as that of independent draws, within 5 %") {
  for (const std::int32_t x : {8192, 32768, 60000}) {
    std::vector<std::uint32_t> units;
    for (std::uint64_t u = 0; u < 300; ++u)
      units.push_back(first_register(1, {.layer = 0, .direction = 0, .batch = 0, .unit = u}));
    std::vector<double> means;
    for (int step = 0; step < 10000; ++step) {
      double sum = 0;
      for (std::uint32_t& unit : units) {
        unit = next_register(unit);
        sum += bernoulli_ternary(x, 0, draw_of(unit));
      }
      means.push_back(sum / 300);
    }
    const double p = x / 65536.0;
    const Moments m = moments_of(means);
    INFO("x " << x << ", mean " << m.mean << ", variance " << m.variance);
    CHECK(std::abs(m.mean - p) < 4 * std::sqrt(p * (1 - p) / 3e6));
    CHECK(std::abs(m.variance / (p * (1 - p) / 300) - 1) < 0.05);
    CHECK(std::abs(correlation(means, 1)) < 0.04);
  }
}

TEST_CASE("160,000 first registers of 10 seeds, layers, directions, batches and units are not 0 and differ") {
  std::set<std::uint32_t> registers;
  std::size_t count = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (std::uint64_t layer = 0; layer < 10; ++layer) {
      for (std::uint64_t direction = 0; direction < 2; ++direction) {
        for (std::uint64_t batch = 0; batch < 8; ++batch) {
          for (std::uint64_t unit = 0; unit < 100; ++unit, ++count)
            registers.insert(first_register(seed, {layer, direction, batch, unit}));
        }
      }
    }
  }
  CHECK(count == 160000);
  CHECK(registers.count(0) == 0);
  CHECK(registers.size() > count - 20);  // of so many random words about 3 meet another
  STATIC_REQUIRE(first_register(1, {0, 0, 0, 1}) != first_register(1, {0, 0, 1, 0}));
  STATIC_REQUIRE(first_register(1, {1, 2, 3, 4}) == first_register(1, {1, 2, 3, 4}));
}
