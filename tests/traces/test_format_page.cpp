// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "arch/params/datapath.hpp"
#include "tests/catch.hpp"
#include "tests/traces/sample.hpp"
#include "traces/describe.hpp"

namespace {

using tricycle::Datapath;
using tricycle::Format;
using tricycle::Trace;

std::string page() {
  return tricycle::read_text(std::string(TRICYCLE_TEST_SOURCE) + "/traces/FORMAT.md", 1 << 20);
}

/// The names of a record's fields.
struct FieldNames {
  std::vector<std::string> names;
  template <class T>
  void operator()(const char* name, T&) {
    names.emplace_back(name);
  }
};

}  // namespace

TEST_CASE("traces/FORMAT.md gives all 29 formats and 6 datapaths their numbers") {
  const std::string text = page();
  REQUIRE(names_of(Format{}).size() == 29);
  for (std::size_t f = 0; f < 29; ++f) {
    INFO(names_of(Format{})[f]);
    CHECK(text.find(fmt::format("| {} | {} |", names_of(Format{})[f], f)) != std::string::npos);
  }
  std::string flat = text;
  for (char& c : flat) c = c == '\n' ? ' ' : c;
  REQUIRE(names_of(Datapath{}).size() == 6);
  for (std::size_t d = 0; d < 6; ++d) {
    INFO(names_of(Datapath{})[d]);
    CHECK(flat.find(fmt::format("{} {}", d, names_of(Datapath{})[d])) != std::string::npos);
  }
}

TEST_CASE("traces/FORMAT.md gives the 40 values of the 9 choices of instructions their numbers") {
  std::string text = page();
  for (char& c : text) c = c == '\n' ? ' ' : c;
  std::size_t values = 0;
  const auto check = [&](const std::string& type, const std::vector<std::string>& names,
                         std::size_t first = 0) {
    std::string row = "`" + type + (first == 0 ? "` is " : "` also has ");
    for (std::size_t i = first; i < names.size(); ++i)
      row += fmt::format("{}{} {}", i == first ? "" : ", ", i, names[i]);
    INFO(row);
    CHECK(text.find(row) != std::string::npos);
    values += names.size();
  };
  constexpr std::size_t memories_of_tensors = 4;
  check("Memory", names_of(tricycle::Memory{}), memories_of_tensors);
  check("Engine", names_of(tricycle::Engine{}));
  check("Datapath", names_of(Datapath{}));
  check("Pool", names_of(tricycle::Pool{}));
  check("Second", names_of(tricycle::Second{}));
  check("Chaining", names_of(tricycle::Chaining{}));
  check("Symmetry", names_of(tricycle::Symmetry{}));
  check("Curve", names_of(tricycle::Curve{}));
  check("ScaleRounding", names_of(tricycle::ScaleRounding{}));
  CHECK(values == 40);
  CHECK(text.find(fmt::format("# The format of a trace, version {} ", tricycle::trace_version)) == 0);
  CHECK(text.find(fmt::format("version      u32: {} ", tricycle::trace_version)) != std::string::npos);
}

TEST_CASE("traces/FORMAT.md names each of the 77 fields of the 9 records") {
  FieldNames fields;
  Trace trace;
  tricycle::TraceLayer layer;
  tricycle::TraceTensor tensor;
  tricycle::Symbol symbol;
  tricycle::Checkpoint checkpoint;
  describe_header(fields, trace);
  describe(fields, trace.input);
  describe(fields, trace.reading);
  std::string token;
  tricycle::describe(fields, token);
  describe(fields, layer);
  describe(fields, tensor);
  describe(fields, symbol);
  describe(fields, checkpoint);
  describe(fields, trace.items);
  CHECK(fields.names.size() == 7 + 11 + 10 + 1 + 17 + 10 + 4 + 13 + 4);
  const std::string text = page();
  for (const std::string& name : fields.names) {
    INFO(name);
    CHECK(text.find("`" + name + "`") != std::string::npos);
  }
}
