// SPDX-License-Identifier: Apache-2.0
#include "support/fields.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "support/random.hpp"
#include "tests/catch.hpp"

namespace {

using tricycle::Fields;
using tricycle::Presence;
using tricycle::test::message_of;

struct Layer {
  std::string name;
  std::int64_t channels = 1;
};

struct Spec {
  std::string name;
  std::string note;
  std::int64_t rows = 0;
  std::int64_t cols = 4;
  double clock_MHz = 500;
  bool skip_zeros = false;
  int order = 0;
  std::vector<int> kinds;
  std::int64_t size_KiB = 64;
  std::vector<Layer> layers;
};

void describe(Fields& fields, Layer& layer) {
  fields.text("name", layer.name, Presence::required);
  fields.integer("channels", layer.channels, 1, 4096, Presence::optional);
}

void describe(Fields& fields, Spec& spec) {
  static const std::vector<std::string> orders = {"weights", "outputs", "inputs"};
  static const std::vector<std::string> kinds = {"binary", "ternary", "int8"};
  fields.text("name", spec.name, Presence::optional);
  fields.text("note", spec.note, Presence::optional);
  fields.integer("rows", spec.rows, 1, 64, Presence::required);
  fields.integer("cols", spec.cols, 1, 64, Presence::optional);
  fields.number("clock_MHz", spec.clock_MHz, 0.5, 2000, Presence::optional);
  fields.boolean("skip_zeros", spec.skip_zeros, Presence::optional);
  fields.choice("order", spec.order, orders, Presence::optional);
  fields.choices("kinds", spec.kinds, kinds, Presence::optional);
  fields.section(
      "memory",
      [&](Fields& inside) { inside.integer("size_KiB", spec.size_KiB, 1, 1024, Presence::required); },
      Presence::optional);
  fields.list(
      "layers", spec.layers.size(), [&](std::size_t size) { spec.layers.resize(size); },
      [&](Fields& inside, std::size_t i) { describe(inside, spec.layers[i]); }, Presence::optional);
  if (spec.rows * spec.cols > 1024) {
    throw tricycle::InputError(fields.place_of("cols"), "rows * cols is more than 1024; make 'cols' smaller");
  }
}

Spec read(const std::string& text) {
  const tricycle::Document document = tricycle::parse_document(text, "x.yaml");
  Spec spec;
  tricycle::read_fields(document, "the array", spec);
  return spec;
}

std::string fault_of(const std::string& text) {
  return message_of([&] { (void)read(text); });
}

}  // namespace

TEST_CASE("an absent optional field keeps its default") {
  const Spec spec = read("rows: 8\n");
  CHECK(spec.rows == 8);
  CHECK(spec.cols == 4);
  CHECK(spec.clock_MHz == 500);
  CHECK(spec.size_KiB == 64);
  CHECK(spec.layers.empty());
}

TEST_CASE("an unknown key is an error that names the nearest known one") {
  CHECK(fault_of("rows: 8\n\ncolums: 4\n") ==
        "x.yaml:3:1: error: unknown key 'colums'; did you mean 'cols'?");
  CHECK(fault_of("rows: 8\nvoltage: 1\n") ==
        "x.yaml:2:1: error: unknown key 'voltage'; the array knows name, note, rows, cols, clock_MHz, "
        "skip_zeros, "
        "order, kinds, memory or layers");
}

TEST_CASE("a missing key is an error at its mapping") {
  CHECK(fault_of("cols: 4\n") == "x.yaml:1:1: error: the array needs the key 'rows'");
  CHECK(fault_of("{}\n") == "x.yaml:1:1: error: the array needs the key 'rows'");
  CHECK(fault_of("rows: 8\nmemory: {}\n") == "x.yaml:2:9: error: 'memory' needs the key 'size_KiB'");
}

TEST_CASE("a misspelt key is named before the missing one that it was to be") {
  CHECK(fault_of("cols: 4\nrosw: 8\n") == "x.yaml:2:1: error: unknown key 'rosw'; did you mean 'rows'?");
}

TEST_CASE("a known key is never called a misspelling of a missing one that resembles it") {
  // 'cols' is two edits from 'rows', and is read after it.
  CHECK(fault_of("cols: 4\nclock_MHz: 100\n") == "x.yaml:1:1: error: the array needs the key 'rows'");
}

TEST_CASE("a number out of its range is an error that states the range") {
  CHECK(fault_of("rows: 0\n") == "x.yaml:1:7: error: 'rows' expects an integer from 1 to 64, not '0'");
  CHECK(fault_of("rows: 65\n") == "x.yaml:1:7: error: 'rows' expects an integer from 1 to 64, not '65'");
  CHECK(fault_of("rows: 64\ncols: 1\n").empty());
  CHECK(fault_of("rows: 1\n").empty());
  CHECK(fault_of("rows: 99999999999999999999\n") ==
        "x.yaml:1:7: error: 'rows' expects an integer from 1 to 64, not '99999999999999999999'");
  CHECK(fault_of("rows: 1\nclock_MHz: 0.4\n") ==
        "x.yaml:2:12: error: 'clock_MHz' expects a number from 0.5 to 2000, not '0.4'");
  CHECK(fault_of("rows: 1\nclock_MHz: .inf\n") ==
        "x.yaml:2:12: error: 'clock_MHz' expects a number from 0.5 to 2000, not '.inf'");
  CHECK(fault_of("rows: 1\nclock_MHz: nan\n") ==
        "x.yaml:2:12: error: 'clock_MHz' expects a number from 0.5 to 2000, not 'nan'");
}

TEST_CASE("what other YAML readers take for a number is an error where an integer is expected") {
  CHECK(fault_of("rows: 010\n") == "x.yaml:1:7: error: 'rows' expects an integer from 1 to 64, not '010'");
  CHECK(fault_of("rows: 0x10\n") == "x.yaml:1:7: error: 'rows' expects an integer from 1 to 64, not '0x10'");
  CHECK(fault_of("rows: 8.0\n") == "x.yaml:1:7: error: 'rows' expects an integer from 1 to 64, not '8.0'");
  CHECK(fault_of("rows: 1e1\n") == "x.yaml:1:7: error: 'rows' expects an integer from 1 to 64, not '1e1'");
  CHECK(fault_of("rows:\n") == "x.yaml:1:1: error: 'rows' expects an integer from 1 to 64, not ''");
  CHECK(fault_of("rows: [8]\n") == "x.yaml:1:7: error: 'rows' expects an integer, not a list");
  CHECK(fault_of("rows: {a: 8}\n") == "x.yaml:1:7: error: 'rows' expects an integer, not a mapping");
}

TEST_CASE("a truth is true or false, and neither yes nor 1") {
  CHECK(read("rows: 8\nskip_zeros: true\n").skip_zeros);
  CHECK_FALSE(read("rows: 8\nskip_zeros: false\n").skip_zeros);
  CHECK(fault_of("rows: 8\nskip_zeros: yes\n") ==
        "x.yaml:2:13: error: 'skip_zeros' expects true or false, not 'yes'");
  CHECK(fault_of("rows: 8\nskip_zeros: 1\n") ==
        "x.yaml:2:13: error: 'skip_zeros' expects true or false, not '1'");
}

TEST_CASE("an empty word is an error") {
  CHECK(fault_of("name:\nrows: 8\n") == "x.yaml:1:1: error: 'name' expects a word, not nothing");
  CHECK(fault_of("name: [a]\nrows: 8\n") == "x.yaml:1:7: error: 'name' expects a word, not a list");
}

TEST_CASE("a choice is one of its names") {
  CHECK(read("rows: 8\norder: inputs\n").order == 2);
  CHECK(fault_of("rows: 8\norder: ouptuts\n") ==
        "x.yaml:2:8: error: 'order' expects weights, outputs or inputs, not 'ouptuts'; did you mean "
        "'outputs'?");
  CHECK(fault_of("rows: 8\norder: rows\n") ==
        "x.yaml:2:8: error: 'order' expects weights, outputs or inputs, not 'rows'");
  CHECK(fault_of("rows: 8\norder: [weights]\n") ==
        "x.yaml:2:8: error: 'order' expects weights, outputs or inputs, not a list");
}

TEST_CASE("choices are a list of distinct names in the order given") {
  CHECK(read("rows: 8\nkinds: [int8, binary]\n").kinds == std::vector<int>{2, 0});
  CHECK(fault_of("rows: 8\nkinds: [int8, binary, int8]\n") ==
        "x.yaml:2:23: error: 'int8' stands twice in 'kinds'");
  CHECK(fault_of("rows: 8\nkinds: [int9]\n") ==
        "x.yaml:2:9: error: 'kinds' expects binary, ternary or int8, not 'int9'; did you mean 'int8'?");
  CHECK(fault_of("rows: 8\nkinds: [[int8]]\n") ==
        "x.yaml:2:9: error: 'kinds' expects binary, ternary or int8, not a list");
  CHECK(fault_of("rows: 8\nkinds: int8\n") ==
        "x.yaml:2:8: error: 'kinds' expects a list of binary, ternary or int8");
  CHECK(fault_of("rows: 8\nkinds: []\n") ==
        "x.yaml:2:8: error: 'kinds' expects a list of binary, ternary or int8");
}

TEST_CASE("a section is read as strictly as the whole") {
  CHECK(read("rows: 8\nmemory: {size_KiB: 16}\n").size_KiB == 16);
  CHECK(fault_of("rows: 8\nmemory: 16\n") ==
        "x.yaml:2:9: error: expected 'memory' as a mapping of keys to values");
  CHECK(fault_of("rows: 8\nmemory:\n  size_KiB: 16\n  bank: 2\n") ==
        "x.yaml:4:3: error: unknown key 'bank'; 'memory' knows size_KiB");
  CHECK(fault_of("rows: 8\nmemory:\n  size_Kib: 16\n") ==
        "x.yaml:3:3: error: unknown key 'size_Kib'; did you mean 'size_KiB'?");
}

TEST_CASE("an entry of a list is named by its number") {
  const Spec spec = read("rows: 8\nlayers:\n  - name: a\n  - {name: b, channels: 3}\n");
  REQUIRE(spec.layers.size() == 2);
  CHECK(spec.layers[0].channels == 1);
  CHECK(spec.layers[1].name == "b");
  CHECK(spec.layers[1].channels == 3);
  CHECK(fault_of("rows: 8\nlayers:\n  - name: a\n  - channels: 3\n") ==
        "x.yaml:4:5: error: entry 2 of 'layers' needs the key 'name'");
  CHECK(fault_of("rows: 8\nlayers: [a]\n") ==
        "x.yaml:2:10: error: expected entry 1 of 'layers' as a mapping of keys to values");
  CHECK(fault_of("rows: 8\nlayers: []\n") ==
        "x.yaml:2:9: error: 'layers' expects a list with at least one entry");
  CHECK(fault_of("rows: 8\nlayers: {name: a}\n") ==
        "x.yaml:2:9: error: 'layers' expects a list with at least one entry");
}

TEST_CASE("a document that is no mapping is an error") {
  CHECK(fault_of("- rows\n") == "x.yaml:1:1: error: expected the array as a mapping of keys to values");
  CHECK(fault_of("8\n") == "x.yaml:1:1: error: expected the array as a mapping of keys to values");
}

TEST_CASE("a rule between fields names the place of the field to change") {
  CHECK(fault_of("rows: 64\ncols: 17\n") ==
        "x.yaml:2:7: error: rows * cols is more than 1024; make 'cols' smaller");
  CHECK(fault_of("rows: 64\ncols: 16\n").empty());
}

TEST_CASE("a rule that fails on the default of a missing key is told as the missing key") {
  const tricycle::Document document = tricycle::parse_document("colls: 64\n", "x.yaml");
  Spec spec;
  spec.rows = 64;
  spec.cols = 64;
  CHECK(message_of([&] { tricycle::read_fields(document, "the array", spec); }) ==
        "x.yaml:1:1: error: the array needs the key 'rows'");
}

TEST_CASE("a sub-document that is needed and missing is an error once every key is known") {
  const tricycle::Document document = tricycle::parse_document("netwrok: {a: 1}\n", "x.yaml");
  tricycle::FieldReader reader(document, "the experiment");
  CHECK(reader.document("arch", Presence::optional) == nullptr);
  CHECK(reader.document("network", Presence::required) == nullptr);
  CHECK(message_of([&] { reader.finish(); }) ==
        "x.yaml:1:1: error: unknown key 'netwrok'; did you mean 'network'?");
  tricycle::FieldReader right(document, "the experiment");
  const tricycle::Document* network = right.document("netwrok", Presence::required);
  REQUIRE(network != nullptr);
  CHECK(network->find("a")->scalar == "1");
  right.finish();
}

TEST_CASE("written fields read back as they were") {
  Spec spec;
  spec.name = "a \"quoted\" \\ name: with # all\n\tthat \x1b hurts";
  spec.rows = 16;
  spec.clock_MHz = 0.1 + 0.7;
  spec.skip_zeros = true;
  spec.order = 1;
  spec.kinds = {2, 0};
  spec.size_KiB = 96;
  spec.layers = {{"conv1", 64}, {"null", 1}};
  const std::string text = tricycle::write_fields(spec);
  CHECK(text ==
        "name: \"a \\\"quoted\\\" \\\\ name: with # all\\x0a\\x09that \\x1b hurts\"\n"
        "rows: 16\n"
        "cols: 4\n"
        "clock_MHz: 0.7999999999999999\n"
        "skip_zeros: true\n"
        "order: outputs\n"
        "kinds: [int8, binary]\n"
        "memory:\n"
        "  size_KiB: 96\n"
        "layers:\n"
        "  - name: \"conv1\"\n"
        "    channels: 64\n"
        "  - name: \"null\"\n"
        "    channels: 1\n");
  const Spec again = read(text);
  CHECK(again.name == spec.name);
  CHECK(again.clock_MHz == spec.clock_MHz);
  CHECK(again.layers[1].name == "null");
  CHECK(tricycle::write_fields(again) == text);
}

TEST_CASE("empty words and lists are not written, since no file may hold them") {
  Spec spec;
  spec.rows = 1;
  const std::string text = tricycle::write_fields(spec, 2);
  CHECK(text ==
        "  rows: 1\n"
        "  cols: 4\n"
        "  clock_MHz: 500\n"
        "  skip_zeros: false\n"
        "  order: weights\n"
        "  memory:\n"
        "    size_KiB: 64\n");
  CHECK(read(text).layers.empty());
}

TEST_CASE("an integer is decimal, without leading zeros and within 64 bits") {
  std::int64_t value = 0;
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::int64_t>>{
           {"0", 0},
           {"7", 7},
           {"-12", -12},
           {"-0", 0},
           {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
           {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()}}) {
    INFO(text);
    CHECK(tricycle::parse_integer(text, value));
    CHECK(value == expected);
  }
  for (const std::string text : {"", "-", "010", "-01", "00", "+5", " 1", "1 ", "1e3", "0x10", "1_000",
                                 "16.0", "--1", "9223372036854775808", "-9223372036854775809"}) {
    INFO(text);
    CHECK_FALSE(tricycle::parse_integer(text, value));
  }
}

TEST_CASE("a number is decimal and finite") {
  double value = 0;
  CHECK(tricycle::parse_number("-2.5e-3", value));
  CHECK(value == -0.0025);
  for (const std::string text : {"", "inf", "-inf", "nan", "1e999", "0x1p3", "1,5", "1.5 ", "+1", "."}) {
    INFO(text);
    CHECK_FALSE(tricycle::parse_number(text, value));
  }
}

TEST_CASE("the text of a number is the shortest that reads back as the same bits") {
  CHECK(tricycle::number_text(0.1) == "0.1");
  CHECK(tricycle::number_text(2000) == "2000");
  CHECK(tricycle::number_text(1e300) == "1e+300");
  tricycle::Random random(7);
  int finite = 0;
  int same = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = std::bit_cast<double>(random.next());
    if (!std::isfinite(value)) continue;
    ++finite;
    double again = 0;
    same += tricycle::parse_number(tricycle::number_text(value), again) && again == value ? 1 : 0;
  }
  CHECK(finite > 9'900);
  CHECK(same == finite);
}
