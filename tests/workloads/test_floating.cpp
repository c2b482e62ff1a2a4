// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>

#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/quantize_models.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/integer/golden.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle::test {
namespace {

/// The edge preset with nothing but a mac array of this type.
MachineSpec mac_machine(MacType type) {
  MachineSpec spec = read_machine(std::string("edge"));
  spec.array.datapaths = {Datapath::mac};
  spec.array.mac_type = type;
  return spec;
}

Tensor random_tensor(Random& random, const Shape& shape, double least, double most) {
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  for (float& value : values) value = static_cast<float>(least + (most - least) * random.real());
  return {shape, std::move(values)};
}

/// A random CNN of floating point: convolutions, normalizations, clamps, pools, residual additions and
/// concatenations, and a matrix product at the end.
class Cnn {
 public:
  explicit Cnn(Random& random)
      : random_(random), c_(random.between(1, 9)), h_(random.between(4, 9)), w_(random.between(4, 9)) {
    graph_.file = graph_.name = "cnn";
    graph_.input = "x";
    graph_.input_shape = {1, c_, h_, w_};
    at_ = "x";
  }

  Graph make() {
    const std::int64_t layers = random_.between(1, 5);
    for (std::int64_t i = 0; i < layers; ++i) add_block();
    if (random_.chance(0.5)) {
      add(Op::flatten, {at_});
      const std::int64_t n = random_.between(1, 20);
      add(Op::gemm, {at_, constant({c_ * h_ * w_, n}, -1, 1), constant({n}, -1, 1)});
    }
    graph_.output = at_;
    return std::move(graph_);
  }

 private:
  std::string constant(const Shape& shape, double least, double most) {
    const std::string name = "c" + std::to_string(graph_.constants.size());
    graph_.constants[name] = random_tensor(random_, shape, least, most);
    return name;
  }

  Node& add(Op op, std::vector<std::string> inputs) {
    const std::string name = "n" + std::to_string(graph_.nodes.size());
    graph_.nodes.push_back(make_node(name, op, std::move(inputs), name + ".out"));
    at_ = name + ".out";
    return graph_.nodes.back();
  }

  void add_conv(std::int64_t channels, std::int64_t stride) {
    const bool depthwise = channels == c_ && random_.chance(0.2);
    const std::int64_t k = random_.chance(0.5) ? 3 : 1, pad = k / 2;
    std::vector<std::string> inputs = {at_, constant({channels, depthwise ? 1 : c_, k, k}, -1, 1)};
    if (random_.chance(0.5)) inputs.push_back(constant({channels}, -1, 1));
    Node& node = add(Op::conv, std::move(inputs));
    node.attributes["kernel_shape"].integers = {k, k};
    node.attributes["pads"].integers = {pad, pad, pad, pad};
    node.attributes["strides"].integers = {stride, stride};
    node.attributes["group"].integer = depthwise ? c_ : 1;
    c_ = channels;
    h_ = (h_ - 1) / stride + 1;
    w_ = (w_ - 1) / stride + 1;
    if (!random_.chance(0.5)) return;
    add(Op::batch_normalization,
        {at_, constant({c_}, 0.5, 2), constant({c_}, -1, 1), constant({c_}, -1, 1), constant({c_}, 0.5, 2)});
  }

  void add_block() {
    const std::string from = at_;
    switch (random_.below(5)) {
      case 0:
      case 1: add_conv(random_.between(1, 40), random_.between(1, 2)); break;
      case 2:
        add_conv(c_, 1);
        add(Op::add, {at_, from});
        break;
      case 3: {
        const std::int64_t channels = c_;
        add_conv(random_.between(1, 20), 1);
        add(Op::concat, {from, at_}).attributes["axis"].integer = 1;
        c_ += channels;
        break;
      }
      default: {
        if (h_ < 2 || w_ < 2) return add_conv(5, 1);
        const bool average = random_.chance(0.5);
        Node& node = add(average ? Op::average_pool : Op::max_pool, {at_});
        node.attributes["kernel_shape"].integers = {2, 2};
        node.attributes["strides"].integers = {2, 2};
        h_ /= 2;
        w_ /= 2;
      }
    }
    if (random_.chance(0.4)) add(Op::relu, {at_});
  }

  Random& random_;
  Graph graph_;
  std::string at_;
  std::int64_t c_, h_, w_;
};

std::vector<std::int32_t> bits_of(const QuantizedNetwork& network, const Tensor& input) {
  return input_codes(network, input.floats());
}

/// The largest difference, by the largest expected magnitude.
double difference(const std::vector<float>& found, const std::vector<float>& expected) {
  REQUIRE(found.size() == expected.size());
  double most = 0, largest = 1e-30;
  for (std::size_t i = 0; i < found.size(); ++i) {
    most = std::max(most, std::fabs(static_cast<double>(found[i]) - static_cast<double>(expected[i])));
    largest = std::max(largest, std::fabs(static_cast<double>(expected[i])));
  }
  return most / largest;
}

}  // namespace

TEST_CASE("Half precision rounds to eleven bits, ties to even") {
  CHECK(as_half(2049) == 2048);
  CHECK(as_half(2051) == 2052);
  CHECK(as_half(-0.1F) == -0.0999755859375F);
  CHECK(as_half(65519) == 65504);
  CHECK(as_half(65520) == std::numeric_limits<float>::infinity());
  CHECK(as_half(-1e9F) == -std::numeric_limits<float>::infinity());
  CHECK(as_half(0x1p-24F) == 0x1p-24F);
  CHECK(as_half(0x1p-25F) == 0);
  CHECK(as_half(0x1.8p-24F) == 0x1p-23F);
}

TEST_CASE("Random networks of floating point give the model's values, and the machine the golden bits") {
  Random random(97);
  int ran = 0;
  for (int round = 0; round < 150; ++round) {
    const Graph graph = Cnn(random).make();
    const Tensor input = random_tensor(random, graph.input_shape, -1, 1);
    const std::vector<float> expected = run_float(graph, input).floats();
    for (const MacType type : {MacType::fp32, MacType::fp16}) {
      MachineSpec spec = mac_machine(type);
      spec.array.lanes.mac = random.between(1, 9);
      QuantizeOptions options;
      options.floating = type == MacType::fp16 ? Codes::float16() : Codes::float32();
      const QuantizedNetwork network = quantize_graph(graph, {1, 1}, options);
      CAPTURE(round, static_cast<int>(type), dump(network));
      const auto bits = bits_of(network, input);
      const auto values = run_golden(network, bits, {floating_lanes(spec)}).back();
      CHECK(difference(real_values(network.output(), values), expected) <
            (type == MacType::fp16 ? 0.02 : 1e-5));
      static_cast<void>(lower_and_run(network, spec, bits));
      ++ran;
    }
  }
  CHECK(ran == 300);
}

TEST_CASE("ResNets of floating point give their published outputs on a machine of float32") {
  const std::string models = shared_models();
  if (models.empty()) return;
  for (const char* name : {"cifar10_resnet20_bnfold", "mlperf_resnet8_fp32"}) {
    const std::string folder = models + "/cnn/" + name;
    const Graph graph = model_of(folder);
    CHECK(!has_quantizers(graph));
    QuantizeOptions options;
    options.floating = Codes::float32();
    options.allow_unsupported = true;
    const QuantizedNetwork network = quantize_graph(graph, {1, 255}, options);
    const std::string data = folder + "/test_data_set_0/";
    const Tensor input = items_of(data + "input_0.pb", graph.input_shape).at(0);
    const auto bits = bits_of(network, input);
    Graph before = graph;  // the Softmax
    before.output = network.output().name;
    CHECK(difference(real_values(network.output(), run_golden(network, bits).back()),
                     run_float(before, input).floats()) < 1e-4);
    if (before.output == graph.output) {
      CHECK(difference(real_values(network.output(), run_golden(network, bits).back()),
                       items_of(data + "output_0.pb", {1, 10}).at(0).floats()) < 1e-4);
    }
    static_cast<void>(lower_and_run(network, mac_machine(MacType::fp32), bits));
  }
}

TEST_CASE("Chains that are not affine are refused in floating point") {
  Graph graph;
  graph.file = "f";
  graph.input = "x";
  graph.input_shape = {1, 4};
  graph.constants["w"] = {{4, 2}, std::vector<float>{0.1F, 0.7F, 0.3337F, -0.2F, 0.05F, 0.9F, 1, 0.6F}};
  graph.nodes = {make_node("mm", Op::matmul, {"x", "w"}, "sums"),
                 make_node("leaky", Op::leaky_relu, {"sums"}, "y")};
  graph.output = "y";
  QuantizeOptions options;
  options.floating = Codes::float32();
  CHECK(message_of([&] {
          static_cast<void>(quantize_graph(graph, {1, 1}, options));
        }) == "f: node 'leaky': error: LeakyRelu: is not affine: not supported in floating point");
  CHECK(!has_quantizers(graph));
  graph.constants["one"] = {{}, std::vector<float>{1}};
  graph.nodes.push_back(make_node("signs", Op::bipolar_quant, {"y", "one"}, "z"));
  CHECK(has_quantizers(graph));
}

TEST_CASE("Groups that share the steps of a floating point PE are refused") {
  Random random(98);
  Graph graph;
  graph.file = "f";
  graph.input = "x";
  graph.input_shape = {1, 6, 2, 2};
  graph.constants["w"] = random_tensor(random, {4, 3, 1, 1}, -1, 1);
  graph.nodes = {make_node("conv", Op::conv, {"x", "w"}, "y")};
  graph.nodes[0].attributes["group"].integer = 2;
  graph.output = "y";
  QuantizeOptions options;
  options.floating = Codes::float32();
  const QuantizedNetwork network = quantize_graph(graph, {1, 1}, options);
  MachineSpec spec = mac_machine(MacType::fp32);
  spec.array.lanes.mac = 2;
  CHECK(message_of([&] { static_cast<void>(lower(network, spec, {})); }) ==
        "f: node 'conv': error: its groups of 3 channels are not a multiple of the 2 lanes of a floating "
        "point PE");
  spec.array.lanes.mac = 3;
  static_cast<void>(
      lower_and_run(network, spec, bits_of(network, random_tensor(random, graph.input_shape, -1, 1))));
}

}  // namespace tricycle::test
