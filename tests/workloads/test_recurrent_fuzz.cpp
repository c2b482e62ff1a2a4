// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"
#include "support/random.hpp"
#include "tests/catch.hpp"
#include "workloads/import/network/recurrent_network.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"
#include "workloads/quantize/recurrent/quantize.hpp"

namespace {

using tricycle::InputError;
using tricycle::Random;

const char* const descriptions[] = {
    "format: tricycle-network/1\nname: words\nseed: 3\nsequence: 3\nbatch: 2\nvocabulary: 4\nembedding: 5\n"
    "layers:\n  - {name: a, cell: lstm, units: 3}\ndecoder: {units: 4}\n"
    "recurrent: {weights: ttq, activations: btq, input: int8, sloping_factor: 0.4, cell_format: Q6.10}\n",
    "format: tricycle-network/1\nname: two\nsequence: 4\nvocabulary: 6\ncharacters: abcdef\n"
    "layers:\n  - {name: a, cell: gru, units: 7, linear_before_reset: false, direction: bidirectional}\n"
    "  - {name: b, cell: rnn, units: 3, direction: reverse}\n"
    "recurrent: {weights: int8, activations: int8, input: one_hot, lut_segments: 64, decode: each_step}\n"};

const std::vector<std::string> words = {"lstm",      "gru",
                                        "rnn",       "ttq",
                                        "btq",       "int8",
                                        "float32",   "one_hot",
                                        "each_step", "in_loop",
                                        "ahead",     "true",
                                        "no",        "units",
                                        "cell",      "layers",
                                        "recurrent", "vocabulary",
                                        "Q1.1",      "Q31.1",
                                        "0",         "1",
                                        "2",         "-1",
                                        "17",        "64",
                                        "300",       "65536",
                                        "1048576",   "0.01",
                                        "1e-9",      "nan",
                                        "1e99",      "[]",
                                        "{a: b}",    "\"\"",
                                        "~",         "99999999999999999999"};

/// One to three words or characters replaced, taken out or put in.
std::string bent(std::string text, Random& random) {
  for (std::uint64_t faults = 1 + random.below(3); faults > 0; --faults) {
    std::size_t at = random.below(text.size());
    if (random.below(8) == 0) {
      text[at] = static_cast<char>(1 + random.below(255));
      continue;
    }
    const char* const ends = " :,{}\n";
    if (random.below(8) > 0) at = std::min(text.find(": ", at), text.size() - 1);  // a value
    const std::size_t begin = text.find_first_not_of(ends, at);
    if (begin == std::string::npos) continue;
    const std::size_t end = std::min(text.find_first_of(ends, begin), text.size());
    text.replace(begin, end - begin, random.below(8) == 0 ? "" : words[random.below(words.size())]);
  }
  return text;
}

}  // namespace

TEST_CASE("3,000 bent descriptions of recurrent networks are quantized or refused, and nothing else") {
  Random random(1);
  int refused = 0, quantized = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string text = bent(descriptions[random.below(2)], random);
    INFO(text);
    try {
      const auto document = tricycle::parse_document(text, "bent.yaml");
      const tricycle::Graph graph = import_recurrent_network(document, -1);
      const auto network =
          quantize_recurrent(recurrent_model(graph), recurrent_choices(document), {{1, 1}, 1});
      CHECK_FALSE(network.layers.empty());
      ++quantized;
    } catch (const InputError& error) {
      CHECK(std::string(error.what()).starts_with("bent.yaml"));
      ++refused;
    }
  }
  CHECK(refused > 1000);
  CHECK(quantized > 100);
}
