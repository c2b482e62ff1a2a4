// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "workloads/import/onnx/onnx_import.hpp"

namespace {

using tricycle::Graph;
using tricycle::import_tensor;
using tricycle::read_bytes;
using tricycle::Tensor;
using tricycle::test::floats;

constexpr std::uint64_t most_bytes = 1U << 28U;

Graph import(const std::string& folder, const tricycle::ImportOptions& options) {
  return import_onnx(read_bytes(folder + "/model.onnx", most_bytes), "model.onnx", options);
}

/// The largest of |x - y| / max(1, |y|) over two tensors of one shape.
double difference(const Tensor& result, const Tensor& expected) {
  REQUIRE(result.shape == expected.shape);
  const std::vector<float> x = result.floats(), y = expected.floats();
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto a = static_cast<double>(x[i]), b = static_cast<double>(y[i]);
    largest = std::max(largest, std::abs(a - b) / std::max(1.0, std::abs(b)));
  }
  return largest;
}

/// All outputs of a model on the inputs that lie beside it, before and after folding its constants.
void check_model(const std::string& name, std::size_t inputs, std::size_t outputs, double tolerance = 2e-6,
                 const tricycle::ImportOptions& options = {}) {
  const std::string models = tricycle::test::shared_models();
  if (models.empty()) return;
  INFO(name);
  const std::string folder = models + "/rnn/" + name;
  Graph graph = import(folder, options);
  REQUIRE(inputs_of(graph).size() == inputs);
  REQUIRE(outputs_of(graph).size() == outputs);
  const auto tensor = [&](const std::string& which, std::size_t i) {
    const std::string path = folder + "/test_data_set_0/" + which + "_" + std::to_string(i) + ".pb";
    return import_tensor(read_bytes(path, most_bytes), path);
  };
  std::vector<Tensor> given;
  for (std::size_t i = 0; i < inputs; ++i) {
    given.push_back(tensor("input", i));
    CHECK(given.back().shape == inputs_of(graph)[i].shape);
  }
  const std::vector<Tensor> results = run_float(graph, given);
  for (std::size_t i = 0; i < outputs; ++i) {
    INFO(i);
    CHECK(difference(results[i], tensor("output", i)) <= tolerance);
  }
  static_cast<void>(fold_constants(graph));
  const auto shapes = infer_shapes(graph);
  for (std::size_t i = 0; i < outputs; ++i) CHECK(shapes.at(outputs_of(graph)[i].name) == results[i].shape);
  const std::vector<Tensor> folded = run_float(graph, given);
  for (std::size_t i = 0; i < outputs; ++i) CHECK(folded[i].floats() == results[i].floats());
}

/// The part of a text that the network of characters was scored on, as indices into its vocabulary.
std::vector<std::size_t> scored_characters(const std::string& models) {
  const std::string text = tricycle::read_text(models + "/data/tinyshakespeare.txt", most_bytes);
  // The vocabulary is the text's own characters in their order.
  std::string vocabulary(text.begin(), text.end());
  std::sort(vocabulary.begin(), vocabulary.end());
  vocabulary.erase(std::unique(vocabulary.begin(), vocabulary.end()), vocabulary.end());
  REQUIRE(vocabulary.size() == 65);
  std::vector<std::size_t> characters;
  for (const char c : text.substr(text.size() * 95 / 100)) characters.push_back(vocabulary.find(c));
  return characters;
}

/// The nats for each of `count` characters after the first, in stretches of 250 that hand on their state.
double nats_per_character(const std::string& models, std::size_t count) {
  const std::vector<std::size_t> characters = scored_characters(models);
  REQUIRE(count < characters.size());
  constexpr std::size_t stretch = 250;
  tricycle::ImportOptions options;
  options.dimensions = {{"T", stretch}};
  Graph graph = import(models + "/rnn/charlstm_128_shakespeare", options);
  std::vector<Tensor> states(2, floats({1, 1, 128}, std::vector<float>(128, 0)));
  double nats = 0;
  for (std::size_t first = 0; first < count; first += stretch) {
    const std::size_t steps = std::min(stretch, count - first);
    std::vector<float> x(stretch * 65, 0);
    for (std::size_t t = 0; t < steps; ++t) x[t * 65 + characters[first + t]] = 1;
    const std::vector<Tensor> results = run_float(graph, {floats({stretch, 1, 65}, x), states[0], states[1]});
    const std::vector<float> logits = results[0].floats();
    for (std::size_t t = 0; t < steps; ++t) {
      const float* row = logits.data() + t * 65;
      double sum = 0;
      for (std::size_t i = 0; i < 65; ++i) sum += std::exp(static_cast<double>(row[i]));
      nats += std::log(sum) - static_cast<double>(row[characters[first + t + 1]]);
    }
    states = {results[1], results[2]};
  }
  return nats / static_cast<double>(count);
}

}  // namespace

TEST_CASE("recurrent networks from PyTorch give their published outputs within 2e-6") {
  check_model("torch113_lstm_untrained", 1, 1);
  check_model("torch113_gru_untrained", 1, 1);
}

TEST_CASE("the two LSTMs of DTLN give their published outputs within 2e-6") {
  check_model("dtln_1_lstm", 2, 2);
}

TEST_CASE("the three GRUs of RNNoise give their published outputs within 2e-6") {
  tricycle::ImportOptions options;
  options.dimensions = {{"T", 60}};
  check_model("rnnoise_beguiling_drafter_gru", 1, 2, 2e-6, options);
}

TEST_CASE("the voice detector of Silero gives its published outputs within 2e-6") {
  check_model("silero_vad_16k_openvino", 2, 2);
}

TEST_CASE("the network of characters gives its published outputs of 256 steps within 5e-6") {
  tricycle::ImportOptions options;
  options.dimensions = {{"T", 256}};
  check_model("charlstm_128_shakespeare", 3, 3, 5e-6, options);
}

TEST_CASE("the network of characters needs 1.7353 nats for each of 55769 characters") {
  const std::string models = tricycle::test::shared_models();
  if (models.empty()) return;
  CHECK(nats_per_character(models, 55'769) == Approx(1.7353).margin(0.00005));
}
