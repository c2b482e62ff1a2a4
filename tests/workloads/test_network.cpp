// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>

#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/import/network/figures.hpp"
#include "workloads/import/network/network_import.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"

namespace {

using tricycle::element_count;
using tricycle::Encoding;
using tricycle::Graph;
using tricycle::import_network;
using tricycle::is_recurrent;
using tricycle::parse_document;
using tricycle::Random;
using tricycle::Shape;
using tricycle::Tensor;
using tricycle::test::message_of;
using tricycle::test::pixels;

Graph import(const std::string& layers, const std::string& input = "{features: 6}", std::int64_t seed = -1) {
  return import_network(
      parse_document("format: tricycle-network/1\nname: net\ninput: " + input + "\nlayers:\n" + layers,
                     "net.yaml"),
      seed);
}
std::string fault(const std::string& layers, const std::string& input = "{features: 6}") {
  return message_of([&] { (void)import(layers, input); });
}
std::vector<float> weights(const Graph& graph, const std::string& layer) {
  return graph.constants.at(layer + ".weights").floats();
}
/// The value of this name for a random input.
std::vector<float> values(Graph graph, const std::string& name) {
  Random random(5);
  std::vector<float> input(static_cast<std::size_t>(element_count(graph.input_shape)));
  const bool bytes = graph.input_encoding == Encoding::uint8;
  for (float& x : input) {
    x = bytes ? static_cast<float>(random.below(256)) / 255.0F : static_cast<float>(random.between(-1, 1));
  }
  graph.output = name;
  return run_float(graph, {graph.input_shape, input}).floats();
}

}  // namespace

TEST_CASE("a network of the zoo is read with its shapes, encodings and weights") {
  for (const std::string& name : tricycle::preset_names("workloads/zoo")) {
    const std::string path = tricycle::find_preset("workloads/zoo", name, tricycle::Place::of_file("MODEL"));
    if (path.ends_with(".onnx")) continue;
    const Graph graph = import_network(tricycle::read_document(path), -1);
    CHECK(graph.name == name);
    if (is_recurrent(graph)) continue;  // test_zoo.cpp
    CHECK(graph.synthetic);
    CHECK(graph.weights_source.rfind("synthetic, seed 1, independent codes, ", 0) == 0);
    CHECK(infer_shapes(graph).count(graph.output) == 1);
    if (name == "long-resnet18") {
      CHECK(
          graph.weights_source ==
          "synthetic, seed 1, independent codes, int8 with 1 nonzero or pow2 with 0.0346 to 0.8671 nonzero");
    }
    if (name == "mlp-mnist") {
      CHECK(graph.weights_source == "synthetic, seed 1, independent codes, ternary with 0.6 nonzero");
      CHECK(graph.input_shape == tricycle::Shape{1, 784});
      CHECK(graph.input_encoding == Encoding::uint8);
      CHECK(quantize_graph(graph, pixels).layers.size() == 5);
    }
  }
}

TEST_CASE("a tiny cousin of mlp-mnist quantizes to this text") {
  const Graph graph = import(
      "  - {name: fc1, units: 4, weights: ternary, density: 0.6, output: ternary, threshold: 0.6}\n"
      "  - {name: fc2, units: 3, weights: binary, output: binary}\n"
      "  - {name: fc3, units: 2, density: 1, output: scaled}\n");
  CHECK(dump(quantize_graph(graph, pixels)) ==
        "network net\n"
        "input.quant (Sub+Div+Quant): 1x6 uint8 -> 1x6 ternary\n"
        "  all: + 85 170\n"
        "fc1 (MatMul+Div+Quant): 1x6 ternary * 6x4 ternary -> 1x4 ternary\n"
        "  all: + 0 1\n"
        "fc2 (MatMul+BipolarQuant): 1x4 ternary * 4x3 binary -> 1x3 binary\n"
        "  all: + 0\n"
        "fc3 (MatMul+Mul): 1x3 binary * 3x2 binary -> 1x2 float32\n"
        "  all: * 0.70660716 + 0\n");
}

TEST_CASE("the same seed gives the same weights, and another seed others") {
  const std::string layers = "  - {name: a, units: 40, output: ternary}\n  - {name: b, units: 40}\n";
  const Graph graph = import(layers, "{features: 40}");
  CHECK(weights(graph, "a") == weights(import(layers, "{features: 40}"), "a"));
  CHECK(weights(graph, "a") == weights(import(layers, "{features: 40}", 1), "a"));
  CHECK(weights(graph, "a") != weights(import(layers, "{features: 40}", 2), "a"));
  CHECK(weights(graph, "a") != weights(graph, "b"));  // each layer has a stream of its own
  CHECK(import(layers, "{features: 40}", 7).weights_source ==
        "synthetic, seed 7, independent codes, ternary with 0.6 nonzero");
  CHECK(graph.weights_source == "synthetic, seed 1, independent codes, ternary with 0.6 nonzero");
}

TEST_CASE("synthetic weights have the density that is asked for") {
  const auto count = [](const std::vector<float>& values, float value) {
    return std::count(values.begin(), values.end(), value);
  };
  std::vector<float> w = weights(import("  - {name: a, units: 100, density: 0.6}", "{features: 100}"), "a");
  CHECK(w.size() == 10000);
  CHECK(count(w, 0) == Approx(4000).margin(150));
  CHECK(count(w, 1) == Approx(3000).margin(150));
  CHECK(count(w, -1) == Approx(3000).margin(150));
  w = weights(import("  - {name: a, units: 100, weights: binary, density: 0}", "{features: 100}"), "a");
  CHECK(count(w, 0) == 0);
  CHECK(count(w, 1) == Approx(5000).margin(150));
  w = weights(import("  - {name: a, units: 10, density: 0}", "{features: 10}"), "a");
  CHECK(count(w, 0) == 100);
}

TEST_CASE("the quantizer of pixels cuts at a third and two thirds of the range") {
  const auto network = quantize_graph(import("  - {name: a, units: 1, output: sums}"), pixels);
  const auto& stage = std::get<tricycle::ThresholdStage>(network.layers[0].stage);
  CHECK(stage.codes == std::vector<int>{-1, 0, 1});
  // (x / 255 - 1/2) / (2/3) rounds away from zero beyond one half: below 1/6 and above 5/6.
  CHECK(stage.thresholds == std::vector<std::int64_t>{85, 170});
}

TEST_CASE("every fault of a network is named with its place") {
  const std::string ok = "  - {name: a, units: 4}\n";
  CHECK(fault(ok).empty());
  CHECK(fault("  - {name: a, units: 4, unit: 3}\n") ==
        "net.yaml:5:25: error: unknown key 'unit'; did you mean 'units'?");
  CHECK(fault("  - {units: 4}\n") == "net.yaml:5:5: error: entry 1 of 'layers' needs the key 'name'");
  CHECK(
      fault("  - {name: a}\n") ==
      "net.yaml:5:5: error: entry 1 of 'layers' needs one of the keys units, conv, pool, global_pool, concat "
      "and subsample");
  CHECK(fault("  - {name: a, units: 0}\n") ==
        "net.yaml:5:22: error: 'units' expects an integer from 1 to 1048576, not '0'");
  CHECK(fault("  - {name: a, units: 4, density: 1.5}\n") ==
        "net.yaml:5:34: error: 'density' expects a number from 0 to 1, not '1.5'");
  CHECK(fault("  - {name: a, units: 4, threshold: -1}\n") ==
        "net.yaml:5:36: error: 'threshold' expects a number from 0 to 100, not '-1'");
  CHECK(
      fault("  - {name: a, units: 4, weights: ternery}\n") ==
      "net.yaml:5:34: error: 'weights' expects ternary, binary, int2, int3, int4, int5, int6, int7, int8 or "
      "pow2, not 'ternery'; did you mean 'ternary'?");
  CHECK(fault("  - {name: a, units: 4, output: int9}\n") ==
        "net.yaml:5:33: error: 'output' expects sums, scaled, stream, ternary, binary, ternary012, uint1, "
        "uint2, uint3, uint4, uint5, uint6, uint7, uint8, int2, int3, int4, int5, int6, int7, int8 or pow2, "
        "not 'int9'; did you mean 'int2'?");
  CHECK(fault("  - {name: a, units: 4, output: sums}\n" + ok) ==
        "net.yaml:5:5: error: layer 'a' is not the last one, so its 'output' cannot be sums or scaled; "
        "stream gives real numbers to other layers");
  CHECK(fault(ok + ok) == "net.yaml:6:12: error: two layers are called 'a'");
  CHECK(fault("  - {name: a, units: 1048576}\n", "{features: 129}") ==
        "net.yaml:5:5: error: layer 'a' has 129 x 1048576 weights; at most 134217728 are supported");
  CHECK(fault(ok, "{rows: 1048576, features: 65}") ==
        "net.yaml:3:8: error: 1048576 x 65 inputs; at most 67108864 are supported");
  CHECK(fault(ok, "{rows: 1}") == "net.yaml:3:8: error: 'input' needs the key 'features'");
  CHECK(fault(ok, "{features: 6, encoding: float}") ==
        "net.yaml:3:32: error: 'encoding' expects uint8 or ternary, not 'float'");
  CHECK(fault("  []\n") == "net.yaml:5:3: error: 'layers' expects a list with at least one entry");
  CHECK(message_of([] {
          (void)import_network(parse_document("format: tricycle-network/2\nname: n\n", "net.yaml"), -1);
        }) ==
        "net.yaml:1:9: error: 'format' expects tricycle-network/1, not 'tricycle-network/2'; did you mean "
        "'tricycle-network/1'?");
}

TEST_CASE("a convolution's weights, window and shapes are ONNX's") {
  const Graph graph = import(
      "  - {name: a, conv: {filters: 6, kernel: [3, 5], stride: [2, 1], pad: [1, 2], dilation: [1, 2], "
      "groups: 2}}\n"
      "  - {name: b, pool: {kernel: 2, stride: 1}}\n"
      "  - {name: c, units: 3, output: sums}\n",
      "{images: 2, channels: 4, height: 9, width: 11, encoding: ternary}");
  const auto shapes = infer_shapes(graph);
  CHECK(graph.constants.at("a.weights").shape == Shape{6, 2, 3, 5});
  CHECK(shapes.at("a.sums") == Shape{2, 6, 5, 7});
  CHECK(shapes.at("b.pooled") == Shape{2, 6, 4, 6});
  CHECK(graph.constants.at("c.weights").shape == Shape{144, 3});
  CHECK(shapes.at(graph.output) == Shape{2, 3});
  const auto figures = tricycle::figures_of(graph);
  CHECK(figures.macs == 2 * 6 * 5 * 7 * 30 + 2 * 144 * 3);
  CHECK(figures.parameters == 180 + 432);
}

TEST_CASE("a residual block adds before the rectifier and shares its quantizer") {
  const Graph graph = import(
      "  - {name: stem, conv: {filters: 4, kernel: 3, pad: 1}, weights: int8, norm: true, relu: true, "
      "output: stream}\n"
      "  - {name: down, conv: {filters: 4, kernel: 1}, activations: uint2, norm: true, output: stream}\n"
      "  - {name: conv1, from: stem, conv: {filters: 4, kernel: 3, pad: 1}, activations: uint2, output: "
      "uint2}\n"
      "  - {name: conv2, conv: {filters: 4, kernel: 3, pad: 1}, bias: true, add: down, relu: true, output: "
      "stream}\n"
      "  - {name: both, concat: [conv2, stem]}\n"
      "  - {name: last, global_pool: average}\n",
      "{channels: 3, height: 6, width: 6}");
  const auto shapes = infer_shapes(graph);
  CHECK(shapes.at("both.joined") == Shape{1, 8, 6, 6});
  CHECK(shapes.at(graph.output) == Shape{1, 8, 1, 1});
  const auto count = [&](tricycle::Op op) {
    return std::count_if(graph.nodes.begin(), graph.nodes.end(),
                         [&](const auto& node) { return node.op == op; });
  };
  CHECK(count(tricycle::Op::quant) == 2);  // of the stem for both its readers, and of conv1
  CHECK(count(tricycle::Op::conv) == 4);
  CHECK(tricycle::figures_of(graph).parameters == (108 + 8) + (16 + 8) + 144 + (144 + 4));
  const std::vector<float> conv2 = values(graph, "conv2.rectified");
  const std::vector<float> sum = values(graph, "conv2.scaled_sums"), down = values(graph, "down.shifted");
  for (std::size_t i = 0; i < conv2.size(); ++i) CHECK(conv2[i] == std::max(0.0F, sum[i] + down[i]));
}

TEST_CASE("activations are quantized with the steps that the format states") {
  // A stream of deviation 1, read through one coding.
  const auto codes = [](const std::string& coding) {
    const Graph graph = import(
        "  - {name: a, conv: {filters: 64, kernel: 1}, norm: true, output: stream}\n"
        "  - {name: b, units: 1, activations: " +
            coding + ", output: sums}\n",
        "{channels: 16, height: 4, width: 4}");
    return std::pair{values(graph, "a.shifted"), values(graph, "b.activations.codes")};
  };
  const auto check = [&](const std::string& coding, auto expected) {
    const auto [from, to] = codes(coding);
    CAPTURE(coding);
    REQUIRE(from.size() == to.size());
    for (std::size_t i = 0; i < from.size(); ++i) CHECK(to[i] == expected(from[i]));
  };
  const auto sign = [](float x) { return x < 0 ? -1.0F : 1.0F; };
  check("binary", sign);
  check("ternary", [&](float x) { return std::abs(x) < 0.6005F ? 0.0F : sign(x); });
  check("ternary, threshold: 1.5", [&](float x) { return std::abs(x) < 1.5005F ? 0.0F : sign(x); });
  check("ternary012", [](float x) { return x > 1.2F ? 2.0F : x > 0.4F ? 1.0F : 0.0F; });
  check("uint2", [](float x) { return std::clamp(std::nearbyint(x / 0.5F), 0.0F, 3.0F); });
  check("uint8", [](float x) { return std::clamp(std::nearbyint(x / (3.0F / 255.0F)), 0.0F, 255.0F); });
  check("int2", [](float x) { return std::clamp(std::nearbyint(x / 1.5F), -2.0F, 1.0F); });
  check("int4", [](float x) { return std::clamp(std::nearbyint(x / (2.0F / 7.0F)), -8.0F, 7.0F); });
  check("pow2", [&](float x) {
    const float y = std::abs(x) / 0.5181F;
    return y > 3 ? sign(x) * 4 : y > 1.5F ? sign(x) * 2 : y > 0.5F ? sign(x) : 0.0F;
  });
}

TEST_CASE("pixels are quantized over their whole range") {
  const auto codes = [](const std::string& coding) {
    const Graph graph = import("  - {name: a, units: 1, activations: " + coding + ", output: sums}\n",
                               "{channels: 1, height: 16, width: 16}");
    Tensor all{{1, 1, 16, 16}, std::vector<float>(256)};
    for (std::size_t i = 0; i < 256; ++i)
      std::get<std::vector<float>>(all.data)[i] = static_cast<float>(i) / 255.0F;
    Graph cut = graph;
    cut.output = "a.activations.codes";
    return run_float(cut, all).floats();
  };
  for (std::size_t i = 0; i < 256; ++i) {
    CHECK(codes("uint8")[i] == static_cast<float>(i));
    CHECK(codes("uint4")[i] == std::nearbyint(static_cast<float>(i) / 17.0F));
    CHECK(codes("ternary")[i] == (i < 85 ? -1.0F : i >= 170 ? 1.0F : 0.0F));
    CHECK(codes("binary")[i] == (i < 128 ? -1.0F : 1.0F));
    CHECK(codes("int8")[i] == std::nearbyint((static_cast<float>(i) / 255.0F - 0.5F) * 254.0F));
  }
}

TEST_CASE("weights of each coding have the values and chances that the format states") {
  const auto chances = [](const std::string& keys) {
    std::map<float, double> result;
    for (const float w :
         weights(import("  - {name: a, units: 200, output: sums, " + keys + "}\n", "{features: 200}"), "a"))
      result[w] += 1.0 / 40000;
    return result;
  };
  const auto check = [&](const std::string& keys, const std::map<float, double>& expected) {
    CAPTURE(keys);
    const auto found = chances(keys);
    CHECK(found.size() == expected.size());
    for (const auto& [value, chance] : expected) CHECK(found.at(value) == Approx(chance).margin(0.012));
  };
  check("weights: pow2, density: 0.3",
        {{0, 0.7}, {1, 0.05}, {-1, 0.05}, {0.5, 0.05}, {-0.5, 0.05}, {0.25, 0.05}, {-0.25, 0.05}});
  check("weights: int2", {{-2, 1.0 / 6}, {-1, 1.0 / 6}, {0, 1.0 / 6}, {1, 0.5}});
  check("weights: int2, density: 0.5", {{-2, 0.1}, {-1, 0.1}, {0, 0.5}, {1, 0.3}});
  check("ttq: 1.5, density: 0.4", {{-1, 0.2}, {0, 0.6}, {1.5, 0.2}});
  std::map<float, double> uniform;
  for (int code = -7; code <= 7; ++code) uniform[static_cast<float>(code)] = 1.0 / 15;
  check("weights: int4", uniform);
  CHECK(chances("weights: int8").size() == 255);
  CHECK(chances("weights: int8, density: 1").count(0) == 0);
}

TEST_CASE("a sum has about the deviation that its gain is made for") {
  for (const std::string coding : {"ternary", "binary", "int2", "int5", "int8", "pow2", "ternary, ttq: 2"}) {
    CAPTURE(coding);
    const Graph graph = import("  - {name: a, conv: {filters: 200, kernel: 3}, weights: " + coding +
                                   ", output: stream}\n"
                                   "  - {name: b, units: 1, activations: binary, output: sums}\n",
                               "{channels: 32, height: 5, width: 5, encoding: ternary}");
    double sum = 0;
    const std::vector<float> found = values(graph, "a.scaled_sums");
    for (const float x : found) sum += static_cast<double>(x) * static_cast<double>(x);
    CHECK(std::sqrt(sum / static_cast<double>(found.size())) == Approx(1).margin(0.1));
  }
}

TEST_CASE("every fault of a convolutional network is named with its place") {
  const std::string image = "{channels: 4, height: 6, width: 6, encoding: ternary}";
  const auto of = [&](const std::string& layers) { return fault(layers, image); };
  const std::string a = "  - {name: a, conv: {filters: 4, kernel: 3}, output: stream}\n";
  const std::string end = "  - {name: z, units: 1, activations: ternary}\n";
  CHECK(of(a + end).empty());
  CHECK(of(a + "  - {name: b, from: aa, units: 1, activations: ternary}\n") ==
        "net.yaml:6:21: error: 'from' names no layer before this one: 'aa'; did you mean 'a'?");
  CHECK(of("  - {name: a, from: inptu, units: 1}\n") ==
        "net.yaml:5:21: error: 'from' names no layer before this one: 'inptu'; did you mean 'input'?");
  CHECK(of(a + "  - {name: b, units: 1, activations: ternary, add: c}\n") ==
        "net.yaml:6:52: error: 'add' names no layer before this one: 'c'");
  CHECK(of(a + "  - {name: b, from: input, units: 1}\n") ==
        "net.yaml:5:12: error: nothing reads the layer 'a'");
  CHECK(of("  - {name: input, units: 1}\n") ==
        "net.yaml:5:12: error: 'input' is what layers call the network's input");
  CHECK(of("  - {name: a, conv: {filters: 4, kernel: 7}}\n") ==
        "net.yaml:5:42: error: a kernel that spans 7 x 7 does not fit a padded input of 6 x 6");
  CHECK(of("  - {name: a, conv: {filters: 4, kernel: [1, 3], dilation: 3}}\n") ==
        "net.yaml:5:42: error: a kernel that spans 1 x 7 does not fit a padded input of 6 x 6");
  CHECK(of("  - {name: a, conv: {filters: 4, kernel: 0}}\n") ==
        "net.yaml:5:42: error: 'kernel' expects an integer from 1 to 1024, or a list of two, not '0'");
  CHECK(of("  - {name: a, conv: {filters: 4, kernel: [1, 2, 3]}}\n") ==
        "net.yaml:5:42: error: 'kernel' expects an integer from 1 to 1024, or a list of two");
  CHECK(of("  - {name: a, conv: {filters: 4}}\n") == "net.yaml:5:21: error: 'conv' needs the key 'kernel'");
  CHECK(of("  - {name: a, conv: {filters: 4, kernel: 1, strides: 2}}\n") ==
        "net.yaml:5:45: error: unknown key 'strides'; did you mean 'stride'?");
  CHECK(of("  - {name: a, conv: {filters: 4, kernel: 1, groups: 3}}\n") ==
        "net.yaml:5:53: error: 3 groups do not divide 4 input channels");
  CHECK(of("  - {name: a, conv: {filters: 6, kernel: 1, groups: 4}}\n") ==
        "net.yaml:5:53: error: 4 groups do not divide 6 output channels");
  CHECK(of("  - {name: a, units: 4}\n  - {name: b, conv: {filters: 1, kernel: 1}}\n") ==
        "net.yaml:6:5: error: layer 'b' needs an image, not rows of 4 features");
  CHECK(of("  - {name: a, pool: {kernel: 2, pad: 2}}\n") ==
        "net.yaml:5:30: error: padding of 2 holds a whole kernel of 2 x 2");
  CHECK(of("  - {name: a, pool: {kernel: 2, kind: mean}}\n") ==
        "net.yaml:5:39: error: 'kind' expects max or average, not 'mean'; did you mean 'max'?");
  CHECK(of("  - {name: a, pool: {kernel: 2}, weights: binary}\n") ==
        "net.yaml:5:43: error: 'weights' belongs to 'units' and 'conv' alone");
  CHECK(of("  - {name: a, units: 4, pool: {kernel: 2}}\n") ==
        "net.yaml:5:31: error: a layer has 'units' or 'pool', not both");
  CHECK(of(a + "  - {name: b, units: 1}\n") ==
        "net.yaml:6:5: error: layer 'b' reads the real numbers of 'a', so it needs 'activations'");
  CHECK(of("  - {name: a, units: 1, activations: int4}\n") ==
        "net.yaml:5:5: error: layer 'a' reads the ternary codes of 'input': it has no 'activations'");
  CHECK(of("  - {name: a, units: 1, weights: uint4}\n").substr(0, 60) ==
        "net.yaml:5:34: error: 'weights' expects ternary, binary, int");
  CHECK(of("  - {name: a, units: 1, weights: int4, ttq: 2}\n") ==
        "net.yaml:5:45: error: 'ttq' belongs to ternary weights alone");
  CHECK(of("  - {name: a, units: 1, relu: true, output: sums}\n") ==
        "net.yaml:5:45: error: sums are handed on as they are, without norm, bias, add and relu");
  CHECK(
      of("  - {name: a, units: 1, relu: true, output: binary}\n") ==
      "net.yaml:5:5: error: layer 'a': the sign of values that are never negative says nothing; take another "
      "quantizer than binary");
  CHECK(of(a + "  - {name: b, from: input, conv: {filters: 3, kernel: 3}, add: a, output: stream}\n") ==
        "net.yaml:6:64: error: cannot add [1, 4, 4, 4] of 'a' to [1, 3, 4, 4] of 'b'");
  CHECK(of(a + "  - {name: b, concat: [a, input]}\n") ==
        "net.yaml:6:27: error: [1, 4, 6, 6] of 'input' and [1, 4, 4, 4] of 'a' do not join");
  CHECK(of("  - {name: a, conv: {filters: 4, kernel: 1}, output: binary}\n  - {name: b, concat: [a, "
           "input]}\n") ==
        "net.yaml:6:27: error: 'input' and 'a' have different codes, and 'concat' needs equal ones");
  CHECK(of("  - {name: a, concat: [input]}\n") ==
        "net.yaml:5:23: error: 'concat' expects a list of at least two layers");
  CHECK(of("  - {name: a, subsample: {channels: 3}}\n") ==
        "net.yaml:5:37: error: the 4 channels of the input are more than 3");
  CHECK(of("  - {name: a, conv: {filters: 4, kernel: 1}, output: binary}\n  - {name: b, subsample: "
           "{channels: 5}}\n") == "net.yaml:6:5: error: layer 'b' adds zeros, which binary codes lack");
  CHECK(of("  - {name: a, conv: {filters: 1048576, kernel: 6, pad: 1000}}\n") ==
        "net.yaml:5:5: error: layer 'a' makes 1 x 1048576 x 2001 x 2001 values; at most 134217728 are "
        "supported");
  CHECK(of("  - {name: a, conv: {filters: 1048576, kernel: 6}}\n") ==
        "net.yaml:5:5: error: layer 'a' has 1048576 x 4 x 6 x 6 weights; at most 134217728 are supported");
  CHECK(fault(a, "{channels: 4, height: 6}") == "net.yaml:3:8: error: 'input' needs the key 'width'");
  CHECK(fault(a, "{features: 4, height: 6}") ==
        "net.yaml:3:19: error: 'input' has 'height' or 'features', not both");
  CHECK(fault(a, "{chanels: 4, height: 6}") ==
        "net.yaml:3:9: error: unknown key 'chanels'; did you mean 'channels'?");
  CHECK(fault(a, "{images: 65, channels: 1024, height: 32, width: 32}") ==
        "net.yaml:3:8: error: 65 x 1024 x 32 x 32 inputs; at most 67108864 are supported");
}
