// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/random_input.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/import/onnx/onnx_import.hpp"
#include "workloads/integer/encode.hpp"
#include "workloads/integer/golden.hpp"

namespace {

using tricycle::ByteMeaning;
using tricycle::Codes;
using tricycle::ElementType;
using tricycle::Encoded;
using tricycle::Encoding;
using tricycle::Graph;
using tricycle::grid_code;
using tricycle::import_onnx;
using tricycle::InputReading;
using tricycle::Op;
using tricycle::quantize_graph;
using tricycle::quantized;
using tricycle::QuantizedNetwork;
using tricycle::ReadingRule;
using tricycle::run_float;
using tricycle::run_golden;
using tricycle::Tensor;
using tricycle::test::floats;
using tricycle::test::GraphMaker;
using tricycle::test::message_of;
using tricycle::test::RandomModel;
using tricycle::test::scalar;

InputReading reading(ReadingRule rule, double step, double zero, double least, double most,
                     const std::string& rounding = "ROUND") {
  InputReading r;
  r.rule = rule;
  r.step = step;
  r.zero_point = zero;
  r.least = least;
  r.most = most;
  r.rounding = rounding;
  return r;
}

/// A model of real numbers, as an ONNX file gives it.
GraphMaker numbers(const tricycle::Shape& shape) {
  return GraphMaker(shape, Encoding::float32);
}

Tensor int8_zero(std::int8_t zero) {
  return {{}, std::vector<std::int8_t>{zero}};
}

}  // namespace

TEST_CASE("QuantizeLinear rounds 2.5 and 3.5 steps to even before its zero point, Quant behind it") {
  const InputReading linear = reading(ReadingRule::quantize_linear, 0.5, 3, 0, 255);
  CHECK(quantized(linear, 1.25F).code == 2 + 3);
  CHECK(quantized(linear, 1.75F).code == 4 + 3);
  CHECK(quantized(linear, -1.25F).code == -2 + 3);
  const InputReading quant = reading(ReadingRule::quant, 0.5, 3, 0, 255);
  CHECK(quantized(quant, 1.25F).code == 6);  // 5.5
  CHECK(quantized(quant, 1.75F).code == 6);  // 6.5
}

TEST_CASE("a number beyond the codes is clamped and counted, the last that rounds to a code is not") {
  const InputReading linear = reading(ReadingRule::quantize_linear, 1, 0, -128, 127);
  const auto found = [&](float real) {
    const Encoded encoded = quantized(linear, real);
    return std::pair(encoded.code, encoded.clamped);
  };
  CHECK(found(127.49F) == std::pair(127, false));
  CHECK(found(127.51F) == std::pair(127, true));
  CHECK(found(-128.5F) == std::pair(-128, false));
  CHECK(found(-129) == std::pair(-128, true));
  CHECK(found(3e38F) == std::pair(127, true));
  const InputReading bipolar = reading(ReadingRule::bipolar_quant, 1, 0, -1, 1);
  CHECK(quantized(bipolar, 0).code == 1);
  CHECK(quantized(bipolar, -1e-30F).code == -1);
}

TEST_CASE("every rounding mode of QONNX decides 2.5, 2.25 and -2.5 steps as its table has it") {
  const auto codes = [](const char* mode) {
    const InputReading r = reading(ReadingRule::quant, 1, 0, -128, 127, mode);
    return std::vector<int>{quantized(r, 2.5F).code, quantized(r, 2.25F).code, quantized(r, -2.5F).code};
  };
  CHECK(codes("ROUND") == std::vector<int>{2, 2, -2});
  CHECK(codes("CEIL") == std::vector<int>{3, 3, -2});
  CHECK(codes("FLOOR") == std::vector<int>{2, 2, -3});
  CHECK(codes("UP") == std::vector<int>{3, 3, -3});
  CHECK(codes("DOWN") == std::vector<int>{2, 2, -2});
  CHECK(codes("HALF_UP") == std::vector<int>{3, 2, -3});
  CHECK(codes("HALF_DOWN") == std::vector<int>{2, 2, -2});
  CHECK(codes("half_down") == std::vector<int>{2, 2, -2});
}

TEST_CASE("a number on the grid of pixels is its code within a thousandth of a step, and none beyond") {
  InputReading grid;
  CHECK(grid_code(grid, 7.0 / 255, 0) == 7);
  CHECK(grid_code(grid, 7.0009 / 255, 0) == 7);
  CHECK_FALSE(grid_code(grid, 7.01 / 255, 0).has_value());
  CHECK_FALSE(grid_code(grid, 256.0 / 255, 0).has_value());
  CHECK_FALSE(grid_code(grid, std::numeric_limits<double>::quiet_NaN(), 0).has_value());
  grid.byte.means = {0.5, 0.25};
  grid.byte.deviations = {2};
  CHECK(grid_code(grid, (100.0 / 255 - 0.25) / 2, 1) == 100);
}

TEST_CASE("a byte of 51 is 0.2, less a mean of 0.5, over a deviation of 0.25: each step in float32") {
  const ByteMeaning byte = {1, 255, {0.5, 0.1}, {0.25}};
  CHECK(byte.real(51, 0) == (51.0F / 255.0F - 0.5F) / 0.25F);
  CHECK(byte.real(51, 1) == (51.0F / 255.0F - 0.1F) / 0.25F);
  CHECK(ByteMeaning{}.real(255, 0) == 1.0F);
  CHECK(byte.channels() == 2);
}

TEST_CASE(
    "a model of real numbers whose first operator quantizes takes its quantizer's codes, of 2 levels too") {
  GraphMaker maker = numbers({1, 8});
  maker.add_bipolar_quant(0.5F);
  maker.add(Op::matmul, {floats({8, 2}, std::vector<float>(16, 1))});
  const QuantizedNetwork network = quantize_graph(maker.finish(), tricycle::test::pixels);
  CHECK(network.reading.rule == ReadingRule::bipolar_quant);
  CHECK(network.input().codes == Codes::binary());
  CHECK(network.input().scale == 0.5);
  CHECK(network.layers.size() == 1);
}

TEST_CASE("pixels of a description keep a quantizer of 3 levels on the machine, as thresholds of 256 codes") {
  GraphMaker maker({1, 8}, Encoding::uint8);
  maker.add_ternary_quant(0.5F);
  maker.add(Op::matmul, {floats({8, 2}, std::vector<float>(16, 1))});
  const QuantizedNetwork network = quantize_graph(maker.finish(), tricycle::test::pixels);
  CHECK(network.reading.rule == ReadingRule::grid);
  CHECK(network.input().codes == Codes::integers(0, 255));
  CHECK(network.layers.size() == 2);
}

TEST_CASE("QuantizeLinear whose DequantizeLinear has another scale: codes by the one, meaning by the other") {
  GraphMaker maker = numbers({1, 2});
  maker.add(Op::quantize_linear, {scalar(0.5F), int8_zero(3)});
  maker.add(Op::dequantize_linear, {scalar(0.25F), int8_zero(1)});
  maker.add(Op::matmul, {floats({2, 1}, {1, 2})});
  const Graph graph = maker.finish();
  const QuantizedNetwork network = quantize_graph(graph, tricycle::test::pixels);
  CHECK(network.reading.step == 0.5);
  CHECK(network.reading.zero_point == 3);
  CHECK(network.input().scale == 0.25);
  CHECK(network.input().zero() == 1);
  const std::vector<float> x = {1.25F, -7};
  CHECK(real_values(network.output(), run_golden(network, input_codes(network, x)).back()) ==
        run_float(graph, floats({1, 2}, x)).floats());
}

TEST_CASE("a uint8 input with a DequantizeLinear is its own codes; one with a Cast is the number itself") {
  GraphMaker maker = numbers({1, 2});
  maker.graph.input_type = ElementType::uint8;
  maker.add(Op::dequantize_linear, {scalar(0.25F), {{}, std::vector<std::uint8_t>{100}}});
  maker.add(Op::matmul, {floats({2, 1}, {1, 2})});
  QuantizedNetwork network = quantize_graph(maker.finish(), tricycle::test::pixels);
  CHECK(network.reading.rule == ReadingRule::integers);
  CHECK(network.input().codes == Codes::integers(0, 255));
  CHECK(network.input().scale == 0.25);
  CHECK(network.input().zero() == 100);

  GraphMaker cast = numbers({1, 2});
  cast.graph.input_type = ElementType::int8;
  cast.add(Op::cast).attributes["to"].integer = 1;
  cast.add(Op::matmul, {floats({2, 1}, {1, 2})});
  network = quantize_graph(cast.finish(), tricycle::test::pixels);
  CHECK(network.input().codes == Codes::integers(-128, 127));
  CHECK(network.input().scale == 1);
}

TEST_CASE("inputs that the machine does not take are refused by their type") {
  const auto fault = [](ElementType type, Op op) {
    GraphMaker maker = numbers({1, 2});
    maker.graph.input_type = type;
    maker.add(op);
    maker.add(Op::matmul, {floats({2, 1}, {1, 2})});
    const Graph graph = maker.finish();
    return message_of([&] { (void)quantize_graph(graph, tricycle::test::pixels); });
  };
  CHECK(fault(ElementType::int64, Op::relu) ==
        "f: error: the input 'x' holds int64: the machine takes float32, float16, float64, uint8 or int8");
  CHECK(fault(ElementType::float16, Op::relu) ==
        "f: node 'Relu_0': error: Relu: computes in float16, which is not supported: expected a Cast to "
        "float32 or a "
        "QuantizeLinear");
}

TEST_CASE("mean and deviation of pixels are steps in front of the model: 3 channels, each its own") {
  GraphMaker plain = numbers({1, 3, 2, 2});
  plain.add(Op::mul, {scalar(2)});
  plain.add_ternary_quant(0.25F);
  plain.add(Op::conv, {floats({1, 3, 1, 1}, {1, 1, 1})});
  const Graph graph = plain.finish();
  tricycle::QuantizeOptions options;
  options.means = {0.2, 0.4, 0.6};
  options.deviations = {0.5};
  const QuantizedNetwork network = quantize_graph(graph, tricycle::test::pixels, options);
  CHECK(network.reading.rule == ReadingRule::grid);
  const ByteMeaning& byte = network.reading.byte;
  std::vector<std::int32_t> codes;
  std::vector<float> reals(12);
  for (std::int32_t i = 0; i < 12; ++i) {
    codes.push_back(i * 21);
    const auto channel = static_cast<std::size_t>(i % 3), position = static_cast<std::size_t>(i / 3);
    reals[channel * 4 + position] = byte.real(i * 21, channel);
  }
  CHECK(input_codes(network, reals) == codes);
  CHECK(real_values(network.output(), run_golden(network, codes).back()) ==
        run_float(graph, floats({1, 3, 2, 2}, reals)).floats());
  options.means = {0.2, 0.4};
  CHECK(message_of([&] { (void)quantize_graph(graph, tricycle::test::pixels, options); }) ==
        "f: error: its input has 3 channels; 2 numbers were given for the mean of bytes");
}

TEST_CASE(
    "an output quantizer with a scale for each channel gives codes of one step, whose meaning differs") {
  for (const bool linear : {true, false}) {
    GraphMaker maker = numbers({1, 4});
    maker.add(Op::quant, {scalar(0.25F), scalar(0), scalar(8)});
    maker.add(Op::matmul, {floats({4, 3}, {1, 2, 3, -1, 0, 1, 2, 2, 2, 0, 1, -3})});
    const Tensor scales = floats({3}, {0.5F, 0.25F, 3});
    if (linear) {
      maker.add(Op::quantize_linear, {scales, {{3}, std::vector<std::int8_t>{3, 3, 3}}});
      maker.add(Op::dequantize_linear, {scales, {{3}, std::vector<std::int8_t>{3, 3, 3}}});
    } else {
      maker.add(Op::quant, {scales, scalar(3), scalar(6)});
    }
    const Graph graph = maker.finish();
    const QuantizedNetwork network = quantize_graph(graph, tricycle::test::pixels);
    CHECK(network.output().channel_scales == std::vector<double>{0.5, 0.25, 3});
    CHECK(network.output().zero() == 3);
    const std::vector<float> x = {0.25F, 1, -3.25F, 7};
    const std::vector<std::int32_t> codes = input_codes(network, x);
    CHECK(real_values(network.output(), run_golden(network, codes).back()) ==
          run_float(graph, floats({1, 4}, x)).floats());
    const auto trace =
        tricycle::test::lower_and_run(network, tricycle::read_machine(std::string("edge")), codes);
    CHECK(trace.output().scales == network.output().channel_scales);
    CHECK(trace.output().zeros == std::vector<double>{3});
  }
}

TEST_CASE("400 models that begin with a quantizer give the float interpreter's numbers, bit for bit") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const RandomModel random = tricycle::test::random_input_quantizer(seed);
    INFO("seed " << seed << ": " << random.text);
    const Graph graph = import_onnx(random.onnx, "m.onnx");
    const QuantizedNetwork network = quantize_graph(graph, tricycle::test::pixels);
    const std::vector<float> x = random.input.floats();
    const auto golden = run_golden(network, input_codes(network, x));
    REQUIRE(real_values(network.output(), golden.back()) == run_float(graph, random.input).floats());
    if (seed % 10 == 0)
      tricycle::test::lower_and_run(network, tricycle::read_machine(std::string("edge")),
                                    input_codes(network, x));
  }
}
