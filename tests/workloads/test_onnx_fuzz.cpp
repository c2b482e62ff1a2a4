// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/onnx_changes.hpp"
#include "tests/workloads/onnx_models.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/import/onnx/onnx_import.hpp"

namespace {

using tricycle::Bytes;
using tricycle::import_onnx;
using tricycle::InputError;
using tricycle::Random;
using tricycle::test::bytes_of;
using tricycle::test::change;
using tricycle::test::pixels;
using tricycle::test::small_model;

struct Outcomes {
  int refused_importing = 0, refused_quantizing = 0, accepted = 0, ran = 0;
};

/// Anything but success or InputError escapes and fails the test.
void examine(const Bytes& bytes, Outcomes& outcomes) {
  tricycle::Graph graph;
  try {
    graph = import_onnx(bytes, "m.onnx");
  } catch (const InputError&) {
    ++outcomes.refused_importing;
    return;
  }
  try {
    (void)quantize_graph(graph, pixels);
    ++outcomes.accepted;
  } catch (const InputError&) {
    ++outcomes.refused_quantizing;
  }
  try {
    std::vector<tricycle::Tensor> inputs;
    for (const tricycle::GraphInput& input : inputs_of(graph)) {
      const auto count = static_cast<std::size_t>(tricycle::element_count(input.shape));
      if (count > 4096) return;
      inputs.push_back(tricycle::test::floats(input.shape, std::vector<float>(count, 0.75F)));
    }
    (void)run_float(graph, inputs);
    ++outcomes.ran;
  } catch (const InputError&) {
  }
}

}  // namespace

TEST_CASE("a small model cut off anywhere is imported or refused") {
  const Bytes whole = bytes_of(small_model());
  Outcomes outcomes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    examine(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), outcomes);
  }
  CHECK(outcomes.refused_importing >= static_cast<int>(whole.size()) - 8);
}

TEST_CASE("six thousand models with changed operators, inputs and tensors are imported or refused") {
  Random random(62);
  Outcomes outcomes;
  for (int i = 0; i < 6000; ++i) {
    onnx::ModelProto model = small_model();
    for (std::uint64_t changes = random.below(3) + 1; changes > 0; --changes) change(model, random);
    examine(bytes_of(model), outcomes);
  }
  CHECK(outcomes.refused_importing > 500);
  CHECK(outcomes.refused_quantizing > 1000);
  CHECK(outcomes.accepted > 200);
}

TEST_CASE("six thousand convolutional models with changed operators, inputs and tensors run or are refused") {
  Random random(65);
  Outcomes outcomes;
  for (int i = 0; i < 6000; ++i) {
    onnx::ModelProto model = tricycle::test::conv_model();
    for (std::uint64_t changes = random.below(3) + 1; changes > 0; --changes) change(model, random);
    examine(bytes_of(model), outcomes);
  }
  CHECK(outcomes.refused_importing > 500);
  CHECK(outcomes.ran > 500);
}

TEST_CASE("six thousand recurrent models with changed operators, inputs and tensors run or are refused") {
  Random random(67);
  Outcomes outcomes;
  for (int i = 0; i < 6000; ++i) {
    onnx::ModelProto model =
        i % 2 == 0 ? tricycle::test::recurrent_model() : tricycle::test::quant_lstm_model();
    for (std::uint64_t changes = random.below(3) + 1; changes > 0; --changes) change(model, random);
    examine(bytes_of(model), outcomes);
  }
  CHECK(outcomes.refused_importing > 500);
  CHECK(outcomes.ran > 500);
}

TEST_CASE("a real model cut off at many positions is refused") {
  const std::string folder = tricycle::test::shared_models();
  if (folder.empty()) return;
  const Bytes whole = tricycle::read_bytes(folder + "/quantized/qonnx_TFC_2W2A/model.onnx", 1 << 28);
  Random random(63);
  for (int i = 0; i < 300; ++i) {
    const std::size_t size = i < 100 ? static_cast<std::size_t>(i) : random.below(whole.size());
    CHECK_THROWS_AS(import_onnx(std::span(whole).first(size), "m.onnx"), InputError);
  }
}
