// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "arch/params/machine.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/graph/text.hpp"
#include "workloads/integer/golden.hpp"

namespace {

using tricycle::Encoding;
using tricycle::Graph;
using tricycle::InputScale;
using tricycle::LayerKind;
using tricycle::Node;
using tricycle::Op;
using tricycle::QuantizedLayer;
using tricycle::QuantizedNetwork;
using tricycle::Random;
using tricycle::Shape;
using tricycle::Tensor;
using tricycle::test::floats;
using tricycle::test::GraphMaker;
using tricycle::test::scalar;

/// Pixels in 256ths, so that every sum below is exact in float32.
constexpr InputScale exact_pixels = {1, 256};

float power(Random& random, int low, int high) {
  return std::ldexp(1.0F, static_cast<int>(random.between(low, high)));
}

/// A random network of convolutions whose scales are all powers of two: float32 computes it exactly, and so
/// must the integers, stage by stage.
class Maker {
 public:
  explicit Maker(Random& random) : random_(random), maker_(start(random)) {
    channels_ = maker_.graph.input_shape[1];
    height_ = maker_.graph.input_shape[2];
    width_ = maker_.graph.input_shape[3];
  }

  Graph make() {
    for (std::uint64_t block = random_.below(3) + 1; block > 0; --block) {
      conv(random_.between(1, 6));
      if (random_.chance(0.4)) residual();
      tail();
      if (random_.chance(0.3)) inception();
    }
    if (random_.chance(0.3)) mean();
    if (random_.chance(0.5)) {
      maker_.add(Op::flatten);
      product();
    } else {
      conv(3);
      if (random_.chance(0.5)) maker_.add(Op::relu);
    }
    return maker_.finish();
  }

 private:
  static GraphMaker start(Random& random) {
    return {{1, random.between(1, 3), random.between(4, 9), random.between(4, 9)}, Encoding::uint8};
  }

  Tensor weights(Shape shape) {
    std::vector<float> values(static_cast<std::size_t>(tricycle::element_count(shape)));
    const float scale = power(random_, -3, 0);
    const std::uint64_t kind = random_.below(5);
    for (float& value : values) {
      const float sign = random_.chance(0.5) ? 1.0F : -1.0F;
      switch (kind) {
        case 0: value = sign; break;
        case 1: value = random_.chance(0.6) ? sign : 0.0F; break;
        case 2: value = random_.chance(0.6) ? (sign > 0 ? 1.0F : -0.75F) : 0.0F; break;
        case 3: value = random_.chance(0.7) ? sign * power(random_, 0, 3) : 0.0F; break;
        default: value = static_cast<float>(random_.between(-7, 7));
      }
      value *= scale;
    }
    return floats(std::move(shape), std::move(values));
  }

  Tensor bias(std::int64_t count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(random_.between(-16, 16)) * 0.125F;
    return floats({count}, std::move(values));
  }

  void conv(std::int64_t outputs, std::int64_t kernel = 0) {
    std::int64_t groups = 1;
    if (random_.chance(0.25)) {
      groups = channels_;
      outputs = channels_ * random_.between(1, 2);
    }
    const bool same = kernel != 0;
    if (!same) kernel = random_.between(1, std::min<std::int64_t>(3, std::min(height_, width_)));
    const std::int64_t pad = same ? kernel / 2 : random_.between(0, kernel - 1);
    const std::int64_t stride = same ? 1 : random_.between(1, 2);
    std::vector<Tensor> constants = {weights({outputs, channels_ / groups, kernel, kernel})};
    if (random_.chance(0.5)) constants.push_back(bias(outputs));
    Node& node = maker_.add(Op::conv, constants);
    node.attributes["group"].integer = groups;
    node.attributes["pads"].integers = {pad, pad, pad, pad};
    node.attributes["strides"].integers = {stride, stride};
    height_ = (height_ + 2 * pad - kernel) / stride + 1;
    width_ = (width_ + 2 * pad - kernel) / stride + 1;
    channels_ = outputs;
  }

  void product() {
    const std::int64_t inputs = channels_ * height_ * width_, outputs = random_.between(1, 5);
    maker_.add(Op::matmul, {weights({inputs, outputs})});
    if (random_.chance(0.5)) maker_.add(Op::add, {bias(outputs)});
  }

  void quant(float scale, float bits, bool is_signed, float zero = 0) {
    Node& node = maker_.add(Op::quant, {scalar(scale), scalar(zero), scalar(bits)});
    node.attributes["signed"].integer = is_signed ? 1 : 0;
  }

  /// FATNN's two comparisons that rejoin: 0, 1 and 2.
  void two_steps() {
    const std::string value = maker_.value;
    const auto step = [&](float from) {
      maker_.value = value;
      maker_.add(Op::sub, {scalar(from)});
      maker_.add(Op::clip, {scalar(0), scalar(1)});
      maker_.add(Op::round);
      return maker_.value;
    };
    const std::string first = step(0.25F), second = step(1.5F);
    maker_.value = first;
    maker_.add(Op::add).inputs.push_back(second);
  }

  /// What stands between a product and the next.
  void tail() {
    const std::uint64_t kind = random_.below(6);
    if (!after_sum_ && kind < 4 && random_.chance(0.4)) {
      std::vector<Tensor> p(4);
      for (std::size_t i = 0; i < 4; ++i) {
        std::vector<float> values(static_cast<std::size_t>(channels_));
        for (float& value : values) {
          value = static_cast<float>(random_.real() * 2 - 1) + (i == 3 ? 1.5F : 0.0F);
        }
        p[i] = floats({channels_}, std::move(values));
      }
      maker_.add(Op::batch_normalization, p);
    }
    if (random_.chance(0.4)) maker_.add(Op::relu);
    if (random_.chance(0.3)) pool();
    switch (kind) {
      case 0: maker_.add_bipolar_quant(power(random_, -2, 1)); break;
      case 1: maker_.add_ternary_quant(power(random_, -2, 1)); break;
      case 2: quant(power(random_, -2, 0), 2, false); break;
      case 3: two_steps(); break;
      case 4: quant(power(random_, -4, -1), 8, true); break;
      default: quant(power(random_, -4, -1), 6, false, random_.chance(0.5) ? 3.0F : 0.0F);
    }
    if (random_.chance(0.2)) pool();
    after_sum_ = false;
  }

  void pool() {
    if (height_ < 2 || width_ < 2) return;
    Node& node = maker_.add(Op::max_pool);
    const std::int64_t stride = random_.between(1, 2), pad = random_.chance(0.2) ? 1 : 0;
    node.attributes["kernel_shape"].integers = {2, 2};
    node.attributes["strides"].integers = {stride, stride};
    node.attributes["pads"].integers = {pad, pad, 0, 0};
    height_ = (height_ + pad - 2) / stride + 1;
    width_ = (width_ + pad - 2) / stride + 1;
  }

  /// conv -> quantizer -> conv (+ shortcut of the first's sums or codes), perhaps with a rectifier.
  void residual() {
    if (random_.chance(0.5)) quant(power(random_, -4, -1), 8, true);
    const std::string shortcut = maker_.value;
    const std::int64_t channels = channels_;
    quant(power(random_, -2, 0), 4, true);
    conv(channels, 3);
    if (channels_ != channels) conv_back(channels);
    maker_.add(Op::add).inputs.push_back(shortcut);
    if (random_.chance(0.5)) maker_.add(Op::relu);
    after_sum_ = true;
  }

  void conv_back(std::int64_t channels) {
    quant(power(random_, -2, 0), 4, true);
    maker_.add(Op::conv, {weights({channels, channels_, 1, 1})});
    channels_ = channels;
  }

  /// Two convolutions of the same codes, side by side.
  void inception() {
    const std::string value = maker_.value;
    const std::int64_t height = height_, width = width_, channels = channels_;
    std::vector<std::string> parts;
    std::int64_t total = 0;
    for (int part = 0; part < 2; ++part) {
      maker_.value = value;
      height_ = height;
      width_ = width;
      channels_ = channels;
      conv(random_.between(1, 3), 1);
      quant(0.25F, 4, true);
      parts.push_back(maker_.value);
      total += channels_;
    }
    maker_.value = parts[0];
    Node& node = maker_.add(Op::concat);
    node.inputs.push_back(parts[1]);
    node.attributes["axis"].integer = 1;
    channels_ = total;
  }

  void mean() {
    if (height_ % 2 != 0 || width_ % 2 != 0) return;
    Node& node = maker_.add(Op::average_pool);
    node.attributes["kernel_shape"].integers = {2, 2};
    node.attributes["strides"].integers = {2, 2};
    height_ /= 2;
    width_ /= 2;
    quant(power(random_, -4, -2), 8, true);
  }

  Random& random_;
  GraphMaker maker_;
  std::int64_t channels_ = 1, height_ = 1, width_ = 1;
  bool after_sum_ = false;  ///< normalised sums of two are exact to a rounding only
};

}  // namespace

TEST_CASE("integers equal float32 in every output of 600 random convolutional networks") {
  Random random(71);
  std::map<LayerKind, int> kinds;
  std::map<std::size_t, int> stages;
  int fused = 0, second = 0, pairs = 0, refused = 0, compared = 0;
  for (int round = 0; round < 600; ++round) {
    const Graph graph = Maker(random).make();
    INFO("round " << round);
    QuantizedNetwork network;
    const std::string message =
        tricycle::test::message_of([&] { network = quantize_graph(graph, exact_pixels); });
    if (!message.empty()) {
      ++refused;
      UNSCOPED_INFO(message);
      CHECK(message.empty());
      continue;
    }
    for (const QuantizedLayer& layer : network.layers) {
      ++kinds[layer.kind];
      ++stages[layer.stage.index()];
      fused += layer.pool ? 1 : 0;
      second += layer.inputs.size() > 1 && layer.kind == LayerKind::product ? 1 : 0;
      pairs += layer.pairs ? 1 : 0;
    }
    for (int item = 0; item < 2; ++item) {
      const std::vector<std::int32_t> input = tricycle::test::random_input(random, network);
      const std::vector<float> reals = real_values(network.input(), input);
      const std::vector<float> expected = run_float(graph, floats(graph.input_shape, reals)).floats();
      const std::vector<float> found = real_values(network.output(), run_golden(network, input).back());
      CAPTURE(dump(network));
      REQUIRE(found == expected);
      compared += static_cast<int>(found.size());
    }
  }
  CHECK(refused == 0);
  CHECK(compared > 5000);
  CHECK(kinds.size() == 5);
  CHECK(stages.size() == 4);
  for (const auto& kind : kinds) CHECK(kind.second > 20);
  CHECK(fused > 50);
  CHECK(second > 20);
  CHECK(pairs > 100);
}

namespace {

/// Makes some values of a graph outputs too: of its quantizers, or any.
void add_outputs(Random& random, Graph& graph, bool quantizers) {
  for (int i = 0; i < 3; ++i) {
    const Node& node = graph.nodes[random.below(graph.nodes.size())];
    const bool is_quantizer = node.op == Op::quant || node.op == Op::bipolar_quant;
    if ((is_quantizer || !quantizers) && !is_output(graph, node.outputs[0]))
      graph.further_outputs.push_back({node.outputs[0]});
  }
}

/// Runs random networks of several outputs. Holds what their programs leave in DRAM against the golden
/// values. Returns the number of outputs, of those that float32 gives exactly, and of those that layers read
/// too.
std::array<int, 3> run_several(std::uint64_t seed, int rounds, bool quantizers) {
  Random random(seed);
  const tricycle::MachineSpec machine =
      read_machine(tricycle::read_document(std::string(TRICYCLE_TEST_SOURCE) + "/configs/arch/edge.yaml"));
  std::array<int, 3> counts = {};
  for (int round = 0; round < rounds; ++round) {
    Graph graph = Maker(random).make();
    add_outputs(random, graph, quantizers);
    CAPTURE(round, graph_text(graph));
    const QuantizedNetwork network = quantize_graph(graph, exact_pixels);
    const std::vector<std::int32_t> input = tricycle::test::random_input(random, network);
    const std::vector<Tensor> expected =
        run_float(graph, std::vector<Tensor>{floats(graph.input_shape, real_values(network.input(), input))});
    CAPTURE(dump(network));
    const auto golden = run_golden(network, input);
    REQUIRE(network.outputs.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const int output = network.outputs[i].tensor;
      const tricycle::QuantizedTensor& tensor = network.tensor(output);
      REQUIRE(network.outputs[i].value == outputs_of(graph)[i].name);
      REQUIRE(tensor.shape == expected[i].shape);
      const std::vector<float> found = real_values(tensor, golden[static_cast<std::size_t>(output)]);
      ++counts[0];
      counts[1] += found == expected[i].floats() ? 1 : 0;
      if (quantizers) REQUIRE(found == expected[i].floats());
      counts[2] +=
          std::any_of(network.layers.begin(), network.layers.end(), [&](const QuantizedLayer& layer) {
            return std::count(layer.inputs.begin(), layer.inputs.end(), output) > 0;
          });
    }
    try {
      (void)tricycle::test::lower_and_run(network, machine, input);
    } catch (const tricycle::InputError& error) {
      REQUIRE(std::string(error.what()).find("none of the datapaths of the machine 'edge' takes") !=
              std::string::npos);
    }
  }
  return counts;
}

}  // namespace

TEST_CASE("integers equal float32 in all outputs of 400 random networks whose quantizers are outputs too") {
  const auto [outputs, exact, read] = run_several(72, 400, true);
  CHECK(outputs > 600);
  CHECK(exact == outputs);
  CHECK(read > 250);
}

TEST_CASE("any value of 400 random networks can be an output: of 16 bits where no quantizer makes it") {
  const auto [outputs, exact, read] = run_several(73, 400, false);
  CHECK(outputs > 1000);
  CHECK(20 * exact > 19 * outputs);
  CHECK(read > 600);
}
