// SPDX-License-Identifier: Apache-2.0
#include "traces/vocabulary.hpp"

#include "support/diagnostics.hpp"
#include "tests/catch.hpp"
#include "tests/traces/sample.hpp"

namespace {

using tricycle::Bytes;
using tricycle::InputError;
using tricycle::Random;
using tricycle::read_trace;
using tricycle::read_trace_text;
using tricycle::Trace;
using tricycle::write_trace;
using tricycle::write_trace_text;
using tricycle::test::mend_crcs;
using tricycle::test::message_of;
using tricycle::test::put;
using tricycle::test::sample_trace;
using tricycle::test::section_size;
using tricycle::test::section_start;

const std::vector<std::string> words = {"\n", "\"", "\\", "\xc3\xa9", "the"};

Trace with(std::vector<std::string> vocabulary) {
  Trace trace = sample_trace();
  trace.vocabulary = std::move(vocabulary);
  return trace;
}

std::string binary_fault(const std::vector<std::string>& vocabulary) {
  const Bytes bytes = write_trace(with(vocabulary));
  const std::string message = message_of([&] { (void)read_trace(bytes, "t"); });
  return message.substr(std::min(message.size(), message.find("error: ")));
}

std::string text_fault(const std::vector<std::string>& vocabulary) {
  const std::string text = write_trace_text(with(vocabulary));
  return message_of([&] { (void)read_trace_text(text, "t"); });
}

}  // namespace

TEST_CASE("a vocabulary of five entries is the same after both forms") {
  const Trace trace = with(words);
  CHECK(read_trace(write_trace(trace), "t").vocabulary == words);
  CHECK(read_trace_text(write_trace_text(trace), "t").vocabulary == words);
  CHECK(write_trace_text(read_trace(write_trace(trace), "t")) == write_trace_text(trace));
}

TEST_CASE("a vocabulary takes 8 bytes for its count, and 4 for each entry with the bytes of its text") {
  const Bytes bytes = write_trace(with(words));
  CHECK(section_size(bytes, "voca") == 8 + 5 * 4 + 1 + 1 + 1 + 2 + 3);
  CHECK(section_size(write_trace(sample_trace()), "voca") == 8);
}

TEST_CASE("in the text form every token has a line, which escapes quotes and line breaks") {
  const std::string text = write_trace_text(with(words));
  CHECK(text.find("\ntoken text=\"\\n\"\ntoken text=\"\\\"\"\ntoken text=\"\\\\\"\ntoken text=\"\xc3\xa9\"\n"
                  "token text=\"the\"\nlayer ") != std::string::npos);
}

TEST_CASE("an empty entry, one of 65 bytes, one that stands twice and a tab are refused in both forms") {
  const std::string longest(64, 'x');
  CHECK(binary_fault({"a", longest}).empty());
  CHECK(text_fault({"a", longest}).empty());
  CHECK(binary_fault({"a", ""}) == "error: entry 1 of the vocabulary has 0 bytes instead of 1 to 64");
  CHECK(text_fault({"a", ""}) == "t:17:1: error: entry 1 of the vocabulary has 0 bytes instead of 1 to 64");
  CHECK(binary_fault({longest + "x"}) == "error: entry 0 of the vocabulary has 65 bytes instead of 1 to 64");
  CHECK(text_fault({longest + "x"}) ==
        "t:16:1: error: entry 0 of the vocabulary has 65 bytes instead of 1 to 64");
  CHECK(binary_fault({"a", "b", "a"}) == "error: entries 0 and 2 of the vocabulary are the same");
  CHECK(text_fault({"a", "b", "a"}) == "t:18:1: error: entries 0 and 2 of the vocabulary are the same");
  CHECK(binary_fault({"\t"}) == "error: a text holds a control character");
  CHECK(text_fault({"\t"}) == "t:16:7: error: a text holds a control character");
  CHECK(tricycle::vocabulary_fault({"\t"})->message ==
        "entry 0 of the vocabulary holds a control character other than the line break");
}

TEST_CASE("a vocabulary of 2^20 entries is held, and one of 2^20 + 1 refused") {
  std::vector<std::string> many;
  for (int i = 0; i < 1 << 20; ++i) many.push_back(std::to_string(i));
  CHECK_FALSE(tricycle::vocabulary_fault(many).has_value());
  many.emplace_back("x");
  REQUIRE(tricycle::vocabulary_fault(many).has_value());
  CHECK(tricycle::vocabulary_fault(many)->message ==
        "the vocabulary has 1048577 entries; at most 1048576 are supported");
  CHECK(binary_fault(many) == "error: a count of 1048577 is more than the 1048576 that are supported");
}

TEST_CASE("a count of tokens that the file cannot hold is refused before anything is allocated") {
  Bytes bytes = write_trace(with(words));
  put(bytes, section_start(bytes, "voca"), 1U << 20U, 8);
  mend_crcs(bytes);
  CHECK(message_of([&] { (void)read_trace(bytes, "t"); }) ==
        "t: byte " + std::to_string(section_start(bytes, "voca") + 8) +
            ": error: a count of 1048576 is more than the file holds");
}

TEST_CASE("eight thousand damaged vocabularies are refused, or read and written again in both forms") {
  Random random(31);
  const Bytes whole = write_trace(with(words));
  int read = 0, refused = 0;
  for (int i = 0; i < 8000; ++i) {
    Bytes bytes = whole;
    const std::size_t at = section_start(bytes, "voca") + random.below(section_size(bytes, "voca"));
    bytes[at] = static_cast<std::uint8_t>(random.chance(0.5) ? random.below(256) : random.below(8));
    mend_crcs(bytes);
    Trace trace;
    try {
      trace = read_trace(bytes, "t");
    } catch (const InputError&) {
      ++refused;
      continue;
    }
    ++read;
    REQUIRE(write_trace(read_trace_text(write_trace_text(trace), "t")) == write_trace(trace));
  }
  CHECK(read > 1000);
  CHECK(refused > 4000);
}
