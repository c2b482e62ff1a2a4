// SPDX-License-Identifier: Apache-2.0
#include "support/document.hpp"

#include "tests/catch.hpp"

using tricycle::Document;
using tricycle::parse_document;
using tricycle::set_value;
using tricycle::test::message_of;

namespace {

std::string fault_of(const std::string& text) {
  return message_of([&] { (void)parse_document(text, "x.yaml"); });
}

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

/// What `--set path=value` says about the document.
std::string set_fault_of(Document& document, const std::string& path, const std::string& value) {
  return message_of(
      [&] { set_value(document, path, value, tricycle::Place::of_file("--set " + path + "=" + value)); });
}

}  // namespace

TEST_CASE("a document keeps the order, the text and the place of everything") {
  const Document document = parse_document("name: edge\narray:\n  rows: 010\n  kinds: [a, 'b']\n", "x.yaml");
  REQUIRE(document.entries.size() == 2);
  CHECK(document.entries[0].first == "name");
  CHECK(document.entries[1].first == "array");
  CHECK(document.place.text() == "x.yaml:1:1");
  CHECK(document.key_places[1].text() == "x.yaml:2:1");
  const Document* array = document.find("array");
  REQUIRE(array != nullptr);
  CHECK(array->place.text() == "x.yaml:3:3");
  CHECK(array->find("rows")->scalar == "010");  // text: no octal numbers, no truths from "yes"
  CHECK(array->find("rows")->place.text() == "x.yaml:3:9");
  const Document* kinds = array->find("kinds");
  REQUIRE(kinds->kind == Document::Kind::sequence);
  REQUIRE(kinds->items.size() == 2);
  CHECK(kinds->items[1].scalar == "b");
  CHECK(kinds->items[1].place.text() == "x.yaml:4:14");
  CHECK(array->find("columns") == nullptr);
}

TEST_CASE("a value that is not there is an empty scalar") {
  const Document document = parse_document("a:\nb: ~\nc: null\nd: ''\n", "x.yaml");
  for (const auto& [key, value] : document.entries) {
    CHECK(value.kind == Document::Kind::scalar);
    CHECK(value.scalar.empty());
  }
}

TEST_CASE("a key that stands twice is an error with both lines") {
  CHECK(fault_of("rows: 1\ncols: 2\nrows: 3\n") ==
        "x.yaml:3:1: error: duplicate key 'rows'; it stands already in line 1");
  // The line of the key counts, not that of its value.
  CHECK(fault_of("a:\n  b: 1\na: 2\n") ==
        "x.yaml:3:1: error: duplicate key 'a'; it stands already in line 1");
  CHECK(fault_of("a: {b: 1, c: 2, b: 3}\n") ==
        "x.yaml:1:17: error: duplicate key 'b'; it stands already in line 1");
  CHECK(fault_of("a: {b: 1}\nc: {b: 1}\n").empty());
}

TEST_CASE("a tab that indents a line is named with its place; elsewhere it is a blank") {
  const auto fault = [](const std::string& text) {
    return message_of([&] { (void)tricycle::parse_document(text, "m.yaml"); });
  };
  const std::string expected = ": error: a tab indents this line; YAML takes spaces alone";
  CHECK(fault("a:\n\tb: 1\n") == "m.yaml:2:1" + expected);
  CHECK(fault("a:\n  b: 1\n  \tc: 2\n") == "m.yaml:3:3" + expected);
  CHECK(fault("a:\n  b: 1\n\t\n") == "m.yaml:3:1" + expected);
  CHECK(fault("a:\n\t- 1\n") == "m.yaml:2:1" + expected);
  CHECK(fault("a:\t1\nb: {x: 1,\n\ty: 2}\n").empty());
  CHECK(fault("a: [1\n") == "m.yaml:2:1: error: not valid YAML: end of sequence flow not found");
}

TEST_CASE("an alias is refused, so that no YAML bomb can unfold") {
  CHECK(fault_of("a: &x 1\nb: *x\n") ==
        "x.yaml:2:4: error: an alias (*) is not allowed here; write the value out");
  std::string bomb = "a0: &a0 [lol, lol]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
  }
  CHECK(fault_of(bomb) == "x.yaml:2:10: error: an alias (*) is not allowed here; write the value out");
}

TEST_CASE("ten thousand levels are refused, four hundred are not") {
  CHECK(fault_of(std::string(10'000, '[')) == "x.yaml:1:1: error: nested too deeply");
  CHECK(fault_of(repeated("{a: ", 10'000)) == "x.yaml:1:1: error: nested too deeply");
  CHECK(fault_of(repeated("- ", 10'000)) == "x.yaml:1:1000: error: nested too deeply");
  CHECK(fault_of(std::string(400, '[') + std::string(400, ']')).empty());
}

TEST_CASE("a document has at most 200,000 values") {
  // The sequence itself is one of them.
  CHECK(fault_of(repeated("- a\n", 199'999)).empty());
  CHECK(fault_of(repeated("- a\n", 200'001)) ==
        "x.yaml:200001:3: error: more than 200000 values in one file");
}

TEST_CASE("a list in brackets that would fill the memory is refused before it is read") {
  CHECK(fault_of(std::string(1'000'001, '[')) ==
        "x.yaml:1:1000001: error: more than 1000000 punctuation marks in one file");
}

TEST_CASE("a mapping of 99,000 keys is read in time that grows with its length only") {
  std::string text;
  for (int i = 0; i < 99'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  CHECK(parse_document(text, "x.yaml").entries.size() == 99'000);
}

TEST_CASE("an empty document is an error of the file") {
  CHECK(fault_of("") == "x.yaml: error: the file is empty");
  CHECK(fault_of("  \n\n") == "x.yaml: error: the file is empty");
  CHECK(fault_of("# only a comment\n") == "x.yaml: error: the file is empty");
}

TEST_CASE("bad syntax is an error at its line and column") {
  CHECK(fault_of("a: 1\n  b: 2\n") == "x.yaml:2:4: error: not valid YAML: illegal map value");
  CHECK(fault_of("a: 1\nb: ]\n") == "x.yaml:2:4: error: not valid YAML: illegal flow end");
  CHECK(fault_of("a: [1, 2\n") == "x.yaml:2:1: error: not valid YAML: end of sequence flow not found");
  CHECK(fault_of("a: *x\n") == "x.yaml:1:4: error: not valid YAML: the referenced anchor is not defined");
  CHECK(fault_of("? [a]\n: 1\n") == "x.yaml:1:3: error: expected a word as the key");
}

TEST_CASE("a quotation without its end does not swallow the rest of the file in silence") {
  CHECK(fault_of("a: \"x\nb: 2\n") == "x.yaml:3:2: error: not valid YAML: illegal EOF in scalar");
  CHECK(fault_of("a: 'x\n  ") == "x.yaml:2:4: error: not valid YAML: illegal EOF in scalar");
  CHECK(fault_of("a: 'x") == "x.yaml:1:6: error: not valid YAML: illegal EOF in scalar");
}

TEST_CASE("what follows the document is an error, not ignored") {
  CHECK(fault_of("a: 1\n---\nb: 2\n") ==
        "x.yaml:2:1: error: expected one document; a second one starts here");
  CHECK(fault_of("'a' 'b'\n") == "x.yaml:1:5: error: expected one document; a second one starts here");
  CHECK(fault_of("---\na: 1\n...\n").empty());
}

TEST_CASE("a control character is an error: yaml-cpp would take some for the end of the file") {
  CHECK(fault_of("a: 1\nb\x04: 2\n") == "x.yaml:2:2: error: expected text, found the control character 4");
  CHECK(fault_of(std::string("a: \0\n", 5)) ==
        "x.yaml:1:4: error: expected text, found the control character 0");
  CHECK(fault_of("a: 1\r\nb:\t2\r\n").empty());
}

TEST_CASE("a set value replaces the old one and is placed at its option") {
  Document document = parse_document("array:\n  rows: 8\n  cols: 4\n", "x.yaml");
  set_value(document, "array.rows", "16", tricycle::Place::of_file("--set array.rows=16"));
  CHECK(document.find("array")->find("rows")->scalar == "16");
  CHECK(document.find("array")->find("rows")->place.text() == "--set array.rows=16");
  CHECK(document.find("array")->find("cols")->scalar == "4");
  CHECK(document.find("array")->entries.size() == 2);
}

TEST_CASE("a set value makes the mappings on its way") {
  Document document = parse_document("name: edge\n", "x.yaml");
  set_value(document, "dram.timing.tCL", "14", tricycle::Place::of_file("--set ..."));
  CHECK(document.find("dram")->find("timing")->find("tCL")->scalar == "14");
  CHECK(document.find("dram")->place.text() == "--set ...");
  CHECK(document.key_places.back().text() == "--set ...");
}

TEST_CASE("a set value is YAML: a list, a mapping or nothing") {
  Document document = parse_document("name: edge\n", "x.yaml");
  set_value(document, "kinds", "[binary, ternary]", tricycle::Place::of_file("--set kinds"));
  REQUIRE(document.find("kinds")->items.size() == 2);
  CHECK(document.find("kinds")->items[1].scalar == "ternary");
  CHECK(document.find("kinds")->items[1].place.text() == "--set kinds");
  set_value(document, "memory", "{size_KiB: 4}", tricycle::Place::of_file("--set memory"));
  CHECK(document.find("memory")->find("size_KiB")->scalar == "4");
  CHECK(document.find("memory")->key_places[0].text() == "--set memory");
  set_value(document, "name", "", tricycle::Place::of_file("--set name"));
  CHECK(document.find("name")->kind == Document::Kind::scalar);
  CHECK(document.find("name")->scalar.empty());
}

TEST_CASE("a set value that cannot be set is an error of its option") {
  Document document = parse_document("rows: 8\nkinds: [a]\n", "x.yaml");
  CHECK(set_fault_of(document, "", "1") ==
        "--set =1: error: expected KEY=VALUE with a key such as array.rows");
  CHECK(set_fault_of(document, "a..b", "1") ==
        "--set a..b=1: error: expected KEY=VALUE with a key such as array.rows");
  CHECK(set_fault_of(document, "a.", "1") ==
        "--set a.=1: error: expected KEY=VALUE with a key such as array.rows");
  CHECK(set_fault_of(document, "rows.x", "1") ==
        "--set rows.x=1: error: 'x' is below a value that has no keys");
  CHECK(set_fault_of(document, "kinds.0", "b") ==
        "--set kinds.0=b: error: '0' is below a value that has no keys");
  CHECK(set_fault_of(document, "rows", "[1") ==
        "--set rows=[1: error: not valid YAML: end of sequence flow not found");
  CHECK(set_fault_of(document, "rows", "# 1") == "--set rows=# 1: error: the value is empty");
  CHECK(set_fault_of(document, "rows", "{a: 1, a: 2}") ==
        "--set rows={a: 1, a: 2}: error: duplicate key 'a'");
  CHECK(document.find("rows")->scalar == "8");
}

TEST_CASE("a set key has at most 64 levels") {
  Document document = parse_document("a: 1\n", "x.yaml");
  set_value(document, repeated("b.", 63) + "b", "1", tricycle::Place::of_file("--set"));
  CHECK(message_of([&] {
          set_value(document, repeated("b.", 64) + "b", "1", tricycle::Place::of_file("--set"));
        }) == "--set: error: expected a key of at most 64 levels");
}

TEST_CASE("a file that cannot be read is an error of the file") {
  CHECK(message_of([] { (void)tricycle::read_document("/nowhere/x.yaml"); }) ==
        "/nowhere/x.yaml: error: no such file");
}
