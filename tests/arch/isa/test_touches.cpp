// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/touches.hpp"

#include <algorithm>

#include "support/random.hpp"
#include "tests/catch.hpp"

namespace {

using tricycle::LatestNumbers;
using tricycle::Random;

/// Nodes that `count` writes and questions look at, of stretches anywhere in as many places.
std::uint64_t visits(std::size_t count) {
  LatestNumbers numbers(count);
  Random random(1);
  for (std::uint32_t i = 1; i <= count; ++i) {
    const std::size_t a = random.below(count), b = random.below(count);
    static_cast<void>(numbers.latest(std::min(a, b), std::max(a, b) + 1));
    numbers.write(std::min(a, b), std::max(a, b) + 1, i);
  }
  return numbers.visits();
}

}  // namespace

TEST_CASE(
    "of 2,000 stretches written one after another the latest number of any stretch is the largest in it") {
  Random random(7);
  for (const std::size_t places : {1U, 5U, 64U, 100U}) {
    LatestNumbers numbers(places);
    std::vector<std::uint32_t> plain(places, 0);
    for (std::uint32_t i = 1; i <= 500; ++i) {
      const auto stretch = [&] {
        const std::size_t begin = random.below(places);
        return std::pair(begin, begin + 1 + random.below(places - begin));
      };
      const auto [from, to] = stretch();
      numbers.write(from, to, i);
      for (std::size_t p = from; p < to; ++p) plain[p] = i;
      const auto [begin, end] = stretch();
      const auto at = [&](std::size_t p) { return plain.begin() + static_cast<std::ptrdiff_t>(p); };
      REQUIRE(numbers.latest(begin, end) == *std::max_element(at(begin), at(end)));
    }
  }
}

TEST_CASE("twice the instructions cost little more than twice the work to order") {
  CHECK(static_cast<double>(visits(4096)) / static_cast<double>(visits(2048)) < 2.5);
  CHECK(visits(4096) < 4096 * 80);
}
