// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/lookup.hpp"

#include <vector>

#include "tests/catch.hpp"

using namespace tricycle;

namespace {

using Points = std::vector<std::int16_t>;

}  // namespace

TEST_CASE("a quotient of 2^2 is rounded to nearest, and 6 / 4, 10 / 4 and -6 / 4 to the even 2, 2 and -2") {
  CHECK(round_shift(5, 2) == 1);
  CHECK(round_shift(6, 2) == 2);
  CHECK(round_shift(7, 2) == 2);
  CHECK(round_shift(10, 2) == 2);
  CHECK(round_shift(-6, 2) == -2);
  CHECK(round_shift(-5, 2) == -1);
  CHECK(round_shift(-10, 2) == -2);
  CHECK(round_shift(-7, 0) == -7);
  CHECK(round_shift(std::int64_t{1} << 61, 62) == 0);
  CHECK(round_shift((std::int64_t{1} << 61) + 1, 62) == 1);
}

TEST_CASE("of points 4 codes apart the nearest is taken, and from 2 of 4 codes on the one behind") {
  const Points points = {0, 100, 150};
  const LookupTable table = {points, 2};
  CHECK(nearest_point(table, 0) == 0);
  CHECK(nearest_point(table, 1) == 0);
  CHECK(nearest_point(table, 2) == 100);
  CHECK(nearest_point(table, 5) == 100);
  CHECK(nearest_point(table, 6) == 150);
  CHECK(nearest_point(table, 8) == 150);
  CHECK(nearest_point(table, std::int64_t{1} << 31) == 150);
}

TEST_CASE("a line between points 4 codes apart is rounded half to even, and stays at the last point") {
  const Points points = {0, 2, 10, -11};
  const LookupTable table = {points, 2};
  CHECK(interpolated(table, 0) == 0);
  CHECK(interpolated(table, 1) == 0);  // 0.5
  CHECK(interpolated(table, 2) == 1);
  CHECK(interpolated(table, 3) == 2);  // 1.5
  CHECK(interpolated(table, 4) == 2);
  CHECK(interpolated(table, 5) == 4);
  CHECK(interpolated(table, 9) == 10 - 5);    // 10 - 5.25
  CHECK(interpolated(table, 10) == 10 - 10);  // 10 - 10.5
  CHECK(interpolated(table, 11) == 10 - 16);  // 10 - 15.75
  CHECK(interpolated(table, 12) == -11);
  CHECK(interpolated(table, std::int64_t{1} << 31) == -11);
}

TEST_CASE("points one code apart are read as they are, and the 2 points of one segment are a ramp") {
  const Points three = {-5, 7, 9};
  for (std::int64_t a = 0; a < 5; ++a) {
    CHECK(nearest_point({three, 0}, a) == three[static_cast<std::size_t>(std::min<std::int64_t>(a, 2))]);
    CHECK(interpolated({three, 0}, a) == nearest_point({three, 0}, a));
  }
  const Points ramp = {-32768, 32767};
  const LookupTable table = {ramp, 24};
  CHECK(interpolated(table, 1 << 23) == 0);  // -0.5
  CHECK(interpolated(table, (1 << 24) - 1) == 32767);
  CHECK(interpolated(table, (1 << 24) - 256) == 32766);  // 65,535 x 255 / 2^24 is 0.996
  CHECK(nearest_point(table, (1 << 23) - 1) == -32768);
  CHECK(nearest_point(table, 1 << 23) == 32767);
}
