// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/text.hpp"

#include <stdlib.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/experiment/items.hpp"
#include "sim/experiment/simulate.hpp"
#include "tests/catch.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/import/network/network_import.hpp"
#include "workloads/lower/lower.hpp"

namespace {

using namespace tricycle;
using tricycle::test::message_of;
using Tokens = std::vector<std::int32_t>;

const std::vector<std::string> abc = {"a", "b", "c", "\n", "\xc3\xa9"};

Tokens tokens(const std::string& text, const TextPart& part = {}) {
  return tokens_of(text, abc, part, "t.txt");
}

std::string refusal(const std::string& text, const TextPart& part = {}) {
  return message_of([&] { (void)tokens(text, part); });
}

/// Numbers from 0, so that a token is its own place in the text.
CutText cut(int characters, const Sequence& sequence, std::int64_t limit = -1) {
  Tokens places;
  for (int i = 0; i < characters; ++i) places.push_back(i);
  return cut_text(places, sequence, limit);
}

Trace model(Format format, std::int64_t cols, const std::string& shape, std::int64_t rows) {
  Trace trace;
  trace.vocabulary = abc;
  trace.input.name = "x";
  trace.input.format = format;
  trace.input.rows = rows;
  trace.input.cols = cols;
  trace.input.shape = shape;
  return trace;
}

/// A folder of its own for a file, gone with it.
class File {
 public:
  File(const std::string& name, const std::string& content) : name_(name) {
    char folder[] = "/tmp/text-XXXXXX";
    folder_ = mkdtemp(folder);
    std::ofstream(path(), std::ios::binary) << content;
  }
  ~File() { std::filesystem::remove_all(folder_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] std::string path() const { return folder_ + "/" + name_; }

 private:
  std::string folder_, name_;
};

/// A .npy file of int32 values.
std::string npy(const std::string& shape, const Tokens& values) {
  std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  header += '\n';
  std::string file = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(118) + '\0' + header;
  for (const std::int32_t value : values) {
    for (int byte = 0; byte < 4; ++byte)
      file += static_cast<char>(static_cast<std::uint32_t>(value) >> (8 * byte) & 255U);
  }
  return file;
}

/// Eight rows of five inputs and of five outputs.
QuantizedNetwork small_network() {
  Graph graph =
      import_network(parse_document("format: tricycle-network/1\nname: tiny\ninput: {rows: 8, features: 5}\n"
                                    "layers: [{name: a, units: 5, density: 0.8, output: scaled}]\n",
                                    "tiny.yaml"),
                     1);
  graph.file = "tiny.yaml";
  graph.vocabulary = abc;
  return quantize_graph(std::move(graph), {});
}

/// Ids are the model's integers, floating point is itself, and the other formats hold codes from 0.
InputReading reading_of(const Trace& trace, const InputScale& scale) {
  InputReading reading;
  const bool real = trace.input.format == Format::float32, ids = trace.input.format == Format::int32;
  reading.rule = real ? ReadingRule::real : ids ? ReadingRule::integers : ReadingRule::grid;
  reading.most = ids ? 1 << 20 : trace.input.format == Format::u1 ? 1 : 255;
  reading.byte = {scale.num, scale.den, {}, {}};
  return reading;
}

struct Read {
  std::vector<Tokens> items;
  std::uint64_t count_all = 0;
};

/// The values of the items of a file of ids as a model reads them.
Read read(const File& file, Trace trace, const InputScale& scale, std::int64_t limit = -1) {
  const MachineSpec spec = read_machine(std::string("edge"));
  trace.reading = reading_of(trace, scale);
  Read result;
  const TraceItems items =
      file_items(read_data(file.path()), file.path(), trace, spec, limit, result.count_all);
  const std::size_t each = items.bytes.size() / items.count;
  for (std::uint64_t i = 0; i < items.count; ++i) {
    result.items.push_back(unpack_tensor(trace.input, spec, std::span(items.bytes).subspan(i * each, each)));
  }
  return result;
}

}  // namespace

TEST_CASE("a name that ends in .txt or .txt.gz is a text's") {
  CHECK(is_text_file("a/b.txt"));
  CHECK(is_text_file("b.txt.gz"));
  CHECK_FALSE(is_text_file("b.npy.gz"));
  CHECK_FALSE(is_text_file("b.txt.npy"));
}

TEST_CASE("every character becomes the number of its entry, a line break and an accented letter too") {
  CHECK(tokens("cab\n\xc3\xa9") == Tokens{2, 0, 1, 3, 4});
  CHECK(tokens("").empty());
}

TEST_CASE("a character outside the vocabulary is named with its line and column, counted in characters") {
  CHECK(refusal("ab\n\xc3\xa9\xc3\xa9x") ==
        "t.txt:2:3: error: the character 'x' is not among the 5 entries of the model's vocabulary");
  CHECK(refusal("a\r\n") ==
        "t.txt:1:2: error: the character '\\r' is not among the 5 entries of the model's vocabulary");
  CHECK(refusal("\t") ==
        "t.txt:1:1: error: the character '\\t' is not among the 5 entries of the model's vocabulary");
  CHECK(
      refusal("ab\xe2\x82\xac") ==
      "t.txt:1:3: error: the character '\xe2\x82\xac' is not among the 5 entries of the model's vocabulary");
}

TEST_CASE("a byte that is no UTF-8 is named with its line and column") {
  CHECK(refusal("a\nb\xff") == "t.txt:2:2: error: the byte 0xff is no UTF-8");
  CHECK(refusal("a\xc3") == "t.txt:1:2: error: the byte 0xc3 is no UTF-8");
  CHECK(refusal("\x80") == "t.txt:1:1: error: the byte 0x80 is no UTF-8");
}

TEST_CASE("an entry of several characters is never made from a text") {
  CHECK(tokens_of("ab", {"ab", "b", "a"}, {}, "t") == Tokens{2, 1});
}

TEST_CASE("a part is from int(n * FROM) to int(n * TO), in characters") {
  CHECK(tokens("aaabbbcccc", {0.3, 0.6}) == Tokens{1, 1, 1});
  CHECK(tokens("aaabbbcccc", {0.39, 0.69}) == Tokens{1, 1, 1});
  CHECK(tokens("aaabbbcccc", {0.95, 1}) == Tokens{2});
  CHECK(tokens("\xc3\xa9\xc3\xa9"
               "ab",
               {0.5, 1}) == Tokens{0, 1});
  // 1,115,394 characters from 0.95 on are 55,770.
  CHECK(tokens(std::string(1115394, 'a'), {0.95, 1}).size() == 55770);
}

TEST_CASE("what stands outside of the part may hold unknown characters, and counts for line and column") {
  CHECK(tokens("xxxxxaaaaa", {0.5, 1}) == Tokens(5, 0));
  CHECK(refusal("x\nxxxaaaax", {0.5, 1}) ==
        "t.txt:2:8: error: the character 'x' is not among the 5 entries of the model's vocabulary");
}

TEST_CASE("a part is two fractions from 0 to 1, the first the smaller") {
  REQUIRE(parse_part("0.95:1").has_value());
  CHECK(parse_part("0.95:1")->from == 0.95);
  CHECK(parse_part("0.95:1")->to == 1);
  CHECK(parse_part("0:1e-3")->to == 0.001);
  for (const char* wrong : {"", "0.5", ":", "0.5:", ":1", "1:0.5", "0.5:0.5", "-0.1:1", "0:1.1", "0:1:1",
                            "0.5:x", " 0:1", "nan:1", "0:inf"}) {
    INFO(wrong);
    CHECK_FALSE(parse_part(wrong).has_value());
  }
  CHECK(wrong_part("1:0") ==
        "expects FROM:TO, two fractions from 0 to 1 of which the first is the smaller, such as 0.95:1, not "
        "'1:0'");
}

TEST_CASE("14 characters in 2 streams of 3 steps are 2 items, whose streams start at characters 0 and 6") {
  const CutText text = cut(14, {3, 2});
  CHECK(text.items == 2);
  CHECK(text.inputs == Tokens{0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11});
  CHECK(text.targets == Tokens{1, 7, 2, 8, 3, 9, 4, 10, 5, 11, 6, 12});
  CHECK(text.used == 13);
  CHECK(text.left == 1);
}

TEST_CASE("steps that do not fill an item are left: 17 characters in 2 streams of 3 steps use 14") {
  // Streams of 8 steps, from characters 0 and 8; two items of 3 steps, and the target behind each.
  const CutText text = cut(17, {3, 2});
  CHECK(text.items == 2);
  CHECK(text.inputs == Tokens{0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13});
  CHECK(text.targets.back() == 14);
  CHECK(text.used == 14);
  CHECK(text.left == 3);
}

TEST_CASE("55,770 characters in 64 steps of one stream are 871 items and 55,744 tokens") {
  const CutText text = cut(55770, {64, 1});
  CHECK(text.items == 871);
  CHECK(text.inputs.size() == 55744);
  CHECK(text.used == 55745);
  CHECK(text.left == 25);
}

TEST_CASE("a limit keeps the first items, and the rest of the text is left") {
  const CutText text = cut(14, {3, 2}, 1);
  CHECK(text.items == 1);
  CHECK(text.inputs == Tokens{0, 6, 1, 7, 2, 8});
  CHECK(text.targets == Tokens{1, 7, 2, 8, 3, 9});
  CHECK(text.used == 8);
  CHECK(text.left == 6);
}

TEST_CASE("an item of T steps in B streams needs T B + 1 characters") {
  CHECK(cut(7, {3, 2}).items == 1);
  CHECK(cut(6, {3, 2}).items == 0);
  CHECK(cut(6, {3, 2}).left == 6);
  CHECK(cut(0, {3, 2}).items == 0);
}

TEST_CASE("an input takes ids where it has one int32 column, one-hot rows where it has one per entry") {
  const auto kind = [](Format format, std::int64_t cols, const std::string& shape, std::size_t vocabulary) {
    return token_input({"x", format, 0, 6, cols, shape}, vocabulary);
  };
  CHECK(kind(Format::int32, 1, "[3, 2]", 5) == TokenInput::ids);
  CHECK(kind(Format::int32, 1, "[3, 2, 1]", 5) == TokenInput::ids);
  CHECK(kind(Format::uint8, 1, "[3, 2]", 5) == TokenInput::none);
  CHECK(kind(Format::uint8, 5, "[3, 2, 5]", 5) == TokenInput::one_hot);
  CHECK(kind(Format::float32, 5, "[3, 2, 5]", 5) == TokenInput::one_hot);
  CHECK(kind(Format::u1, 4, "[3, 2, 4]", 5) == TokenInput::none);
  CHECK(kind(Format::int32, 1, "[3, 2]", 0) == TokenInput::none);
  // Six rows that are no three steps of two streams.
  CHECK(kind(Format::uint8, 5, "[6, 5]", 5) == TokenInput::none);
  CHECK(kind(Format::uint8, 5, "[6]", 5) == TokenInput::none);
  CHECK(kind(Format::uint8, 5, "[0, 2, 5]", 5) == TokenInput::none);
}

TEST_CASE("a text is read plain, with a part and a limit") {
  const File file("t.txt", "abcabcabcabca");
  const CutText text = read_text_items(file.path(), {}, model(Format::int32, 1, "[3, 2]", 6), -1);
  CHECK(text.items == 2);
  CHECK(text.inputs == Tokens{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2});
  CHECK(text.targets == Tokens{1, 1, 2, 2, 0, 0, 1, 1, 2, 2, 0, 0});
  CHECK(read_text_items(file.path(), {0, 0.6}, model(Format::int32, 1, "[3, 2]", 6), -1).items == 1);
  CHECK(read_text_items(file.path(), {}, model(Format::int32, 1, "[3, 2]", 6), 1).items == 1);
}

TEST_CASE("a text that is too short is refused with the number of characters that one item needs") {
  const File file("t.txt", "abcabcabca");
  const auto fault = [&](const TextPart& part, std::int64_t steps) {
    const std::string shape = "[" + std::to_string(steps) + ", 2]";
    const Trace trace = model(Format::int32, 1, shape, 2 * steps);
    return message_of([&] { (void)read_text_items(file.path(), part, trace, -1); });
  };
  CHECK(fault({}, 4).empty());
  CHECK(fault({}, 5) == file.path() + ": error: has 10 characters; an item of 5 steps in 2 streams needs 11");
  CHECK(fault({0.5, 1}, 3) ==
        file.path() + ": error: has 5 characters in this part; an item of 3 steps in 2 streams needs 7");
}

TEST_CASE("a text for a model without a vocabulary, or without an input of tokens, is refused") {
  const File file("t.txt", "abcabcabca");
  Trace trace = model(Format::uint8, 4, "[3, 2, 4]", 6);
  CHECK(message_of([&] { (void)read_text_items(file.path(), {}, trace, -1); }) ==
        file.path() +
            ": error: is text; the model's input 'x' of shape [3, 2, 4] takes no tokens: they come as int32 "
            "[steps, streams] or as one-hot rows [steps, streams, 5]");
  trace.vocabulary.clear();
  CHECK(message_of([&] { (void)read_text_items(file.path(), {}, trace, -1); }) ==
        file.path() + ": error: is text, but the model has no vocabulary; give one with --vocabulary");
}

TEST_CASE("integer ids of 2 items are read as they are, up to the last of the vocabulary") {
  const File file("t.npy", npy("(2, 3, 2)", {0, 1, 2, 3, 4, 0, 4, 3, 2, 1, 0, 4}));
  const Trace trace = model(Format::int32, 1, "[3, 2]", 6);
  const Read all = read(file, trace, {1, 255});
  CHECK(all.count_all == 2);
  CHECK(all.items == std::vector<Tokens>{{0, 1, 2, 3, 4, 0}, {4, 3, 2, 1, 0, 4}});
  CHECK(read(file, trace, {1, 255}, 1).items.size() == 1);
  const File beyond("t.npy", npy("(3, 2)", {0, 1, 2, 3, 4, 5}));
  CHECK(message_of([&] {
          (void)read(beyond, trace, {1, 255});
        }) == beyond.path() + ": error: element 5 is 5; the input takes integers from 0 to 4");
}

TEST_CASE("integer ids for one-hot rows become the codes of the real values 0 and 1") {
  const File file("t.npy", npy("(3, 1)", {2, 0, 4}));
  const Tokens expected = {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  Trace trace = model(Format::u1, 5, "[3, 1, 5]", 3);
  CHECK(read(file, trace, {1, 1}).items == std::vector<Tokens>{expected});
  Tokens scaled = expected;
  for (std::int32_t& code : scaled) code *= 255;
  trace.input.format = Format::uint8;
  CHECK(read(file, trace, {1, 255}).items == std::vector<Tokens>{scaled});
  Tokens floats = expected;
  for (std::int32_t& code : floats) code *= std::bit_cast<std::int32_t>(1.0F);
  trace.input.format = Format::float32;
  CHECK(read(file, trace, {1, 1}).items == std::vector<Tokens>{floats});
  const File beyond("t.npy", npy("(3, 1)", {2, -1, 4}));
  CHECK(message_of([&] {
          (void)read(beyond, trace, {1, 1});
        }) == beyond.path() + ": error: element 1 is -1; the input takes tokens from 0 to 4");
}

TEST_CASE("integers in the shape of the one-hot rows themselves stay codes") {
  const File file("t.npy", npy("(3, 1, 5)", {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  const Read all = read(file, model(Format::uint8, 5, "[3, 1, 5]", 3), {1, 255});
  CHECK(all.items == std::vector<Tokens>{{0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}});
}

TEST_CASE("without a file a model of tokens gets uniform tokens: ids below 5, or one 1 in each row") {
  const MachineSpec spec = read_machine(std::string("edge"));
  Trace ids = model(Format::int32, 1, "[300, 2]", 600);
  ids.reading = reading_of(ids, {1, 1});
  const TraceItems items = synthetic_items(ids, spec, 7);
  CHECK(items.source == "synthetic, uniform tokens from 0 to 4, seed 7");
  const Tokens values = unpack_tensor(ids.input, spec, items.bytes);
  CHECK(*std::min_element(values.begin(), values.end()) == 0);
  CHECK(*std::max_element(values.begin(), values.end()) == 4);
  Trace rows = model(Format::u1, 5, "[300, 2, 5]", 600);
  rows.reading = reading_of(rows, {1, 1});
  const Tokens ones = unpack_tensor(rows.input, spec, synthetic_items(rows, spec, 7).bytes);
  for (std::size_t row = 0; row < 600; ++row) {
    for (std::size_t col = 0; col < 5; ++col)
      REQUIRE(ones[row * 5 + col] == (values[row] == static_cast<std::int32_t>(col) ? 1 : 0));
  }
}

TEST_CASE("the vocabulary goes from the graph through the network to the trace, which refuses a tab") {
  const MachineSpec spec = read_machine(std::string("edge"));
  QuantizedNetwork network = small_network();
  CHECK(network.vocabulary == abc);
  CHECK(lower(network, spec, {}).vocabulary == abc);
  network.vocabulary.emplace_back("\t");
  CHECK(message_of([&] { (void)lower(network, spec, {}); }) ==
        "tiny.yaml: error: entry 5 of the vocabulary holds a control character other than the line break");
}

TEST_CASE("a run with its network and one of the trace alone score the 16 tokens of a text alike") {
  const MachineSpec spec = read_machine(std::string("edge"));
  const QuantizedNetwork network = small_network();
  Trace trace = lower(network, spec, {});
  trace.input.shape = "[4, 2, 5]";
  const File file("t.txt", "abcabbacabcacbabca");
  CutText text = read_text_items(file.path(), {}, trace, -1);
  REQUIRE(text.items == 2);
  trace.items = token_items({{2, 4, 2}, text.inputs}, "t.txt", trace, spec);
  SimulateOptions options;
  options.progress = Show::never;
  options.text = {text.targets, text.used, text.left};
  const auto score = [&](const QuantizedNetwork* of) {
    const Simulation run = simulate(trace, spec, of, options);
    return std::to_string(run.mismatches) + " " + language_json(run.language.value(), *options.text).dump();
  };
  const std::string with_network = score(&network);
  CHECK(with_network.starts_with("0 {\"tokens\":16,\"not_finite\":0,\"nats_per_token\":"));
  CHECK(with_network == score(nullptr));
}

TEST_CASE("an input whose shape has not as many values as its rows and columns is refused") {
  const File file("t.npy", npy("(6,)", {0, 1, 2, 3, 4, 0}));
  CHECK(message_of([&] {
          (void)read(file, model(Format::int32, 1, "[6]", 5), {1, 255});
        }) == file.path() + ": error: cannot be an input: the trace's 'x' of 5 x 1 has the shape [6]");
}
