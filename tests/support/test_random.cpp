// SPDX-License-Identifier: Apache-2.0
#include "support/random.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "tests/catch.hpp"

using tricycle::mix;
using tricycle::Random;

TEST_CASE("the mixing function is that of SplitMix64") {
  // The first two outputs of SplitMix64 from the state 0.
  CHECK(mix(0) == 0xe220a8397b1dcdafU);
  CHECK(mix(0x9e3779b97f4a7c15U) == 0x6e789e6aa1b965f4U);
}

TEST_CASE("seed 1 gives the same numbers with every compiler") {
  Random random(1);
  CHECK(random.next() == 0x8178dddcbdc92a12U);
  CHECK(random.next() == 0xe66efa59d969fbc6U);
  CHECK(random.next() == 0xdadef3d6a577072bU);
  Random numbers(1);
  CHECK(numbers.below(100) == 50);
  CHECK(numbers.below(100) == 90);
  CHECK(numbers.between(-5, 5) == 4);
  CHECK(numbers.real() == 0x1.bb897c911dc62p-1);
  Random other(1, 1);
  CHECK(other.next() == 0x05fe9ef5ebb56d41U);
}

TEST_CASE("two streams of one seed, and one stream of two seeds, have no number in common") {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (std::uint64_t stream = 0; stream < 4; ++stream) {
      Random random(seed, stream);
      for (int i = 0; i < 1000; ++i) seen.insert(random.next());
    }
  }
  CHECK(seen.size() == 16'000);
}

TEST_CASE("below never reaches its bound, and reaches all below it") {
  Random random(1);
  for (const std::uint64_t bound :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{1000}}) {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 20'000; ++i) seen.insert(random.below(bound));
    CHECK(seen.size() == bound);
    CHECK(*seen.rbegin() == bound - 1);
  }
  const std::uint64_t most = std::uint64_t{1} << 32U;
  std::uint64_t highest = 0;
  for (int i = 0; i < 100'000; ++i) highest = std::max(highest, random.below(most));
  CHECK(highest < most);
  CHECK(highest > most - most / 1000);
}

TEST_CASE("between has both of its ends") {
  Random random(1);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.between(-1, 1));
  CHECK(seen == std::set<std::int64_t>{-1, 0, 1});
  CHECK(random.between(7, 7) == 7);
}

TEST_CASE("real numbers are uniform from 0 to 1, without 1") {
  Random random(1);
  constexpr int draws = 100'000;
  double sum = 0;
  double lowest = 1;
  double highest = 0;
  std::array<int, 10> tenths{};
  for (int i = 0; i < draws; ++i) {
    const double value = random.real();
    sum += value;
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
    ++tenths.at(static_cast<std::size_t>(value * 10));
  }
  CHECK(sum / draws == Approx(0.5).margin(0.01));
  CHECK(lowest >= 0);
  CHECK(highest < 1);
  for (const int count : tenths) CHECK(count == Approx(draws / 10).margin(500));
}

TEST_CASE("a chance of a quarter comes true a quarter of the time") {
  Random random(1);
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += random.chance(0.25) ? 1 : 0;
  CHECK(hits == Approx(25'000).margin(500));
  CHECK_FALSE(random.chance(0));
  CHECK(random.chance(1));
}
