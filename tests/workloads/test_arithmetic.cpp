// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "arch/datapath/rounding.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/random_arithmetic.hpp"
#include "tests/workloads/random_network.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/import/onnx/onnx_import.hpp"
#include "workloads/integer/golden.hpp"

namespace tricycle::test {
namespace {

using Generator = RandomModel (*)(std::uint64_t);

/// What is said where a model does not become integers, and how often; machines that ran one, and that are
/// too small for it; the ways in which scales rounded.
struct Outcome {
  std::map<std::string, int> seen;
  std::set<ScaleRounding> roundings;
  int ran = 0, too_small = 0;

  void add(const std::string& message) {
    const std::size_t start = message.find("error: ");
    ++seen[start == std::string::npos ? message : message.substr(start)];
  }
  [[nodiscard]] std::string refused() const {
    std::string text;
    for (const auto& [message, times] : seen) text += fmt::format("{} times {}\n", times, message);
    return text;
  }
};

/// Runs a model in integers and in float32; every fifth one on a machine too.
void check_model(const RandomModel& made, std::uint64_t seed, Outcome& outcome) {
  INFO("seed " << seed << ", " << made.text);
  const Graph graph = import_onnx(made.onnx, "m.onnx");
  QuantizedNetwork network;
  const std::string refused = message_of([&] { network = quantize_graph(graph, {1, 255}); });
  if (!refused.empty()) return outcome.add(refused);
  for (const QuantizedLayer& layer : network.layers) {
    if (const auto* stage = std::get_if<ScaleStage>(&layer.stage))
      outcome.roundings.insert(stage->end.rounding);
  }
  const std::vector<float> expected = run_float(graph, made.input).floats();
  const std::vector<std::int32_t> codes = input_codes(network, made.input.floats());
  const std::vector<float> found = real_values(network.output(), run_golden(network, codes).back());
  REQUIRE(found.size() == expected.size());
  const double within = allowed(made);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double away = std::fabs(static_cast<double>(found[i]) - static_cast<double>(expected[i]));
    if (!(away <= within)) {
      FAIL("seed " << seed << ", " << made.text << ": value " << i << " is " << found[i] << " instead of "
                   << expected[i] << "\n"
                   << dump(network));
    }
  }
  if (seed % 5 != 0) return;
  Random random(seed);
  const MachineSpec machine = random_cnn_machine(random);
  const std::string message = message_of([&] { lower_and_run(network, machine, codes); });
  if (!message.empty() && !says_why(message)) FAIL(message);
  ++(message.empty() ? outcome.ran : outcome.too_small);
}

Outcome check_all(Generator generate, std::uint64_t count) {
  Outcome outcome;
  for (std::uint64_t seed = 0; seed < count; ++seed) check_model(generate(seed), seed, outcome);
  INFO(outcome.ran << " machines, and " << outcome.too_small << " too small");
  CHECK(outcome.too_small * 9 <= outcome.ran);
  return outcome;
}

TEST_CASE("400 random output quantizers give float32's values", "[arithmetic]") {
  const Outcome outcome = check_all(random_output_quantizer, 400);
  CHECK(outcome.refused().empty());
  CHECK(outcome.roundings == std::set{ScaleRounding::half_to_even});
}

TEST_CASE("500 random quantizers of every rounding mode give float32's values", "[arithmetic]") {
  const Outcome outcome = check_all(random_rounding, 500);
  CHECK(outcome.refused().empty());
  CHECK(outcome.roundings == std::set{ScaleRounding::half_to_even, ScaleRounding::away, ScaleRounding::toward,
                                      ScaleRounding::half_away, ScaleRounding::half_toward,
                                      ScaleRounding::floor, ScaleRounding::ceil});
}

TEST_CASE("1,000 random quantizers of steps such as 0.1 and 0.35 give float32's codes at any zero point",
          "[arithmetic]") {
  CHECK(check_all(random_decimal_step, 1000).refused().empty());
}

TEST_CASE("400 random means give float32's values, halves to even", "[arithmetic]") {
  CHECK(check_all(random_average, 400).refused().empty());
}

TEST_CASE("400 random networks with constant channels give float32's values", "[arithmetic]") {
  CHECK(check_all(random_constant_channel, 400).refused().empty());
}

TEST_CASE("400 random joins of different scales and zero points give float32's values", "[arithmetic]") {
  CHECK(check_all(random_join, 400).refused().empty());
}

TEST_CASE("a tenth of one code and twelve tenths of another that make 1/2 go to the even code",
          "[arithmetic]") {
  // Neither factor has 31 bits; as 1 and 12 times one unit they miss the sum by a part of itself.
  Outcome outcome;
  check_model(random_join(3829), 3829, outcome);
  CHECK(outcome.refused().empty());
}

/// A mean as the quantizer has it: (sum of codes - zeros) / count * ratio.
TEST_CASE("means of 1 to 128 and of up to 4,096 values decide every reachable sum as float32 does",
          "[arithmetic]") {
  std::vector<std::int64_t> counts = {144, 169, 196, 225, 256, 441, 784, 961, 1000, 2025, 3136, 4095, 4096};
  for (std::int64_t count = 1; count <= 128; ++count) counts.push_back(count);
  Random random(5);
  for (const std::int64_t count : counts) {
    for (const float ratio : {1.0F, 0.5F, 0.25F, 0.75F, 2.0F, 1.5F, 3.0F, 5.0F}) {
      // Codes of scale 1 become codes of scale `ratio`.
      const std::int64_t in_zero = random.between(0, 255), zero = random.between(0, 255);
      Graph graph;
      graph.file = graph.name = "mean";
      graph.input = "x";
      graph.input_shape = {1, 1, 1, count};
      const auto scalar_of = [](auto v) { return Tensor{{}, std::vector<decltype(v)>{v}}; };
      graph.constants["s"] = scalar_of(1.0F);
      graph.constants["z"] = scalar_of(static_cast<std::uint8_t>(in_zero));
      graph.constants["t"] = scalar_of(ratio);
      graph.constants["u"] = scalar_of(static_cast<std::uint8_t>(zero));
      graph.nodes = {make_node("q", Op::quantize_linear, {"x", "s", "z"}, "q"),
                     make_node("d", Op::dequantize_linear, {"q", "s", "z"}, "d"),
                     make_node("mean", Op::global_average_pool, {"d"}, "mean"),
                     make_node("r", Op::quantize_linear, {"mean", "t", "u"}, "r"),
                     make_node("y", Op::dequantize_linear, {"r", "t", "u"}, "y")};
      graph.output = "y";
      const QuantizedNetwork network = quantize_graph(graph, {1, 255});
      const auto& stage = std::get<ScaleStage>(network.layers.at(0).stage);
      const auto shift = static_cast<unsigned>(stage.shift[0]);
      int wrong = 0;
      for (std::int64_t sum = 0; sum <= 255 * count; ++sum) {
        const float mean = static_cast<float>(sum - in_zero * count) / static_cast<float>(count);
        const float code = std::nearbyint(mean / ratio) + static_cast<float>(zero);
        const auto expected = static_cast<std::int32_t>(std::min(255.0F, std::max(0.0F, code)));
        const std::int64_t fixed = sum * stage.multiplier[0] + stage.bias[0];
        const auto machine =
            std::clamp<std::int64_t>(round_scaled(fixed, shift, stage.end), stage.least, stage.most);
        wrong += scaled(stage, 0, static_cast<std::int32_t>(sum)) == expected && machine == expected ? 0 : 1;
      }
      if (wrong > 0) FAIL(wrong << " sums of " << count << " values are wrong at the ratio " << ratio);
    }
  }
}

TEST_CASE("the machine and the golden interpreter round 200,000 sums alike in every way", "[arithmetic]") {
  Random random(6);
  for (int i = 0; i < 200000; ++i) {
    const auto rounding = static_cast<ScaleRounding>(random.below(scale_rounding_count));
    const int shift = static_cast<int>(random.between(0, 47));
    const auto x =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(random.next() >> (32 + random.below(31))));
    ScaleStage stage = {
        false,      {static_cast<std::int32_t>(random.between(-2147483647, 2147483647))},
        {},         {0},
        {shift},    -2147483648LL,
        2147483647, {rounding, static_cast<std::int32_t>(random.between(-8192, 8191)), random.chance(0.5)}};
    // Near a half, or an integer, as often as not.
    const std::int64_t half = std::int64_t{1} << std::max(0, shift - 1);
    if (random.chance(0.5)) {
      stage.bias[0] =
          random.between(-3, 3) * half + random.between(-2, 2) - std::int64_t{x} * stage.multiplier[0];
    }
    const std::int64_t sum = std::int64_t{x} * stage.multiplier[0] + stage.bias[0];
    const std::int64_t found = std::clamp<std::int64_t>(
        round_scaled(sum, static_cast<unsigned>(shift), stage.end), stage.least, stage.most);
    REQUIRE(found == scaled(stage, 0, x));
  }
}

/// What a quantizer of scale 1/2 and zero point 3 makes of the sums of codes of 1/4, as real numbers.
std::vector<float> halves_of(Op op, const std::string& rounding) {
  Graph graph;
  graph.file = graph.name = "net";
  graph.input = "x";
  graph.input_shape = {6, 1};
  graph.constants["w"] = floats({1, 1}, {1});
  graph.constants["quarter"] = scalar(0.25F);
  graph.constants["half"] = scalar(0.5F);
  graph.constants["none"] = scalar(0);
  graph.constants["three"] = scalar(3);
  graph.constants["bits"] = scalar(8);
  graph.constants["code3"] = {{}, std::vector<std::int8_t>{3}};
  graph.nodes = {make_node("in", Op::quant, {"x", "quarter", "none", "bits"}, "c"),
                 make_node("fc", Op::matmul, {"c", "w"}, "h")};
  if (op == Op::quant) {
    graph.nodes.push_back(make_node("q", op, {"h", "half", "three", "bits"}, "y"));
    graph.nodes.back().attributes["rounding_mode"].text = rounding;
  } else {
    graph.nodes.push_back(make_node("q", op, {"h", "half", "code3"}, "q"));
    graph.nodes.push_back(make_node("d", Op::dequantize_linear, {"q", "half", "code3"}, "y"));
  }
  graph.output = "y";
  const QuantizedNetwork network = quantize_graph(graph, {1, 255});
  const std::vector<float> input = {-2.25F, -0.75F, -0.25F, 0.25F, 0.75F, 1.0F};
  const std::vector<std::int32_t> codes = input_codes(network, input);
  const std::vector<float> found = real_values(network.output(), run_golden(network, codes).back());
  CHECK(found == run_float(graph, {{6, 1}, input}).floats());
  return found;
}

TEST_CASE(
    "QuantizeLinear rounds -4.5, -1.5, -0.5, 0.5, 1.5 to even before it adds 3, and Quant the sums -1.5 to "
    "4.5",
    "[arithmetic]") {
  using Reals = std::vector<float>;
  CHECK(halves_of(Op::quantize_linear, "") == Reals{-2, -1, 0, 0, 1, 1});
  CHECK(halves_of(Op::quant, "ROUND") == Reals{-2.5F, -0.5F, -0.5F, 0.5F, 0.5F, 1});
  CHECK(halves_of(Op::quant, "floor") == Reals{-2.5F, -1, -0.5F, 0, 0.5F, 1});
  CHECK(halves_of(Op::quant, "Ceil") == Reals{-2, -0.5F, 0, 0.5F, 1, 1});
  CHECK(halves_of(Op::quant, "UP") == Reals{-2.5F, -0.5F, 0, 0.5F, 1, 1});
  CHECK(halves_of(Op::quant, "ROUND_TO_ZERO") == Reals{-2, -1, -0.5F, 0, 0.5F, 1});
  CHECK(halves_of(Op::quant, "Half_Up") == Reals{-2.5F, -0.5F, 0, 0.5F, 1, 1});
  CHECK(halves_of(Op::quant, "half_down") == Reals{-2, -1, -0.5F, 0, 0.5F, 1});
}

TEST_CASE("a rectifier before gains of -2, 0 and 0.5 and a mean is two streams, within 2^-9 of float32",
          "[arithmetic]") {
  Graph graph;
  graph.file = graph.name = "net";
  graph.input = "x";
  graph.input_shape = {1, 1, 2, 2};
  graph.constants["unit"] = scalar(0.25F);
  graph.constants["none"] = scalar(0);
  graph.constants["bits"] = scalar(8);
  graph.constants["w"] = floats({3, 1, 1, 1}, {1, -1, 1});
  graph.constants["gains"] = floats({3, 1, 1}, {-2, 0, 0.5F});
  graph.constants["shifts"] = floats({3, 1, 1}, {1, 7, -3});
  graph.nodes = {make_node("in", Op::quant, {"x", "unit", "none", "bits"}, "c"),
                 make_node("conv", Op::conv, {"c", "w"}, "h"),
                 make_node("relu", Op::relu, {"h"}, "r"),
                 make_node("mul", Op::mul, {"r", "gains"}, "m"),
                 make_node("add", Op::add, {"m", "shifts"}, "a"),
                 make_node("mean", Op::global_average_pool, {"a"}, "y")};
  graph.output = "y";
  const QuantizedNetwork network = quantize_graph(graph, {1, 255});
  const std::vector<float> input = {-3.25F, 10.5F, 0.75F, 31.75F};
  const std::vector<float> found =
      real_values(network.output(), run_golden(network, input_codes(network, input)).back());
  const std::vector<float> expected = run_float(graph, {{1, 1, 2, 2}, input}).floats();
  REQUIRE(expected == std::vector<float>{-20.5F, 7, 2.375F});
  for (std::size_t i = 0; i < 3; ++i) CHECK(std::fabs(found[i] - expected[i]) <= 0x1p-9F);
}

TEST_CASE("where float32 itself loses what fixed point keeps, the model is refused with both codes",
          "[arithmetic]") {
  Graph graph;
  graph.file = graph.name = "net";
  graph.input = "x";
  graph.input_shape = {1, 2};
  graph.constants["large"] = floats({1}, {33554432});  // 2^25: float32's steps are 4 there
  graph.constants["scale"] = scalar(0.25F);
  graph.constants["zero"] = scalar(0);
  graph.constants["bits"] = scalar(8);
  graph.constants["one"] = scalar(1);
  graph.nodes = {make_node("in", Op::quant, {"x", "one", "zero", "bits"}, "c"),
                 make_node("fc", Op::gemm, {"c", "w", "large"}, "h"),
                 make_node("back", Op::sub, {"h", "large"}, "b"),
                 make_node("q", Op::quant, {"b", "scale", "zero", "bits"}, "y")};
  graph.output = "y";
  const auto refusal = [&](std::vector<float> weights) {
    graph.constants["w"] = floats({2, 1}, std::move(weights));
    return message_of([&] { static_cast<void>(quantize_graph(graph, {1, 255})); });
  };
  CHECK(
      refusal({3, 5}) ==
      "net: node 'q': error: Quant: float32 gives the code -128 where the sum of channel 0 is -31, and fixed "
      "point -124");
  CHECK(refusal({3, -2}) ==
        "net: node 'q': error: Quant: float32 gives the code 64 where the sums of channel 0 are -13 and -28, "
        "and fixed point 68");
}

}  // namespace
}  // namespace tricycle::test
