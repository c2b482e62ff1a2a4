// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/quantize_models.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/integer/golden.hpp"
#include "workloads/quantize/calibrate.hpp"

namespace {

using tricycle::calibrate;
using tricycle::Calibrated;
using tricycle::Encoding;
using tricycle::Graph;
using tricycle::Op;
using tricycle::QuantizedLayer;
using tricycle::QuantizedNetwork;
using tricycle::Random;
using tricycle::Tensor;
using tricycle::test::floats;
using tricycle::test::GraphMaker;
using tricycle::test::message_of;
using tricycle::test::model_of;
using tricycle::test::outputs;
using tricycle::test::shared_models;

Tensor normal(Random& random, tricycle::Shape shape, double size) {
  std::vector<float> values(static_cast<std::size_t>(tricycle::element_count(shape)));
  for (float& value : values)
    value = static_cast<float>(size * (random.real() + random.real() + random.real() - 1.5));
  return floats(std::move(shape), std::move(values));
}

/// The largest difference between the integers and the calibrated float graph, as a fraction of the largest
/// output.
double deviation(const Graph& graph, const QuantizedNetwork& network, const std::vector<Tensor>& items) {
  double largest = 0, difference = 0;
  for (const Tensor& item : items) {
    const std::vector<float> expected = run_float(graph, item).floats();
    const std::vector<float> found = outputs(network, input_codes(network, item.floats()));
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      largest = std::max(largest, std::fabs(static_cast<double>(expected[i])));
      difference =
          std::max(difference, std::fabs(static_cast<double>(expected[i]) - static_cast<double>(found[i])));
    }
  }
  return difference / largest;
}

/// Signal to noise of the outputs of a graph that was quantized, beside those of the one that it was made of.
double sqnr_dB(const Graph& original, const Graph& quantized, const std::vector<Tensor>& items) {
  double signal = 0, noise = 0;
  for (const Tensor& item : items) {
    const std::vector<float> a = run_float(original, item).floats(), b = run_float(quantized, item).floats();
    for (std::size_t i = 0; i < a.size(); ++i) {
      signal += static_cast<double>(a[i]) * static_cast<double>(a[i]);
      noise += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    }
  }
  return 10 * std::log10(signal / noise);
}

/// A model from the shared folder, calibrated with its own test inputs.
void check_model(const std::string& name, std::int64_t quantizers, double least_dB) {
  const std::string models = shared_models();
  if (models.empty()) return;
  INFO(name);
  Graph graph = model_of(models + "/" + name);
  const std::vector<Tensor> items =
      tricycle::test::items_of(models + "/" + name + "/test_data_set_0/input_0.pb", graph.input_shape);
  const Calibrated calibrated = calibrate(graph, items);
  CHECK(calibrated.quantizers == quantizers);
  CHECK(sqnr_dB(graph, calibrated.graph, items) > least_dB);
  const QuantizedNetwork network = quantize_graph(calibrated.graph, {1, 255}, {.allow_unsupported = true});
  graph = calibrated.graph;
  graph.output = network.output().name;
  CHECK(deviation(graph, network, items) < 0.01);
}

}  // namespace

TEST_CASE("quantizers go in front of the zeros around an image that a convolution or a mean reads") {
  Random random(64);
  GraphMaker maker({1, 2, 6, 6}, Encoding::uint8);
  const Tensor pads = tricycle::test::integers({8}, {0, 0, 1, 1, 0, 0, 1, 1});
  maker.add(Op::conv, {normal(random, {4, 2, 1, 1}, 1)});
  maker.add(Op::pad, {pads});
  maker.add(Op::conv, {normal(random, {4, 4, 3, 3}, 1)});
  maker.add(Op::relu);
  maker.add(Op::pad, {pads});
  tricycle::Node& pool = maker.add(Op::average_pool);
  pool.attributes["kernel_shape"].integers = pool.attributes["strides"].integers = {4, 4};
  const Graph graph = maker.finish();
  std::vector<Tensor> items;
  for (int i = 0; i < 8; ++i) items.push_back(normal(random, {1, 2, 6, 6}, 1));
  const Calibrated calibrated = calibrate(graph, items);
  CHECK(calibrated.quantizers == 3);  // the input, the convolution's, the mean's
  CHECK(sqnr_dB(graph, calibrated.graph, items) > 30);
  const QuantizedNetwork network = quantize_graph(calibrated.graph, {1, 255});
  CHECK(network.layers.back().window.pad_top == 1);
  CHECK(network.output().shape == tricycle::Shape{1, 4, 2, 2});
  CHECK(deviation(calibrated.graph, network, items) < 1e-5);
}

TEST_CASE(
    "a ternary network of two scales needs 2 quantizers after a calibration with 100 images, and none for "
    "its weights") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Graph graph = model_of(models + "/quantized/ttq_mnist_cnn");
  const tricycle::test::Digits some = tricycle::test::digits(models, 100, 100);
  std::vector<Tensor> items;
  for (const auto& image : some.images)
    items.push_back(tricycle::test::float_input(graph, tricycle::test::pixels, image));
  const Calibrated calibrated = calibrate(graph, items);
  CHECK(calibrated.quantizers == 2);  // the pixels are on their grid already
  CHECK(calibrated.weights == 0);     // and so are the weights
  CHECK(calibrated.items == 100);
  CHECK(sqnr_dB(graph, calibrated.graph, items) > 45);
  const QuantizedNetwork network = quantize_graph(calibrated.graph, tricycle::test::pixels);
  for (const QuantizedLayer& layer : network.layers) CHECK(layer.pairs);
}

TEST_CASE("float networks with and without residual additions are quantized to 8 bits after calibration") {
  check_model("cnn/mlperf_resnet8_fp32", 12, 40);
  check_model("cnn/mlperf_kws_dscnn_fp32", 11, 35);
  check_model("cnn/mnist_8_cntk", 3, 40);
  check_model("cnn/mnist_cnn_fp32_vinsis", 3, 40);
}

TEST_CASE("calibration brings weights onto a grid of 127 steps for each channel and says how far it moved") {
  Random random(81);
  GraphMaker maker({1, 2, 6, 6}, Encoding::uint8);
  maker.add(Op::conv, {normal(random, {4, 2, 3, 3}, 1)});
  maker.add(Op::relu);
  maker.add(Op::flatten);
  maker.add(Op::matmul, {normal(random, {64, 5}, 0.3)});
  const Graph graph = maker.finish();
  std::vector<Tensor> items;
  for (int i = 0; i < 8; ++i) items.push_back(normal(random, {1, 2, 6, 6}, 1));
  const Calibrated calibrated = calibrate(graph, items);
  CHECK(calibrated.quantizers == 2);
  CHECK(calibrated.weights == 2);
  CHECK(calibrated.items == 8);
  CHECK(sqnr_dB(graph, calibrated.graph, items) > 30);
  CHECK(sqnr_dB(graph, calibrated.graph, items) < 60);
  const QuantizedNetwork network = quantize_graph(calibrated.graph, tricycle::test::pixels);
  CHECK(network.reading.rule == tricycle::ReadingRule::quant);
  CHECK(codes_name(network.layers[0].weight_codes) == "int8");
  CHECK(codes_name(network.tensor(network.layers[0].output).codes) == "uint8");
  CHECK(deviation(calibrated.graph, network, items) < 0.01);
  // Four bits move it further.
  const Calibrated coarse = calibrate(graph, items, {.bits = 4});
  CHECK(sqnr_dB(graph, coarse.graph, items) < sqnr_dB(graph, calibrated.graph, items) - 15);
  CHECK(codes_name(quantize_graph(coarse.graph, tricycle::test::pixels).layers[0].weight_codes) == "int4");
}

TEST_CASE("a percentile takes the place of the largest value only where it leaves clearly less noise") {
  // 20,000 values below 1 in 4 bits, then one of 10 among them: to reach it all others would be lost.
  GraphMaker maker({1, 20000}, Encoding::uint8);
  maker.add(Op::matmul, {floats({20000, 1}, std::vector<float>(20000, 1))});
  Random random(82);
  Tensor item = normal(random, {1, 20000}, 0.6);
  const auto scale_of = [&] {
    const Calibrated calibrated = calibrate(maker.finish(), {item}, {.bits = 4});
    return calibrated.graph.constants.at("calibrated.x.scale").floats()[0];
  };
  const float alone = scale_of();
  CHECK(alone > 0.07F);
  CHECK(alone < 0.13F);
  std::get<std::vector<float>>(item.data)[7] = 10;
  CHECK(scale_of() < 0.13F);
  std::get<std::vector<float>>(item.data)[7] = 1000;
  CHECK(scale_of() == Approx(1000.0 / 7));  // cutting it off would be worse than losing the rest
}

TEST_CASE("calibration without items, or with values that are not finite, is refused") {
  GraphMaker maker({1, 2}, Encoding::uint8);
  maker.add(Op::matmul, {floats({2, 1}, {1, 1})});
  const Graph graph = maker.finish();
  CHECK(message_of([&] { (void)calibrate(graph, {}); }) ==
        "f: error: calibration: needs at least one item to calibrate with");
  CHECK(message_of([&] {
          (void)calibrate(graph, {floats({1, 2}, {1, 1})}, {.bits = 9});
        }) == "f: error: calibration: 9 bits; expected 2 to 8");
  CHECK(message_of([&] {
          (void)calibrate(graph, {floats({1, 2}, {1, INFINITY})});
        }) == "f: error: calibration: 'x' is not finite");
}
