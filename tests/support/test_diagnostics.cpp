// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"

#include "tests/catch.hpp"

using tricycle::did_you_mean;
using tricycle::either;
using tricycle::InputError;
using tricycle::nearest_word;
using tricycle::Place;
using Words = std::vector<std::string>;

TEST_CASE("a place is written as a line, a byte, a node or a whole file") {
  Place line;
  line.file = "edge.yaml";
  line.line = 3;
  line.column = 7;
  CHECK(line.text() == "edge.yaml:3:7");
  CHECK(Place::at_byte("w.npy", 0).text() == "w.npy: byte 0");
  CHECK(Place::at_byte("w.npy", 5'000'000'000).text() == "w.npy: byte 5000000000");
  CHECK(Place::at_node("m.onnx", "conv1").text() == "m.onnx: node 'conv1'");
  Place file;
  file.file = "--arch";
  CHECK(file.text() == "--arch");
  CHECK(Place{}.text().empty());
}

TEST_CASE("the message of an input error starts with its place, when it has one") {
  CHECK(std::string(InputError(Place::at_byte("w.npy", 12), "expected 4").what()) ==
        "w.npy: byte 12: error: expected 4");
  CHECK(std::string(InputError(Place{}, "expected 4").what()) == "error: expected 4");
}

TEST_CASE("a message shows control characters of the input as numbers, never as they are") {
  CHECK(std::string(InputError(Place{}, "found '\x1b[31m\x07\x7f'").what()) ==
        "error: found '\\x1b[31m\\x07\\x7f'");
  CHECK(std::string(InputError(Place{}, "a\n\tb \xc3\xa4").what()) == "error: a\\n\\tb \xc3\xa4");
  const std::vector<std::string> more = {"x\ny", "z"};
  CHECK(std::string(InputError(Place{}, "two", more).what()) == "error: two\n  x\\ny\n  z");
  CHECK(tricycle::presentable("a\n\tb") == "a\n\tb");
  // Control characters are also those of the second page, and bytes that are no UTF-8 may be read as such.
  CHECK(tricycle::presentable("\xc2\x9b"
                              "31m \xc2\xa0 \x9b") == "\\xc2\\x9b31m \xc2\xa0 \\x9b");
}

TEST_CASE("a message quotes at most 2,000 characters of the input") {
  const std::string text = InputError(Place{}, std::string(1'000'000, 'x')).what();
  CHECK(text == "error: " + std::string(1993, 'x') + "...");
}

TEST_CASE("the nearest word is the one with the fewest edits") {
  const Words keys = {"rows", "cols", "word_bits", "accumulator_bits"};
  CHECK(nearest_word("colums", keys) == "cols");
  CHECK(nearest_word("rwos", keys) == "rows");  // a swap of neighbours is one edit
  CHECK(nearest_word("wordbits", keys) == "word_bits");
  CHECK(nearest_word("acumulator_bit", keys) == "accumulator_bits");
  CHECK(nearest_word("rows", keys) == "rows");
  CHECK(nearest_word("row", keys) == "rows");
}

TEST_CASE("a short word may have two edits, a longer one a third of its length") {
  const Words six = {"abcdef"};
  CHECK(nearest_word("abcdXY", six) == "abcdef");
  CHECK(nearest_word("abcXYZ", six).empty());
  const Words nine = {"abcdefghi"};
  CHECK(nearest_word("abcdefXYZ", nine) == "abcdefghi");
  CHECK(nearest_word("abcdeWXYZ", nine).empty());
  CHECK(nearest_word("ab", Words{"cd"}).empty());  // nothing left of the word
}

TEST_CASE("of two equally near words the first is meant") {
  CHECK(nearest_word("lane", Words{"land", "line"}) == "land");
  CHECK(nearest_word("lane", Words{"line", "land"}) == "line");
}

TEST_CASE("a word of more than 64 characters, or none to choose from, has no nearest word") {
  const Words word = {std::string(64, 'a')};
  CHECK(nearest_word(std::string(64, 'a'), word) == word[0]);
  CHECK(nearest_word(std::string(65, 'a'), word).empty());
  CHECK(nearest_word("a", Words{}).empty());
  CHECK(nearest_word("", Words{"a"}).empty());
}

TEST_CASE("a hint is a question, or nothing") {
  CHECK(did_you_mean("egde", Words{"edge", "server"}) == "; did you mean 'edge'?");
  CHECK(did_you_mean("phone", Words{"edge", "server"}).empty());
}

TEST_CASE("alternatives are joined with commas and one 'or'") {
  CHECK(either(Words{}).empty());
  CHECK(either(Words{"a"}) == "a");
  CHECK(either(Words{"a", "b"}) == "a or b");
  CHECK(either(Words{"a", "b", "c"}) == "a, b or c");
}
