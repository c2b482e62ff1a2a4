// SPDX-License-Identifier: Apache-2.0
// Files that are small for a disk and large for a careless reader.
#include <fmt/format.h>

#include "sim/experiment/vocabulary.hpp"
#include "sim/sweep/sweep.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"

using tricycle::parse_document;
using tricycle::read_sweep;
using tricycle::test::message_of;

TEST_CASE("a token that is a million lists within each other is refused") {
  const tricycle::test::Folder folder;
  const std::string path = folder.path("v.json");
  const auto fault = [&](const std::string& json) {
    tricycle::test::put(path, json);
    return message_of([&] { static_cast<void>(tricycle::read_vocabulary(path)); });
  };
  constexpr std::size_t deep = 1'000'000;
  CHECK(fault(std::string(deep, '[') + std::string(deep, ']')) ==
        path + ": error: token 0 is an array, not a text");
  CHECK(fault(R"(["a", {"b": 1}])") == path + ": error: token 1 is an object, not a text");
  CHECK(fault(R"(["a", 1.5])") == path + ": error: token 1 is 1.5, not a text");
  CHECK(fault(R"(["a", null])") == path + ": error: token 1 is null, not a text");
}

TEST_CASE("an axis of a sweep has 100,000 different values at most") {
  const auto axis = [](int values) {
    std::string text = "workload: mlp-mnist\nreference: off\naxes:\n  arch.array.rows: [";
    for (int i = 0; i < values; ++i) text += fmt::format("{}, ", i);
    return text + "x]\n";
  };
  CHECK(read_sweep(parse_document(axis(99'999), "s.yaml")).axes[0].values.size() == 100'000);
  CHECK(message_of([&] { static_cast<void>(read_sweep(parse_document(axis(150'000), "s.yaml"))); }) ==
        "s.yaml:4:20: error: the sweep has more than 100000 points");
}

TEST_CASE("a sweep has 64 axes at most") {
  std::string text = "workload: mlp-mnist\nreference: off\naxes:\n";
  for (int i = 0; i < 64; ++i) text += fmt::format("  arch.a{}: [1]\n", i);
  CHECK(read_sweep(parse_document(text, "s.yaml")).axes.size() == 64);
  CHECK(message_of([&] {
          static_cast<void>(read_sweep(parse_document(text + "  arch.b: [1]\n", "s.yaml")));
        }) == "s.yaml:68:3: error: the sweep has 65 axes; at most 64 are supported");
}
