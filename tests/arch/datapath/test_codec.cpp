// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <vector>

#include "arch/datapath/dot.hpp"
#include "tests/catch.hpp"

namespace fatnn = tricycle::fatnn;

namespace {

/// FATNN Table 1: 2'b00 is -1, 2'b01 and 2'b10 are 0, 2'b11 is +1.
int value_of(std::uint64_t code) {
  return code == 0 ? -1 : code == 3 ? 1 : 0;
}

struct Row {
  std::uint64_t x, y, z;  // codes, as printed
};

/// FATNN Table 2, as printed.
const std::vector<Row> table_2 = {{0, 0, 3}, {0, 1, 2}, {0, 2, 1}, {0, 3, 0}, {1, 0, 2}, {1, 1, 1},
                                  {1, 2, 1}, {1, 3, 1}, {2, 0, 1}, {2, 1, 2}, {2, 2, 2}, {2, 3, 2},
                                  {3, 0, 0}, {3, 1, 1}, {3, 2, 1}, {3, 3, 3}};

}  // namespace

TEST_CASE("the number of ones in each of the 4 codes is its value plus 1") {
  for (std::uint64_t code = 0; code < 4; ++code) CHECK(std::popcount(code) == value_of(code) + 1);
}

TEST_CASE("the printed table of the ternary product is right for all 16 pairs of codes") {
  REQUIRE(table_2.size() == 16);
  for (const Row& row : table_2) CHECK(value_of(row.z) == value_of(row.x) * value_of(row.y));
}

TEST_CASE("the zero mask is 2'b11 for the 2 codes of zero and 2'b00 for the other 2") {
  for (std::uint64_t code = 0; code < 4; ++code) {
    for (unsigned lane = 0; lane < 32; ++lane) {
      const std::uint64_t expected = value_of(code) == 0 ? std::uint64_t{3} << (2 * lane) : 0;
      CHECK((fatnn::zero_mask(code << (2 * lane)) & (std::uint64_t{3} << (2 * lane))) == expected);
    }
  }
}

TEST_CASE("TM gives the values of Table 2 for all 16 pairs of codes, its mask taken from either operand") {
  for (const Row& row : table_2) {
    const int product = value_of(row.z);
    INFO("x " << row.x << ", y " << row.y);
    CHECK(value_of(fatnn::multiply(row.x, row.y, fatnn::zero_mask(row.y)) & 3U) == product);
    CHECK(value_of(fatnn::multiply(row.x, row.y, fatnn::zero_mask(row.x)) & 3U) == product);
  }
}

TEST_CASE(
    "TM gives every zero of a masked lane as 2'b01, which differs from the printed code in 3 rows, or 5 with "
    "the mask from x") {
  // Eq 7 forces a lane whose mask operand is zero to auxi, 2'b01. The printed table has 2'b10 in some of
  // these rows, and in (3, 2), whose x is no zero, 2'b01 where xnor gives 2'b10.
  const auto differing = [](bool mask_from_x) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> rows;
    for (const Row& row : table_2) {
      const std::uint64_t mask = fatnn::zero_mask(mask_from_x ? row.x : row.y);
      if ((fatnn::multiply(row.x, row.y, mask) & 3U) != row.z) rows.emplace_back(row.x, row.y);
    }
    return rows;
  };
  using Rows = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  CHECK(differing(false) == Rows{{0, 1}, {2, 1}, {2, 2}});
  CHECK(differing(true) == Rows{{1, 0}, {2, 1}, {2, 2}, {2, 3}, {3, 2}});
}

TEST_CASE("the 32 lanes of a word are multiplied independently of each other") {
  for (unsigned lane = 0; lane < 32; ++lane) {
    for (const Row& row : table_2) {
      const std::uint64_t x = row.x << (2 * lane);
      const std::uint64_t y = row.y << (2 * lane);
      const std::uint64_t product = fatnn::multiply(x, y, fatnn::zero_mask(y));
      CHECK(value_of((product >> (2 * lane)) & 3U) == value_of(row.z));
      // The other 31 lanes hold -1 in both operands.
      const std::uint64_t others = ~(std::uint64_t{3} << (2 * lane));
      CHECK((product & others) == others);
    }
  }
}
