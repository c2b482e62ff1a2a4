// SPDX-License-Identifier: Apache-2.0
#include "workloads/integer/golden.hpp"

#include <bit>
#include <cmath>

#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "workloads/compile/quantize_graph.hpp"

namespace {

using tricycle::Encoding;
using tricycle::Graph;
using tricycle::QuantizedNetwork;
using tricycle::Random;
using tricycle::test::pixels;

/// The real value of code 1 of the last quantizer of a graph.
float output_scale(const Graph& graph) {
  return graph.constants.at(graph.nodes.back().inputs[1]).floats()[0];
}

using tricycle::AffineStage;
using tricycle::Codes;
using tricycle::LayerKind;
using tricycle::QuantizedLayer;
using tricycle::QuantizedTensor;
using tricycle::RawStage;
using tricycle::ScaleStage;
using tricycle::Window;

QuantizedTensor tensor(const Codes& codes, std::int64_t height, std::int64_t width, std::int64_t channels) {
  QuantizedTensor result;
  result.codes = codes;
  result.height = height;
  result.width = width;
  result.channels = channels;
  return result;
}

/// A network of one layer that reads `inputs` and gives `output`.
QuantizedNetwork one_layer(LayerKind kind, std::vector<QuantizedTensor> inputs,
                           const QuantizedTensor& output) {
  QuantizedNetwork network;
  QuantizedLayer layer;
  layer.kind = kind;
  layer.window.lines = output.height;
  layer.window.columns = output.width;
  layer.window.in_lines = inputs[0].height;
  layer.window.in_columns = inputs[0].width;
  network.tensors = {inputs[0]};
  layer.inputs = {0};
  layer.stage = RawStage{};
  layer.output = 1;
  network.tensors.push_back(output);
  network.layers = {layer};
  return network;
}

Window window(std::int64_t lines, std::int64_t columns, std::int64_t kernel, std::int64_t in_lines,
              std::int64_t in_columns) {
  Window w;
  w.lines = lines;
  w.columns = columns;
  w.kernel_h = w.kernel_w = kernel;
  w.in_lines = in_lines;
  w.in_columns = in_columns;
  return w;
}

using Row = std::vector<std::int32_t>;

std::int32_t bits(float value) {
  return std::bit_cast<std::int32_t>(value);
}

/// A row of codes through a pointwise layer.
Row through(const tricycle::Stage& stage, const Row& input) {
  const auto count = static_cast<std::int64_t>(input.size());
  QuantizedNetwork network = one_layer(LayerKind::pointwise, {tensor(Codes::sums(), 1, 1, count)},
                                       tensor(Codes::sums(), 1, 1, count));
  network.layers[0].stage = stage;
  return run_golden(network, input).back();
}

}  // namespace

TEST_CASE("the golden interpreter gives the codes and sums of the float interpreter on random networks") {
  Random random(51);
  int codes = 0, sums = 0, scaled = 0;
  for (int round = 0; round < 600; ++round) {
    const Graph graph = tricycle::test::random_graph(random, 5, 40);
    const QuantizedNetwork network = quantize_graph(graph, pixels);
    for (int item = 0; item < 3; ++item) {
      const std::vector<std::int32_t> input = tricycle::test::random_input(random, network);
      const std::vector<std::int32_t> found = run_golden(network, input).back();
      const std::vector<float> expected =
          run_float(graph, tricycle::test::float_input(graph, pixels, input)).floats();
      REQUIRE(found.size() == expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        const tricycle::Codes& kind = network.output().codes;
        if (kind.is_float()) {
          ++scaled;
          REQUIRE(std::bit_cast<float>(found[i]) == Approx(expected[i]).epsilon(1e-5).margin(1e-3));
        } else if (kind == tricycle::Codes::sums()) {
          ++sums;
          REQUIRE(static_cast<float>(found[i]) == expected[i]);
        } else {
          ++codes;
          REQUIRE(static_cast<float>(found[i]) * output_scale(graph) == expected[i]);
        }
      }
    }
  }
  CHECK(codes > 5000);
  CHECK(sums > 500);
  CHECK(scaled > 5000);
}

TEST_CASE("the golden interpreter returns every tensor, the input first") {
  tricycle::test::GraphMaker maker({2, 2}, Encoding::ternary);
  maker.add(tricycle::Op::matmul, {tricycle::test::floats({2, 2}, {1, -1, 1, 0})});
  maker.add_ternary_quant();
  maker.add(tricycle::Op::matmul, {tricycle::test::floats({2, 1}, {1, 1})});
  maker.add(tricycle::Op::mul, {tricycle::test::scalar(0.5F)});
  const QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
  const auto values = run_golden(network, std::vector<std::int32_t>{1, 1, -1, 0});
  REQUIRE(values.size() == 3);
  CHECK(values[0] == std::vector<std::int32_t>{1, 1, -1, 0});
  CHECK(values[1] == std::vector<std::int32_t>{1, -1, -1, 1});
  CHECK(values[2] == std::vector<std::int32_t>{0, 0});
}

TEST_CASE("a padded window reads the code of zero, and in binary nothing") {
  QuantizedNetwork network = one_layer(LayerKind::product, {tensor(Codes::integers(-1, 1), 2, 2, 1)},
                                       tensor(Codes::sums(), 2, 2, 1));
  network.tensors[0].offset = 1;  // zero is the code -1
  QuantizedLayer& layer = network.layers[0];
  layer.window = window(2, 2, 3, 2, 2);
  layer.window.pad_top = layer.window.pad_left = 1;
  layer.weights = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  CHECK(run_golden(network, Row{1, 1, 1, 0}).back() == Row{3 - 5, 3 - 5, 3 - 5, 3 - 5});
  network.tensors[0].codes = Codes::binary();
  network.tensors[0].offset = 0;
  CHECK(run_golden(network, Row{1, 1, 1, -1}).back() == Row{2, 2, 2, 2});
  CHECK(network.macs(layer) == 36);
}

TEST_CASE("groups, dilation and strides choose what a sum reads") {
  QuantizedNetwork network = one_layer(LayerKind::product, {tensor(Codes::integers(0, 255), 1, 5, 2)},
                                       tensor(Codes::sums(), 1, 2, 2));
  QuantizedLayer& layer = network.layers[0];
  layer.window.columns = 2;
  layer.window.kernel_w = 2;
  layer.window.dilation_x = 3;
  layer.groups = 2;
  layer.weights = {1, 10, 100, 1000};
  // Channel 0 holds 1 to 5, channel 1 holds 6 to 10: taps three apart.
  const Row input = {1, 6, 2, 7, 3, 8, 4, 9, 5, 10};
  CHECK(run_golden(network, input).back() == Row{1 + 40, 600 + 9000, 2 + 50, 700 + 10000});
  CHECK(network.macs(layer) == 2 * 2 * 2);
}

TEST_CASE("pairs scale their two sums apart, and a second input joins a stage") {
  QuantizedNetwork network = one_layer(LayerKind::product, {tensor(Codes::integers(-1, 1), 1, 1, 3)},
                                       tensor(Codes::float32(), 1, 1, 1));
  network.layers[0].pairs = true;
  network.layers[0].weights = {1, 0, 1, 0, 1, 0};
  network.layers[0].stage = AffineStage{false, {0.5F}, {-0.25F}, {1}, -100, 100};
  CHECK(run_golden(network, Row{1, 1, 1}).back() == Row{bits(2 * 0.5F - 0.25F + 1)});
  CHECK(network.macs(network.layers[0]) == 3);  // both sums of a pair are one multiply-accumulate

  QuantizedNetwork sum = one_layer(LayerKind::pointwise, {tensor(Codes::integers(-128, 127), 1, 1, 2)},
                                   tensor(Codes::integers(-128, 127), 1, 1, 2));
  sum.layers[0].inputs = {0, 0};
  sum.layers[0].stage = ScaleStage{false, {4}, {-1}, {2}, {1}, -10, 10};
  // (4x - x + 2) / 2: 2.5 goes to the even 2, 8.5 to 8.
  CHECK(run_golden(sum, Row{1, 5}).back() == Row{2, 8});
}

TEST_CASE("a fixed-point stage rounds halves to even on both sides of zero, then clamps") {
  const ScaleStage half = {false, {1}, {}, {0}, {1}, -2, 3};
  CHECK(through(half, {-7, -5, -3, -1, 0, 1, 3, 5, 6, 7}) == Row{-2, -2, -2, 0, 0, 0, 2, 2, 3, 3});
  const ScaleStage none = {true, {3, -2}, {}, {1, 5}, {0, 0}, -100, 100};
  CHECK(through(none, {10, 10}) == Row{31, -15});
  const ScaleStage large = {false, {2147483647}, {}, {1}, {31}, -2147483647 - 1, 2147483647};
  CHECK(through(large, {2147483647, -2147483647}) == Row{2147483646, -2147483646});
}

TEST_CASE("an affine stage rounds after each operation and clamps last") {
  const AffineStage stage = {true, {0.1F, 3}, {}, {0.2F, -1}, 0, 5};
  CHECK(through(stage, {7, 3}) == Row{bits(7 * 0.1F + 0.2F), bits(5)});
  CHECK(through(stage, {-7, 0}) == Row{bits(0), bits(0)});
  const tricycle::ThresholdStage thresholds = {{-4, 0, 8}, true, {1, 3, -1, 2}, {1, -1}};
  CHECK(through(thresholds, {3, 3}) == Row{8, -4});
  CHECK(through(thresholds, {2, 1}) == Row{0, 0});
  CHECK(through(thresholds, {0, -2}) == Row{-4, 8});
}

TEST_CASE("a max pool ignores what lies outside, a sum pool counts zeros there") {
  QuantizedNetwork network = one_layer(LayerKind::max_pool, {tensor(Codes::integers(-128, 127), 2, 2, 1)},
                                       tensor(Codes::integers(-128, 127), 2, 2, 1));
  network.layers[0].window = window(2, 2, 2, 2, 2);
  network.layers[0].window.pad_top = network.layers[0].window.pad_left = 1;
  CHECK(run_golden(network, Row{-5, -6, -7, -4}).back() == Row{-5, -5, -5, -4});
  network.layers[0].kind = LayerKind::sum_pool;
  network.tensors[0].offset = -3;  // zero is the code 3
  CHECK(run_golden(network, Row{-5, -6, -7, -4}).back() == Row{4, -5, -6, -22});
}

TEST_CASE("a fused pool takes the largest of the stage's results, floating point by value") {
  QuantizedNetwork network = one_layer(LayerKind::product, {tensor(Codes::integers(-128, 127), 2, 2, 1)},
                                       tensor(Codes::float32(), 1, 1, 1));
  QuantizedLayer& layer = network.layers[0];
  layer.window = window(2, 2, 1, 2, 2);
  layer.weights = {1};
  layer.pool = window(1, 1, 2, 2, 2);
  layer.stage = AffineStage{false, {-0.5F}, {}, {0}};
  CHECK(run_golden(network, Row{5, 6, 7, 3}).back() == Row{bits(-1.5F)});
}

TEST_CASE("a concat lays the channels of each position side by side") {
  QuantizedNetwork network = one_layer(LayerKind::concat, {tensor(Codes::integers(0, 3), 1, 2, 2)},
                                       tensor(Codes::integers(0, 3), 1, 2, 4));
  network.layers[0].inputs = {0, 0};
  CHECK(run_golden(network, Row{1, 2, 3, 0}).back() == Row{1, 2, 1, 2, 3, 0, 3, 0});
}

TEST_CASE("float32 products add the lanes of a step in a tree and the steps in time") {
  QuantizedNetwork network =
      one_layer(LayerKind::product, {tensor(Codes::float32(), 1, 1, 5)}, tensor(Codes::float32(), 1, 1, 1));
  network.layers[0].float_weights = {1, 1, 1, 1, 1};
  const std::vector<float> x = {1e8F, 1, -1e8F, 1, 1};
  Row input;
  for (const float value : x) input.push_back(bits(value));
  CHECK(run_golden(network, input).back() == Row{bits(2)});  // 1e8 + 1 is 1e8; then -1e8, then two ones
  // (1e8 + 1) + (-1e8 + 1) is 0: 1 and the last step's zeros are left.
  CHECK(run_golden(network, input, {.lanes = 4}).back() == Row{bits((1e8F + 1.0F) + (-1e8F + 1.0F) + 1.0F)});
  std::uint64_t macs = 0;
  (void)run_golden(network, input, {.lanes = 3, .progress = [&](std::uint64_t done) { macs = done; }});
  CHECK(macs == 5);
}

TEST_CASE("real inputs become codes in the tensor's order, rounded where the network rounds them") {
  QuantizedNetwork network;
  network.tensors = {tensor(Codes::integers(-128, 127), 1, 2, 2)};
  network.tensors[0].shape = {1, 2, 1, 2};
  network.tensors[0].scale = 0.5;
  network.tensors[0].offset = 2;
  tricycle::InputReading& reading = network.reading;
  reading.rule = tricycle::ReadingRule::quantize_linear;
  reading.step = 0.5;
  reading.zero_point = -2;
  reading.least = -128;
  reading.most = 127;
  const std::vector<float> values = {0.25F, 0.75F, 100, -100};
  CHECK(input_codes(network, values) == Row{-2, 127, 0, -128});
  CHECK(real_values(network.tensors[0], Row{-2, 127, 0, -128}) == std::vector<float>{0, 1, 64.5F, -63});
  reading.rule = tricycle::ReadingRule::grid;
  reading.byte = {1, 2, {}, {}};
  CHECK(tricycle::test::message_of([&] { (void)input_codes(network, values); }) ==
        "the input 0.25 is no code times 0.5");
  CHECK(tricycle::test::message_of([&] { (void)input_codes(network, std::vector<float>{1}); }) ==
        "1 values for an input of 4");
}
