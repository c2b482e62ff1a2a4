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
