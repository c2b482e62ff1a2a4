// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>

#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/import/onnx/onnx_import.hpp"
#include "workloads/integer/golden.hpp"

namespace {

using tricycle::import_onnx;
using tricycle::import_tensor;
using tricycle::read_bytes;
using tricycle::Tensor;

constexpr std::uint64_t most_bytes = 1U << 28U;

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return largest;
}

/// The float interpreter and the golden one against the four outputs that lie beside a model.
void check_outputs(const std::string& folder) {
  const tricycle::Graph graph = import_onnx(read_bytes(folder + "/model.onnx", most_bytes), "model.onnx");
  const tricycle::QuantizedNetwork network = quantize_graph(graph, tricycle::test::pixels);
  for (int set = 0; set < 4; ++set) {
    const std::string data = folder + "/test_data_set_" + std::to_string(set);
    const Tensor input = import_tensor(read_bytes(data + "/input_0.pb", most_bytes), "input_0.pb");
    const std::vector<float> expected =
        import_tensor(read_bytes(data + "/output_0.pb", most_bytes), "output_0.pb").floats();
    REQUIRE(expected.size() == 10);
    const std::vector<float> real = run_float(graph, input).floats();
    CHECK(largest_difference(real, expected) <= 1e-6);
    std::vector<std::int32_t> codes;
    for (const float pixel : input.floats())
      codes.push_back(static_cast<std::int32_t>(std::lround(pixel * 255)));
    std::vector<float> golden;
    const std::vector<std::int32_t> bits_of_output = run_golden(network, codes).back();
    for (const std::int32_t bits : bits_of_output) golden.push_back(std::bit_cast<float>(bits));
    CHECK(largest_difference(golden, expected) <= 1e-6);
  }
}

/// Item `i` of a batch, as a batch of one.
Tensor item(const Tensor& batch, std::size_t i) {
  tricycle::Shape shape = batch.shape;
  const std::vector<float> values = batch.floats();
  const auto size = static_cast<std::ptrdiff_t>(values.size()) / shape[0];
  shape[0] = 1;
  const auto first = values.begin() + static_cast<std::ptrdiff_t>(i) * size;
  return tricycle::test::floats(shape, std::vector<float>(first, first + size));
}

/// The float interpreter against the outputs that lie beside a model, item by item; the largest difference
/// may be `tolerance` times the largest output. `sets` and `items` say how much there is.
void check_float(const std::string& name, int sets, int items, double tolerance) {
  const std::string models = tricycle::test::shared_models();
  if (models.empty()) return;
  INFO(name);
  const std::string folder = models + "/" + name;
  tricycle::Graph graph = import_onnx(read_bytes(folder + "/model.onnx", most_bytes), "model.onnx");
  static_cast<void>(fold_constants(graph));
  const auto shapes = infer_shapes(graph);
  int checked = 0;
  for (int set = 0; set < sets; ++set) {
    const std::string data = folder + "/test_data_set_" + std::to_string(set);
    const Tensor input = import_tensor(read_bytes(data + "/input_0.pb", most_bytes), "input_0.pb");
    const Tensor expected = import_tensor(read_bytes(data + "/output_0.pb", most_bytes), "output_0.pb");
    for (std::size_t i = 0; i < static_cast<std::size_t>(input.shape[0]); ++i) {
      const Tensor real = run_float(graph, item(input, i));
      CHECK(real.shape == shapes.at(graph.output));
      const std::vector<float> one = item(expected, i).floats();
      double largest = 0;
      for (const float value : one) largest = std::max(largest, std::abs(static_cast<double>(value)));
      CHECK(largest_difference(real.floats(), one) / largest <= tolerance);
      ++checked;
    }
  }
  CHECK(checked == items);
}

/// The shape of a large model's output and how many nodes it has; its weights are made by ConstantOfShape.
void check_shapes(const std::string& name, std::size_t nodes) {
  const std::string models = tricycle::test::shared_models();
  if (models.empty()) return;
  const tricycle::Graph graph =
      import_onnx(read_bytes(models + "/cnn/" + name + "/model.onnx", most_bytes), "model.onnx");
  CHECK(graph.nodes.size() == nodes);
  CHECK(infer_shapes(graph).at(graph.output) == tricycle::Shape{1, 1000});
}

}  // namespace

TEST_CASE("TFC with ternary weights and activations gives its published outputs") {
  const std::string folder = tricycle::test::shared_models();
  if (!folder.empty()) check_outputs(folder + "/quantized/qonnx_TFC_2W2A");
}

TEST_CASE("TFC with binary weights and ternary activations gives its published outputs") {
  const std::string folder = tricycle::test::shared_models();
  if (!folder.empty()) check_outputs(folder + "/quantized/qonnx_TFC_1W2A");
}

TEST_CASE("convolutional networks in float32 give their published outputs within 1e-5 of the largest") {
  check_float("cnn/cifar10_resnet20_bnfold", 1, 1, 1e-5);
  check_float("cnn/mlperf_resnet8_fp32", 1, 1, 1e-5);
  check_float("cnn/mlperf_kws_dscnn_fp32", 1, 1, 1e-5);
  check_float("cnn/mnist_8_cntk", 3, 3, 1e-5);
  check_float("cnn/mnist_cnn_fp32_vinsis", 1, 1, 1e-5);
  check_float("quantized/ttq_mnist_cnn", 1, 1, 1e-5);
}

TEST_CASE("networks that quantize inside give their published outputs within 1e-5 of the largest") {
  check_float("quantized/mlperf_kws_dscnn_int8_qdq", 1, 1, 1e-5);
  check_float("trained/fatnn_lenet", 1, 16, 1e-5);
  check_float("trained/long_lenet", 1, 16, 1e-5);
}

TEST_CASE("ImageNet models without weights of their own are imported, and end in 1000 classes") {
  check_shapes("light_bvlc_alexnet", 40);
  check_shapes("light_vgg19", 82);
  check_shapes("light_resnet50", 415);
}
