// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>

#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/integer/golden.hpp"

namespace {

using tricycle::AffineStage;
using tricycle::Codes;
using tricycle::Encoding;
using tricycle::Graph;
using tricycle::Op;
using tricycle::quantize_graph;
using tricycle::QuantizedNetwork;
using tricycle::Random;
using tricycle::RawStage;
using tricycle::Tensor;
using tricycle::ThresholdStage;
using tricycle::test::floats;
using tricycle::test::GraphMaker;
using tricycle::test::integers;
using tricycle::test::message_of;
using tricycle::test::pixels;
using tricycle::test::scalar;

std::string fault(Graph graph) {
  return message_of([&] { (void)quantize_graph(std::move(graph), pixels); });
}
std::string fault(GraphMaker maker) {
  return fault(maker.finish());
}

/// A ternary input of `rows` x `k` and a product with all weights `weight`, for `n` channels.
GraphMaker product(std::int64_t rows, std::int64_t k, std::int64_t n, float weight = 1) {
  GraphMaker maker({rows, k}, Encoding::ternary);
  maker.add(Op::matmul, {floats({k, n}, std::vector<float>(static_cast<std::size_t>(k * n), weight))});
  return maker;
}

/// One row for every sum from -k to k.
std::vector<std::int32_t> every_sum(std::int64_t k) {
  std::vector<std::int32_t> codes;
  for (std::int64_t sum = -k; sum <= k; ++sum) {
    for (std::int64_t i = 0; i < k; ++i) codes.push_back(i >= std::abs(sum) ? 0 : sum > 0 ? 1 : -1);
  }
  return codes;
}

std::vector<float> run_reference(const Graph& graph, const std::vector<std::int32_t>& codes) {
  return run_float(graph, tricycle::test::float_input(graph, pixels, codes)).floats();
}

float between(Random& random, double low, double high) {
  return static_cast<float>(low + (high - low) * random.real());
}
std::vector<float> many(Random& random, std::size_t count, double low, double high) {
  std::vector<float> values(count);
  for (float& value : values) value = between(random, low, high);
  return values;
}

}  // namespace

TEST_CASE("folded thresholds give the code of the float32 chain for every reachable sum") {
  Random random(41);
  int falling = 0, constant = 0, rising = 0;
  for (int round = 0; round < 400; ++round) {
    const std::int64_t k = random.between(1, 40), n = random.between(1, 6);
    const auto channels = static_cast<std::size_t>(n);
    GraphMaker maker = product(2 * k + 1, k, n, std::ldexp(1.0F, static_cast<int>(random.between(-4, 4))));
    std::vector<float> gamma = many(random, channels, -2, 2);
    for (float& g : gamma) g = random.chance(0.2) ? 0 : g;
    maker.add(Op::batch_normalization,
              {floats({n}, gamma), floats({n}, many(random, channels, -1, 1)),
               floats({n}, many(random, channels, -5, 5)), floats({n}, many(random, channels, 0, 30))});
    const float scale = std::ldexp(1.0F, static_cast<int>(random.between(-2, 1)));
    if (random.chance(0.3)) {
      maker.add_bipolar_quant(scale);
    } else {
      maker.add_ternary_quant(scale);
    }
    const Graph graph = maker.finish();
    const QuantizedNetwork network = quantize_graph(graph, pixels);
    const auto& stage = std::get<ThresholdStage>(network.layers[0].stage);
    const std::vector<std::int32_t> input = every_sum(k);
    const std::vector<std::int32_t> codes = run_golden(network, input).back();
    const std::vector<float> expected = run_reference(graph, input);
    REQUIRE(codes.size() == expected.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      REQUIRE(static_cast<float>(codes[i]) * scale == expected[i]);
    }
    for (std::size_t c = 0; stage.per_channel && c < channels; ++c) {
      const float g = gamma[c];
      ++(g < 0 ? falling : g > 0 ? rising : constant);
      if (g < 0 && codes[c] != codes[codes.size() - channels + c]) REQUIRE(stage.signs[c] == -1);
      if (g > 0) REQUIRE(stage.signs[c] == 1);
    }
  }
  CHECK(falling > 200);
  CHECK(constant > 100);
  CHECK(rising > 200);
}

TEST_CASE("every rounding mode folds into the thresholds that it asks for") {
  const auto thresholds = [](const std::string& mode) {
    GraphMaker maker = product(1, 8, 1);
    maker.add(Op::div, {scalar(4)});
    maker.add_ternary_quant();
    maker.graph.nodes.back().attributes["rounding_mode"].text = mode;
    const QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
    return std::get<ThresholdStage>(network.layers[0].stage).thresholds;
  };
  using Pair = std::vector<std::int64_t>;
  CHECK(thresholds("ROUND") == Pair{-2, 3});  // -0.5 and 0.5 go to zero
  CHECK(thresholds("HALF_UP") == Pair{-1, 2});
  CHECK(thresholds("HALF_DOWN") == Pair{-2, 3});
  CHECK(thresholds("CEIL") == Pair{-3, 1});
  CHECK(thresholds("FLOOR") == Pair{0, 4});
  CHECK(thresholds("UP") == Pair{0, 1});
  CHECK(thresholds("DOWN") == Pair{-3, 4});
}

TEST_CASE("a negative gamma turns the comparison around, and equal channels share one row") {
  GraphMaker maker = product(1, 4, 3);
  maker.add(Op::mul, {floats({3}, {1, -1, 0})});
  maker.add(Op::sub, {scalar(0.25F)});
  maker.add_bipolar_quant();
  auto stage = std::get<ThresholdStage>(quantize_graph(maker.finish(), pixels).layers[0].stage);
  CHECK(stage.per_channel);
  CHECK(stage.codes == std::vector<int>{-1, 1});
  CHECK(stage.signs == std::vector<int>{1, -1, 1});
  CHECK(stage.thresholds ==
        std::vector<std::int64_t>{1, 1, 5});  // the third never reaches: one more than any sum
  GraphMaker alike = product(1, 4, 3);
  alike.add_ternary_quant(2);
  stage = std::get<ThresholdStage>(quantize_graph(alike.finish(), pixels).layers[0].stage);
  CHECK_FALSE(stage.per_channel);
  CHECK(stage.signs == std::vector<int>{1});
  CHECK(stage.thresholds ==
        std::vector<std::int64_t>{-1, 2});  // |sum| / 2 beyond one half; 1 is a tie, to even
}

TEST_CASE("a chain that is not monotone is refused with its channel") {
  GraphMaker maker = product(1, 4, 2);
  maker.add(Op::pow, {floats({2}, {1, 2})});
  maker.add_ternary_quant();
  CHECK(fault(maker) ==
        "f: node 'Quant_2': error: Quant: its codes neither rise nor fall with the sum of channel 1; only "
        "monotone chains fold into thresholds");
}

TEST_CASE("a rectifier folds into thresholds, and alone is a clamp of the affine output at 0") {
  GraphMaker maker = product(1, 4, 1);
  maker.add(Op::relu);
  maker.add_ternary_quant();
  const auto stage = std::get<ThresholdStage>(quantize_graph(maker.finish(), pixels).layers[0].stage);
  CHECK(stage.thresholds == std::vector<std::int64_t>{-4, 1});
  GraphMaker open = product(1, 4, 1);
  open.add(Op::relu);
  const auto affine = std::get<AffineStage>(quantize_graph(open.finish(), pixels).layers[0].stage);
  CHECK(affine.least == 0);
  CHECK(affine.most == INFINITY);
  GraphMaker root = product(1, 4, 1);
  root.add(Op::sqrt);
  CHECK(
      fault(root) ==
      "f: node 'Sqrt_1': error: Sqrt: is not affine, and no quantizer follows it; the vector unit has affine "
      "outputs and thresholds");
}

TEST_CASE("an affine output is that of the float chain within a millionth") {
  Random random(42);
  for (int round = 0; round < 300; ++round) {
    const std::int64_t k = random.between(1, 30), n = random.between(1, 5);
    const auto channels = static_cast<std::size_t>(n);
    GraphMaker maker = product(2 * k + 1, k, n, 0.25F);
    for (std::uint64_t steps = random.below(4) + 1; steps > 0; --steps) {
      const std::vector<float> v = many(random, channels, 0.5, 2);
      const std::uint64_t kind = random.below(6);
      switch (kind) {
        case 0: maker.add(Op::mul, {floats({n}, v)}); break;
        case 1: maker.add(Op::div, {floats({n}, v)}); break;
        case 2: maker.add(Op::add, {floats({n}, v)}); break;
        case 3: maker.add(Op::sub, {floats({n}, v)}); break;
        case 4: maker.add(Op::add, {scalar(v[0])}); break;
        default:
          maker.add(Op::batch_normalization,
                    {floats({n}, many(random, channels, -2, 2)), floats({n}, many(random, channels, -1, 1)),
                     floats({n}, many(random, channels, -5, 5)), floats({n}, many(random, channels, 1, 9))});
      }
    }
    const Graph graph = maker.finish();
    const QuantizedNetwork network = quantize_graph(graph, pixels);
    CHECK(network.output().codes.is_float());
    const std::vector<std::int32_t> input = every_sum(k);
    const std::vector<std::int32_t> bits = run_golden(network, input).back();
    const std::vector<float> expected = run_reference(graph, input);
    const auto& stage = std::get<AffineStage>(network.layers[0].stage);
    for (std::size_t i = 0; i < bits.size(); ++i) {
      // Relative to what was added up: a result near zero may have lost its leading digits.
      const std::size_t c = stage.per_channel ? i % channels : 0;
      const double reach = std::abs(static_cast<double>(stage.scale[c])) * static_cast<double>(k) +
                           std::abs(static_cast<double>(stage.bias[c])) + 1;
      const auto found = static_cast<double>(std::bit_cast<float>(bits[i]));
      REQUIRE(std::abs(found - static_cast<double>(expected[i])) <= 1e-6 * reach);
    }
  }
}

TEST_CASE("a subtraction from a constant turns the output around, and one by a sum is refused") {
  GraphMaker maker = product(1, 2, 1);
  maker.add(Op::sub, {scalar(5)});
  std::swap(maker.graph.nodes.back().inputs[0], maker.graph.nodes.back().inputs[1]);
  const auto stage = std::get<AffineStage>(quantize_graph(maker.finish(), pixels).layers[0].stage);
  CHECK(stage.scale == std::vector<float>{-1});
  CHECK(stage.bias == std::vector<float>{5});
  GraphMaker divided = product(1, 2, 1);
  divided.add(Op::div, {scalar(5)});
  std::swap(divided.graph.nodes.back().inputs[0], divided.graph.nodes.back().inputs[1]);
  CHECK(fault(divided) ==
        "f: node 'Div_1': error: Div: is not affine, and no quantizer follows it; the vector unit has affine "
        "outputs and thresholds");
}

TEST_CASE("binary and ternary weights are recognised with a scale for each channel") {
  GraphMaker maker({1, 3}, Encoding::ternary);
  maker.add(Op::matmul, {floats({3, 2}, {0.5F, -2, -0.5F, 2, 0.5F, 2})});
  QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
  CHECK(network.layers[0].weight_codes == Codes::binary());
  CHECK(network.layers[0].weights == std::vector<std::int16_t>{1, -1, 1, -1, 1, 1});
  const auto& stage = std::get<AffineStage>(network.layers[0].stage);
  CHECK(stage.per_channel);
  CHECK(stage.scale == std::vector<float>{0.5F, 2});
  CHECK(stage.bias == std::vector<float>{0, 0});

  GraphMaker ternary({1, 3}, Encoding::ternary);
  ternary.add(Op::matmul, {floats({3, 2}, {1, -1, -1, 0, 1, 1})});
  network = quantize_graph(ternary.finish(), pixels);
  CHECK(network.layers[0].weight_codes == Codes::integers(-1, 1));
  CHECK(std::holds_alternative<RawStage>(network.layers[0].stage));
  CHECK(network.output().codes == Codes::sums());

  GraphMaker zeros({1, 2}, Encoding::ternary);
  zeros.add(Op::matmul, {floats({2, 1}, {0, 0})});
  network = quantize_graph(zeros.finish(), pixels);
  CHECK(network.layers[0].weight_codes == Codes::integers(-1, 1));
}

TEST_CASE("weights on no grid of at most 127 steps, or none that are finite, are refused") {
  GraphMaker maker({1, 3}, Encoding::ternary);
  maker.add(Op::matmul, {floats({3, 2}, {1, 0.5F, -0.7071F, -0.2523F, 0.31371F, 0.1111F})});
  CHECK(fault(maker) ==
        "f: node 'MatMul_0': error: MatMul: its weights are no low-bit codes: 6 values up to 1 that are no "
        "integers up to 127 times a step, nor powers of two; --calibrate would quantize them");
  GraphMaker infinite({1, 1}, Encoding::ternary);
  infinite.add(Op::matmul, {floats({1, 1}, {INFINITY})});
  CHECK(fault(infinite) ==
        "f: node 'MatMul_0': error: MatMul: input 2 ('MatMul_0.1') holds inf: expected finite numbers");
  GraphMaker none({1, 1}, Encoding::ternary);
  none.add(Op::matmul, {floats({1, 0}, {})});
  CHECK(fault(none) == "f: node 'MatMul_0': error: MatMul: its weights are empty: [1, 0]");
}

TEST_CASE("a Gemm's transposed weights, alpha and bias are folded") {
  GraphMaker maker({2, 2}, Encoding::ternary);
  maker.add(Op::gemm, {floats({3, 2}, {1, 1, 1, -1, 0, 1}), floats({3}, {1, 2, 3})});
  auto& attributes = maker.graph.nodes.back().attributes;
  attributes["transB"].integer = 1;
  attributes["alpha"].number = 0.5F;
  attributes["beta"].number = 2;
  const Graph graph = maker.finish();
  const QuantizedNetwork network = quantize_graph(graph, pixels);
  CHECK(network.layers[0].weights == std::vector<std::int16_t>{1, 1, 1, -1, 0, 1});
  const auto& stage = std::get<AffineStage>(network.layers[0].stage);
  CHECK(stage.scale == std::vector<float>{0.5F, 0.5F, 0.5F});
  CHECK(stage.bias == std::vector<float>{2, 4, 6});
  CHECK(run_reference(graph, {1, 1, 1, -1}) == std::vector<float>{3, 4, 6.5F, 2, 5, 5.5F});
}

TEST_CASE("a Gemm's bias for each row is refused, not taken for one for each channel") {
  GraphMaker maker({2, 2}, Encoding::ternary);
  maker.add(Op::gemm, {floats({2, 2}, {1, 1, 1, -1}), floats({2, 1}, {1, 2})});
  CHECK(
      fault(maker) ==
      "f: node 'Gemm_0': error: Add: a constant of shape [2, 1] is neither one number nor one for each of 2 "
      "channels");
}

TEST_CASE("quantizers whose parameters are not one number each, or out of range, are refused") {
  const auto quant_fault = [](const Tensor& scale, const Tensor& zero, const Tensor& bits, bool is_signed,
                              bool narrow) {
    GraphMaker maker = product(1, 4, 2);
    tricycle::Node& node = maker.add(Op::quant, {scale, zero, bits});
    node.attributes["signed"].integer = is_signed ? 1 : 0;
    node.attributes["narrow"].integer = narrow ? 1 : 0;
    return fault(maker);
  };
  const std::string start = "f: node 'Quant_1': error: Quant: ";
  CHECK(quant_fault(scalar(1), scalar(0), scalar(2), true, true).empty());
  CHECK(quant_fault(scalar(1), scalar(0), scalar(1), false, false).empty());
  CHECK(quant_fault(scalar(1), scalar(0), scalar(1), true, false).empty());
  CHECK(quant_fault(scalar(1), scalar(0), scalar(2), true, false).empty());
  CHECK(quant_fault(scalar(1), scalar(1), scalar(2), true, true).empty());
  CHECK(quant_fault(scalar(1), scalar(0.5F), scalar(2), true, true) == start + "a zero point of 0.5");
  CHECK(quant_fault(scalar(1), scalar(0), scalar(1), true, true) == start + "gives no code but 0");
  CHECK(quant_fault(scalar(1), scalar(0), scalar(1), false, true) == start + "gives no code but 0");
  CHECK(quant_fault(floats({2}, {1, 0}), scalar(0), scalar(2), true, true) == start + "a scale of 0");
  GraphMaker inner = product(1, 4, 2);
  inner.add(Op::quant, {floats({2}, {1, 2}), scalar(0), scalar(2)});
  inner.add(Op::matmul, {floats({2, 1}, {1, 1})});
  CHECK(fault(inner) == start + "a scale for each channel of activations is not supported");
  CHECK(quant_fault(scalar(1), floats({2}, {0, 1}), scalar(2), true, true) ==
        start + "input 3 of shape [2] is expected to be one number");
  CHECK(quant_fault(scalar(1), scalar(0), floats({2}, {2, 3}), true, true) ==
        start + "input 4 of shape [2] is expected to be one number");
  CHECK(quant_fault(scalar(-1), scalar(0), scalar(2), true, true) == start + "a scale of -1");
  CHECK(quant_fault(scalar(1), scalar(0), scalar(0), true, true) == start + "a bit width of 0");
}

TEST_CASE("a second quantizer is folded where it changes nothing, and becomes one with the first elsewhere") {
  GraphMaker maker = product(1, 4, 2);
  maker.add_bipolar_quant(0.5F);
  maker.add_ternary_quant(0.5F);
  const QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
  CHECK(network.layers.size() == 1);
  CHECK(network.verdicts.back().reason == "its input has these values already");
  GraphMaker other = product(1, 4, 2);
  other.add_ternary_quant(0.5F);
  other.add_bipolar_quant(0.5F);
  const auto stage = std::get<ThresholdStage>(quantize_graph(other.finish(), pixels).layers[0].stage);
  CHECK(stage.codes == std::vector<int>{-1, 1});
  CHECK(stage.thresholds == std::vector<std::int64_t>{0});  // a sum of 0 is the ternary 0, which is >= 0
}

TEST_CASE("what does not fit between products is named with its node") {
  GraphMaker unquantized({1, 4}, Encoding::uint8);
  unquantized.add(Op::matmul, {floats({4, 1}, {1, 1, 1, 1})});
  unquantized.add(Op::relu);
  unquantized.add(Op::matmul, {floats({1, 1}, {1})});
  CHECK(fault(unquantized) ==
        "f: node 'MatMul_2': error: MatMul: its input is not quantized: expected a quantizer before it "
        "(--calibrate puts one there)");
  GraphMaker late = product(1, 4, 2);
  late.add_ternary_quant();
  late.add(Op::add, {scalar(1)});
  CHECK(fault(late).empty());  // 0, 1 and 2: ternary codes plus one
  GraphMaker itself = product(1, 4, 2);
  itself.add(Op::add);
  itself.graph.nodes.back().inputs.push_back(itself.graph.nodes.back().inputs[0]);
  CHECK(fault(itself).empty());  // twice each sum has 9 levels
  GraphMaker branch = product(1, 4, 2);
  branch.add(Op::add, {scalar(1)});
  branch.graph.nodes.push_back(tricycle::test::make_node("other", Op::relu, {"MatMul_0.out"}, "z"));
  CHECK(fault(branch) == "f: error: 1 nodes do not lie on the way from the input to the output");
  GraphMaker constant = product(1, 4, 2);
  constant.add(Op::mul, {floats({2, 1}, {1, 2})});
  CHECK(fault(constant) == "f: node 'Mul_1': error: Mul: changes the shape of what it works on");
  GraphMaker moved = product(3, 4, 2);
  moved.add(Op::transpose);
  CHECK(fault(moved) == "f: node 'Transpose_1': error: Transpose: moves activations, which is not supported");
  GraphMaker empty({1, 4}, Encoding::uint8);
  empty.add(Op::identity);
  CHECK(fault(empty) == "f: error: the network has no layer: its output is its input");
  GraphMaker loose = product(1, 4, 2);
  loose.graph.nodes.push_back(tricycle::test::make_node("loose", Op::relu, {"nobody"}, "z"));
  loose.graph.nodes.push_back(tricycle::test::make_node("far", Op::identity, {"x2"}, "nobody"));
  loose.graph.constants["x2"] = scalar(1);
  CHECK(fault(loose).empty());  // constants that nothing reads cost nothing
}

TEST_CASE(
    "batch normalization with missing or unfit parameters is refused, with a quantizer behind it or not") {
  for (const bool quantized : {false, true}) {
    GraphMaker missing = product(1, 4, 2);
    missing.add(Op::batch_normalization, {floats({2}, {1, 1}), floats({2}, {0, 0})});
    GraphMaker unfit = product(1, 4, 2);
    unfit.add(Op::batch_normalization,
              {floats({2}, {1, 1}), floats({2}, {0, 0}), floats({2}, {0, 0}), floats({3}, {1, 1, 1})});
    if (quantized) {
      missing.add_ternary_quant();
      unfit.add_ternary_quant();
    }
    CHECK(fault(missing) ==
          "f: node 'BatchNormalization_1': error: BatchNormalization: input 4 is expected to be constant");
    CHECK(fault(unfit) ==
          "f: node 'BatchNormalization_1': error: BatchNormalization: does not have one value for each "
          "channel");
  }
}

TEST_CASE("the reshapes and transpositions of an exporter move no data") {
  GraphMaker maker({1, 1, 2, 2}, Encoding::uint8);
  maker.add(Op::reshape, {integers({2}, {1, -1})});
  maker.add(Op::mul, {scalar(2)});
  maker.add(Op::sub, {scalar(1)});
  maker.add_ternary_quant();
  maker.add(Op::matmul, {floats({4, 3}, {1, 0, -1, 1, 1, 1, 0, 0, 1, -1, 1, 1})});
  maker.add(Op::unsqueeze, {integers({1}, {0})});
  maker.add(Op::squeeze, {integers({1}, {0})});
  maker.add_bipolar_quant();
  const QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
  CHECK(network.input().shape == tricycle::Shape{1, 1, 2, 2});
  CHECK(network.input().rows() == 1);
  CHECK(network.input().channels == 4);
  CHECK(dump(network) ==
        "network net\n"
        "Quant_3 (Mul+Sub+Quant): 1x4 uint8 -> 1x4 ternary\n"
        "  all: + 64 192\n"
        "MatMul_4 (MatMul+BipolarQuant): 1x4 ternary * 4x3 ternary -> 1x3 binary\n"
        "  all: + 0\n");
  CHECK(run_golden(network, std::vector<std::int32_t>{0, 255, 63, 191}) ==
        std::vector<std::vector<std::int32_t>>{{0, 255, 63, 191}, {-1, 1, -1, 0}, {1, 1, 1}});
}

TEST_CASE("rows that are laid out as one are read by a window as large as all of them") {
  Random random(7);
  const auto ternary = [&](std::int64_t inputs, std::int64_t outputs) {
    return tricycle::test::random_weights(random, inputs, outputs, false, 1);
  };
  GraphMaker input({1, 4, 8}, Encoding::uint8);
  input.add_ternary_quant();
  input.add(Op::reshape, {tricycle::test::integers({2}, {1, 32})});
  input.add(Op::matmul, {ternary(32, 5)});
  const QuantizedNetwork network = quantize_graph(input.finish(), pixels);
  CHECK(network.tensors[0].height == 4);
  CHECK(network.tensors[1].channels == 8);
  CHECK(network.layers[1].window.kernel_h == 4);
  CHECK(network.layers[1].window.lines == 1);
  CHECK(network.tensors[2].channels == 5);

  GraphMaker behind({4, 8}, Encoding::ternary);
  behind.add(Op::matmul, {ternary(8, 6)});
  behind.add_ternary_quant();
  behind.add(Op::reshape, {tricycle::test::integers({2}, {1, 24})});
  behind.add(Op::matmul, {ternary(24, 3)});
  const Graph graph = behind.finish();
  const QuantizedNetwork two = quantize_graph(graph, pixels);
  CHECK(two.layers[1].window.kernel_h == 4);
  const std::vector<std::int32_t> codes = tricycle::test::random_input(random, two);
  CHECK(real_values(two.output(), run_golden(two, codes).back()) == run_reference(graph, codes));

  GraphMaker other({4, 8}, Encoding::ternary);
  other.add(Op::matmul, {ternary(8, 6)});
  other.add_ternary_quant();
  other.add(Op::reshape, {tricycle::test::integers({2}, {8, 3})});
  other.add(Op::matmul, {ternary(3, 3)});
  CHECK(fault(other) ==
        "f: node 'Reshape_2': error: Reshape: turns 6 channels of activations into [8, 3], which is not "
        "supported");
}

namespace {

tricycle::Node& set_window(tricycle::Node& node, std::int64_t kernel, std::int64_t stride, std::int64_t pad) {
  node.attributes["kernel_shape"].integers = {kernel, kernel};
  node.attributes["strides"].integers = {stride, stride};
  node.attributes["pads"].integers = {pad, pad, pad, pad};
  return node;
}

/// A 1 x 1 convolution of ternary images of 4 x 4.
GraphMaker convolution(std::int64_t outputs) {
  GraphMaker maker({1, 1, 4, 4}, Encoding::ternary);
  maker.add(Op::conv, {floats({outputs, 1, 1, 1}, std::vector<float>(static_cast<std::size_t>(outputs), 1))});
  return maker;
}

}  // namespace

TEST_CASE("zeros around an image become the padding of the window that reads it") {
  GraphMaker maker({1, 1, 3, 3}, Encoding::uint8);
  maker.add(Op::pad, {integers({8}, {0, 0, 1, 2, 0, 0, 0, 1})});
  maker.add(Op::conv, {floats({1, 1, 2, 2}, {1, 2, 3, 4})});
  const Graph graph = maker.finish();
  const QuantizedNetwork network = quantize_graph(graph, {1, 256});
  REQUIRE(network.layers.size() == 1);
  CHECK(network.layers[0].window.pad_top == 1);
  CHECK(network.layers[0].window.pad_left == 2);
  CHECK(network.layers[0].window.columns == 5);
  const std::vector<std::int32_t> codes = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<float> expected =
      run_float(graph, tricycle::test::float_input(graph, {1, 256}, codes)).floats();
  CHECK(real_values(network.output(), run_golden(network, codes).back()) == expected);
}

TEST_CASE("a max pool moves behind thresholds only where what follows rises with it") {
  GraphMaker maker = convolution(2);
  set_window(maker.add(Op::max_pool), 2, 2, 0);
  maker.add(Op::mul, {floats({2, 1, 1}, {1, -1})});
  maker.add_ternary_quant();
  CHECK(fault(maker) ==
        "f: node 'MaxPool_1': error: MaxPool: what follows it reverses the order of its values, so it cannot "
        "be moved behind the thresholds");
  GraphMaker before = convolution(2);
  before.add(Op::mul, {floats({2, 1, 1}, {1, -1})});
  set_window(before.add(Op::max_pool), 2, 2, 0);
  before.add_ternary_quant();
  const QuantizedNetwork fused = quantize_graph(before.finish(), pixels);
  REQUIRE(fused.layers.size() == 1);
  CHECK(fused.layers[0].pool->kernel_h == 2);
  CHECK(fused.layers[0].op == "Conv+Mul+MaxPool+Quant");
  GraphMaker overlapping = convolution(1);
  overlapping.add_ternary_quant();
  set_window(overlapping.add(Op::max_pool), 3, 1, 1);
  const QuantizedNetwork apart = quantize_graph(overlapping.finish(), pixels);
  REQUIRE(apart.layers.size() == 2);
  CHECK(apart.layers[1].kind == tricycle::LayerKind::max_pool);
}

TEST_CASE("a window in one dimension is refused") {
  GraphMaker maker({1, 2, 8}, tricycle::Encoding::uint8);
  maker.add(Op::conv, {floats({1, 2, 3}, {1, 0, -1, 1, 1, 0})});
  CHECK(fault(maker) ==
        "f: node 'Conv_0': error: Conv: slides over one dimension; the machine's windows have two");
}

TEST_CASE("means that divide by fewer values at the borders, and joints of unequal scales, are refused") {
  GraphMaker mean = convolution(1);
  mean.add_ternary_quant();
  set_window(mean.add(Op::average_pool), 3, 1, 1);
  CHECK(
      fault(mean) ==
      "f: node 'AveragePool_2': error: AveragePool: divides by fewer values at the borders: padding without "
      "count_include_pad is not supported");
  mean.graph.nodes.back().attributes["count_include_pad"].integer = 1;
  CHECK(fault(mean).empty());
  GraphMaker joint = convolution(1);
  joint.add_ternary_quant(1);
  const std::string first = joint.value;
  joint.value = "x";
  joint.add(Op::conv, {floats({1, 1, 1, 1}, {1})});
  joint.add_ternary_quant(0.5F);
  joint.add(Op::concat).inputs.push_back(first);
  joint.graph.nodes.back().attributes["axis"].integer = 1;
  CHECK(
      fault(joint) ==
      "f: node 'Concat_4': error: Concat: joins ternary codes of scale 0.5 and offset 0 and ternary codes of "
      "scale 1 and offset 0: expected the same quantizer before each, or one behind");
}

TEST_CASE("a quantizer of 8 bits at the input is the host's, and its offset moves the sums") {
  GraphMaker maker({1, 4}, Encoding::uint8);
  const Tensor zero = {{}, std::vector<std::uint8_t>{3}};
  maker.add(Op::quantize_linear, {scalar(0.5F), zero});
  maker.add(Op::dequantize_linear, {scalar(0.5F), zero});
  maker.add(Op::matmul, {floats({4, 1}, {1, -2, 4, 8})});
  const Graph graph = maker.finish();
  const QuantizedNetwork network = quantize_graph(graph, pixels);
  CHECK(network.reading.rule == tricycle::ReadingRule::quantize_linear);
  CHECK(network.input().codes == Codes::integers(0, 255));
  CHECK(network.input().offset == -3);
  CHECK(network.layers[0].weight_codes == Codes::powers_of_two(8));
  const std::vector<float> x = {0.25F, -7, 100, 1.3F};
  const std::vector<std::int32_t> codes = input_codes(network, x);
  CHECK(codes == std::vector<std::int32_t>{3, 0, 203, 6});
  CHECK(real_values(network.output(), run_golden(network, codes).back()) ==
        run_float(graph, floats({1, 4}, x)).floats());
}

TEST_CASE("levels that rejoin name their codes: 0, 1 and 2 are ternary plus one, and others powers of two") {
  const auto codes_of = [](const std::vector<float>& levels) {
    GraphMaker maker = product(1, 8, 1);
    const std::string sums = maker.value;
    std::string total;
    for (std::size_t i = 1; i < levels.size(); ++i) {
      maker.value = sums;
      maker.add(Op::greater, {scalar(static_cast<float>(i) - 0.5F)});
      maker.add(Op::cast).attributes["to"].integer = 1;
      maker.add(Op::mul, {scalar(levels[i] - levels[i - 1])});
      if (!total.empty()) maker.add(Op::add).inputs.push_back(total);
      total = maker.value;
    }
    if (levels[0] != 0) maker.add(Op::add, {scalar(levels[0])});
    return quantize_graph(maker.finish(), pixels).tensors.back();
  };
  const auto plus_one = codes_of({0, 0.75F, 1.5F});
  CHECK(plus_one.codes == Codes::integers(-1, 1));
  CHECK(plus_one.offset == 1);
  CHECK(plus_one.scale == 0.75);
  const auto powers = codes_of({0, 0.25F, 0.5F, 1, 2});
  CHECK(powers.codes == Codes::powers_of_two(8));
  CHECK(powers.scale == 0.25);
  CHECK(codes_of({-2, 2}).codes == Codes::binary());
  CHECK(codes_of({0, 1, 2, 3}).codes == Codes::integers(0, 3));
  CHECK(codes_of({-3, 0, 1, 2}).codes == Codes::integers(-4, 3));
}
