// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tests/system/program.hpp"

using tricycle::test::check_refused;
using tricycle::test::small_machine;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

/// Eight rows of five inputs: four steps of two streams, once the trace says so.
const char* const tiny_model =
    "format: tricycle-network/1\n"
    "name: tiny\n"
    "input: {rows: 8, features: 5}\n"
    "layers:\n"
    "  - {name: a, units: 12, density: 0.8}\n"
    "  - {name: b, units: 5, density: 0.8, output: scaled}\n";

/// A trace of the tiny model as a language model of the characters a to e.
void write_language_model(const Workspace& here) {
  here.write("tiny.yaml", tiny_model);
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("lower tiny.yaml --arch ./m.yaml --text -o plain.trace").code == 0);
  std::string trace = here.read("plain.trace");
  const std::string rows = "shape=\"[8, 5]\"";
  const std::size_t input = trace.find(rows);
  REQUIRE(input != std::string::npos);
  trace.replace(input, rows.size(), "shape=\"[4, 2, 5]\"");
  std::string vocabulary;
  for (const char* token : {"a", "b", "c", "d", "e"}) {
    vocabulary += std::string("token text=\"") + token + "\"\n";
  }
  trace.insert(trace.find("layer name="), vocabulary);
  here.write("lm.trace", trace);
}

/// 40 characters without a pattern.
const char* const text = "abdecabbceadecabedcbaacdebdaecbbadceabed";

/// What the first item of a text costs by the outputs of result.json: item 0 has steps 0 to 3 of both
/// streams, which start at characters 0 and 19.
double nats_of_first(const nlohmann::json& result) {
  const auto logits = result["outputs"]["first"];
  REQUIRE(logits.size() == 40);
  double nats = 0;
  for (std::size_t row = 0; row < 8; ++row) {
    const std::size_t step = row / 2, stream = row % 2;
    const auto target = static_cast<std::size_t>(text[stream * 19 + step + 1] - 'a');
    double sum = 0;
    for (std::size_t col = 0; col < 5; ++col) sum += std::exp(logits[row * 5 + col].get<double>());
    nats += std::log(sum) - logits[row * 5 + target].get<double>();
  }
  return nats / 8;
}

}  // namespace

TEST_CASE("a language model is scored by the next characters of a text, from the machine's own logits") {
  const Workspace here;
  write_language_model(here);
  here.write("t.txt", text);
  const auto ended = here.tricycle("replay lm.trace --input t.txt --limit 1 -o out");
  REQUIRE(ended.code == 0);
  const auto json = here.json("out/result.json");
  const auto language = json["language"];
  CHECK(language["tokens"] == 8);
  CHECK(language["not_finite"] == 0);
  const double nats = nats_of_first(json);
  CHECK(nats > 0);
  CHECK(language["nats_per_token"].get<double>() == Approx(nats).epsilon(1e-8));
  CHECK(language["bits_per_token"].get<double>() == Approx(nats / std::log(2.0)).epsilon(1e-8));
  CHECK(language["perplexity"].get<double>() == Approx(std::exp(nats)).epsilon(1e-8));
  CHECK(language["characters_used"] == 10);
  CHECK(language["characters_left"] == 30);
  CHECK(json["verify"]["mismatches"] == 0);
  CHECK(json["input"]["source"] == "t.txt");
  CHECK(ended.out.find("\n  language     ") != std::string::npos);
  CHECK(ended.out.find(") over 8 tokens\n") != std::string::npos);
}

TEST_CASE("40 characters in 2 streams of 4 steps are 4 items, and a part of 28 of them is 3") {
  const Workspace here;
  write_language_model(here);
  here.write("t.txt", text);
  REQUIRE(here.tricycle("replay lm.trace --input t.txt -q -o all").code == 0);
  const auto all = here.json("all/result.json");
  CHECK(all["inferences"]["count"] == 4);
  CHECK(all["language"]["tokens"] == 32);
  CHECK(all["language"]["characters_used"] == 34);
  CHECK(all["language"]["characters_left"] == 6);
  REQUIRE(here.tricycle("replay lm.trace --input t.txt --input-part 0.3:1 -q -o part").code == 0);
  const auto part = here.json("part/result.json");
  CHECK(part["inferences"]["count"] == 3);
  CHECK(part["language"]["characters_used"] == 26);
  CHECK(part["language"]["characters_left"] == 2);
  CHECK(part["input"]["source"] == "t.txt, part 0.3:1");
}

TEST_CASE("the binary trace gives the same bytes as the text one") {
  const Workspace here;
  write_language_model(here);
  here.write("t.txt", text);
  REQUIRE(here.tricycle("trace asm lm.trace -o lm.bin").code == 0);
  REQUIRE(here.tricycle("replay lm.trace --input t.txt -q -o a").code == 0);
  REQUIRE(here.tricycle("replay lm.bin --input t.txt -q -o b").code == 0);
  CHECK(here.read("a/result.json") == here.read("b/result.json"));
}

TEST_CASE("a replay without a text, and one that computes no values, have no score") {
  const Workspace here;
  write_language_model(here);
  here.write("t.txt", text);
  REQUIRE(here.tricycle("replay lm.trace -q -o own").code == 0);
  CHECK_FALSE(here.json("own/result.json").contains("language"));
  REQUIRE(here.tricycle("replay lm.trace --input t.txt --timing-only -q -o timing").code == 0);
  CHECK_FALSE(here.json("timing/result.json").contains("language"));
  CHECK(here.json("timing/result.json")["inferences"]["count"] == 4);
}

TEST_CASE("a text for a model without a vocabulary is refused") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  here.write("m.yaml", small_machine);
  here.write("t.txt", text);
  check_refused(here, "run tiny.yaml --arch ./m.yaml --input t.txt -o out",
                "t.txt: error: is text, but the model has no vocabulary; give one with --vocabulary");
}

TEST_CASE("an unknown character, too few characters and labels of a text are refused") {
  const Workspace here;
  write_language_model(here);
  here.write("t.txt", "abcd\n");
  check_refused(here, "replay lm.trace --input t.txt -o out",
                "t.txt:1:5: error: the character '\\n' is not among the 5 entries of the model's vocabulary");
  here.write("t.txt", "abcdeabc");
  check_refused(here, "replay lm.trace --input t.txt -o out",
                "t.txt: error: has 8 characters; an item of 4 steps in 2 streams needs 9");
  here.write("t.txt", text);
  here.write("y.idx", std::string("\0\0\x08\x01\0\0\0\x01\0", 9));
  check_refused(here, "replay lm.trace --input t.txt --labels y.idx -o out",
                "--labels: error: the targets of a text are its own next tokens: labels do not go with it");
}

TEST_CASE("a part that is none, and a part of what is no text, are refused") {
  const Workspace here;
  write_language_model(here);
  here.write("t.txt", text);
  check_refused(here, "replay lm.trace --input t.txt --input-part 1:0.5 -o out",
                "--input-part: error: 'input_part' expects FROM:TO, two fractions from 0 to 1 of which the "
                "first is the "
                "smaller, such as 0.95:1, not '1:0.5'");
  check_refused(here, "replay lm.trace --input-part 0.5:1 -o out",
                "--input-part: error: takes a part of a text: give one with --input");
  check_refused(here, "run tiny.yaml --arch ./m.yaml --input-part 0.5:1 -o out",
                "--input-part: error: takes a part of a text: give one with --input");
  check_refused(here, "replay lm.trace --input x.npy --input-part 0.5:1 -o out",
                "--input-part: error: takes a part of a text (.txt, .txt.gz); 'x.npy' is none");
}

TEST_CASE("a part in an experiment or a sweep is checked with its line and column") {
  const Workspace here;
  here.write("e.yaml", "workload: mlp-mnist\ninput_part: half\n");
  const std::string expects =
      " error: 'input_part' expects FROM:TO, two fractions from 0 to 1 of which the first is the smaller, "
      "such "
      "as 0.95:1, not 'half'";
  check_refused(here, "check e.yaml", "e.yaml:2:13:" + expects);
  here.write("s.yaml", "workload: mlp-mnist\ninput_part: half\naxes: {arch.array.rows: [1]}\n");
  check_refused(here, "check s.yaml", "s.yaml:2:13:" + expects);
}

TEST_CASE(
    "outputs that are no logits of the vocabulary are refused with both sizes, and run without a score") {
  const Workspace here;
  write_language_model(here);
  std::string trace = here.read("lm.trace");
  const std::string rows = "rows=8 cols=5 shape=\"[8, 5]\"";
  REQUIRE(trace.find(rows) != std::string::npos);
  trace.replace(trace.find(rows), rows.size(), "rows=4 cols=5 shape=\"[4, 5]\"");
  here.write("lm.trace", trace);
  here.write("t.txt", text);
  check_refused(
      here, "replay lm.trace --input t.txt -o out",
      "t.txt: error: is text, and its score needs float32 logits of 8 x 5; the output 'b.scaled_sums' "
      "is float32 of 4 x 5 (--timing-only runs without a score)");
  CHECK(here.tricycle("replay lm.trace --input t.txt --timing-only -q -o out").code == 0);
}
