// SPDX-License-Identifier: Apache-2.0
#include "support/report.hpp"

#include "tests/catch.hpp"

using tricycle::time_left;

TEST_CASE("no time is left to tell of before there is a pace to go by") {
  CHECK(time_left(0.2, 50, 100).empty());
  CHECK(time_left(5, 0, 100).empty());
  CHECK(time_left(5, 5, 1000).empty());
  CHECK(time_left(5, 100, 100).empty());
  CHECK(time_left(5, 10, 1000) == "8 min left");
  CHECK(time_left(10, 5, 1000) == "33 min left");
}

TEST_CASE("the time left is at least a second, and comes in minutes and hours where it is long") {
  CHECK(time_left(3, 999, 1000) == "1 s left");
  CHECK(time_left(2, 50, 100) == "2 s left");
  CHECK(time_left(10, 10, 100) == "90 s left");
  CHECK(time_left(20, 10, 100) == "3 min left");
  CHECK(time_left(100, 1, 100) == "3 h left");
}

TEST_CASE("a listener hears how far its thread's work is while it lives, the innermost alone") {
  std::string outer, inner;
  const auto into = [](std::string& heard) {
    return [&heard](const char* work, std::uint64_t done, std::uint64_t total) {
      heard += std::string(work) + " " + std::to_string(done) + "/" + std::to_string(total) + ";";
    };
  };
  tricycle::tell("sorting", 0, 2);
  const tricycle::Listener one(into(outer));
  {
    const tricycle::Listener other(into(inner));
    tricycle::tell("sorting", 1, 2);
  }
  tricycle::tell("sorting", 2, 2);
  CHECK(inner == "sorting 1/2;");
  CHECK(outer == "sorting 2/2;");
}
