// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/random_network.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/integer/golden.hpp"
#include "workloads/lower/plain_windows.hpp"

namespace tricycle::test {
namespace {

using Floats = std::vector<float>;

Node& quantize(GraphMaker& maker, float scale, float zero, float bits, bool is_signed) {
  Node& node = maker.add(Op::quant, {scalar(scale), scalar(zero), scalar(bits)});
  node.attributes["signed"].integer = is_signed ? 1 : 0;
  return node;
}

Node& slide(Node& node, const std::vector<std::int64_t>& kernel, const std::vector<std::int64_t>& strides,
            const std::vector<std::int64_t>& pads = {0, 0, 0, 0}) {
  node.attributes["kernel_shape"].integers = kernel;
  node.attributes["strides"].integers = strides;
  node.attributes["pads"].integers = pads;
  return node;
}

/// The outputs of the golden interpreter for real inputs; the untimed meaning of the code gives the same.
Floats outputs_of(const QuantizedNetwork& network, const Floats& input) {
  const auto codes = input_codes(network, input);
  static_cast<void>(lower_and_run(network, read_machine(std::string("edge")), codes));
  return real_values(network.output(), run_golden(network, codes).back());
}

Floats count_to(std::size_t n) {
  Floats values;
  for (std::size_t i = 1; i <= n; ++i) values.push_back(static_cast<float>(i));
  return values;
}

Window random_window(Random& random) {
  Window w;
  w.kernel_h = random.between(1, 4);
  w.kernel_w = random.between(1, 4);
  w.stride_y = random.between(1, 6);
  w.stride_x = random.between(1, 6);
  w.dilation_y = random.between(1, 6);
  w.dilation_x = random.between(1, 6);
  w.pad_top = random.between(0, 8);
  w.pad_left = random.between(0, 8);
  w.in_lines = random.between(1, 12);
  w.in_columns = random.between(1, 12);
  w.lines = random.between(1, 6);
  w.columns = random.between(1, 6);
  return w;
}

/// The positions inside that an output's taps read, tap by tap; -1 outside. The window lies on `inputs` of
/// the image.
std::vector<std::int64_t> taps_of(const Window& w, const Lattice& inputs, std::int64_t line,
                                  std::int64_t column) {
  std::vector<std::int64_t> taps;
  for (std::int64_t tap = 0; tap < w.taps(); ++tap) {
    const std::int64_t y = line * w.stride_y + tap / w.kernel_w * w.dilation_y - w.pad_top;
    const std::int64_t x = column * w.stride_x + tap % w.kernel_w * w.dilation_x - w.pad_left;
    const bool inside = y >= 0 && y < w.in_lines && x >= 0 && x < w.in_columns;
    taps.push_back(
        inside ? (inputs.line + y * inputs.line_step) * 1000 + inputs.column + x * inputs.column_step : -1);
  }
  return taps;
}

}  // namespace

TEST_CASE("plain windows read tap for tap what a dilated one reads, each output once") {
  Random random(3);
  std::size_t parts = 0;
  for (int round = 0; round < 3000; ++round) {
    const Window w = random_window(random);
    std::map<std::pair<std::int64_t, std::int64_t>, int> seen;
    for (const PlainWindow& plain : plain_windows(w)) {
      const Window& p = plain.window;
      REQUIRE((p.dilation_y == 1 && p.dilation_x == 1 && p.pad_top >= 0 && p.pad_left >= 0));
      // Every position lies in the image.
      REQUIRE(plain.inputs.line + (p.in_lines - 1) * plain.inputs.line_step < w.in_lines);
      REQUIRE(plain.inputs.column + (p.in_columns - 1) * plain.inputs.column_step < w.in_columns);
      for (std::int64_t i = 0; i < p.positions(); ++i) {
        const std::int64_t line = plain.outputs.line + i / p.columns * plain.outputs.line_step;
        const std::int64_t column = plain.outputs.column + i % p.columns * plain.outputs.column_step;
        ++seen[{line, column}];
        REQUIRE(taps_of(p, plain.inputs, i / p.columns, i % p.columns) == taps_of(w, {}, line, column));
      }
      ++parts;
    }
    REQUIRE(static_cast<std::int64_t>(seen.size()) == w.positions());
    for (const auto& [output, count] : seen) REQUIRE(count == 1);
  }
  CHECK(parts > 9000);
}

TEST_CASE("A window without dilation is one plain window, itself") {
  Window w = {3, 2, 3, 2, 2, 1, 1, 1, 1, 0, 6, 3};
  REQUIRE(plain_windows(w).size() == 1);
  CHECK(plain_windows(w)[0].window == w);
  CHECK(plain_windows(w)[0].inputs == Lattice{});
  CHECK(plain_windows(w)[0].outputs == Lattice{});
  w.dilation_y = 2;  // stride 2: every window begins at an even line, one in front of the image
  REQUIRE(plain_windows(w).size() == 1);
  w.dilation_x = 3;
  CHECK(plain_windows(w).size() == 2);  // two columns, each of its own kind
}

TEST_CASE("A dilated max pool of 1 to 16 takes every second value: 11, 12, 15 and 16") {
  GraphMaker maker({1, 1, 4, 4}, Encoding::uint8);
  quantize(maker, 0.25F, 0, 8, false);
  slide(maker.add(Op::max_pool), {2, 2}, {1, 1}).attributes["dilations"].integers = {2, 2};
  const QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
  CHECK(outputs_of(network, count_to(16)) == Floats{11, 12, 15, 16});
  const auto codes = input_codes(network, count_to(16));
  const Trace trace = lower_and_run(network, read_machine(std::string("edge")), codes);
  int copies = 0;
  for (const Instruction& instruction : unrolled(trace.code)) {
    const auto* copy = std::get_if<isa::Copy>(&instruction.operation);
    if (copy == nullptr) continue;
    ++copies;
    CHECK((copy->lines == 1 && copy->columns == 1 && copy->in_lines == 2 && copy->in_columns == 2));
    CHECK(copy->position_stride == 2);
    CHECK(copy->line_stride == 8);
  }
  CHECK(copies == 4);
}

TEST_CASE("A dilated mean of 1 to 16 is 6, 7, 10 and 11") {
  GraphMaker maker({1, 1, 4, 4}, Encoding::uint8);
  quantize(maker, 0.25F, 0, 8, false);
  slide(maker.add(Op::average_pool), {2, 2}, {1, 1}).attributes["dilations"].integers = {2, 2};
  CHECK(outputs_of(quantize_graph(maker.finish(), pixels), count_to(16)) == Floats{6, 7, 10, 11});
}

TEST_CASE("A max pool of one with stride 2 behind a convolution is every second value, in its layer") {
  GraphMaker maker({1, 1, 5, 4}, Encoding::uint8);
  quantize(maker, 1, 0, 8, false);
  maker.add(Op::conv, {floats({2, 1, 1, 1}, {1, -1})});
  quantize(maker, 1, 0, 6, true);
  slide(maker.add(Op::max_pool), {1, 1}, {2, 2});
  const QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
  REQUIRE(network.layers.size() == 1);
  CHECK(network.layers[0].pool->stride_y == 2);
  CHECK(outputs_of(network, count_to(20)) == Floats{1, 3, 9, 11, 17, 19, -1, -3, -9, -11, -17, -19});
}

TEST_CASE("A max pool of 2 x 1 with stride 3 x 2 behind a convolution leaves lines and columns out") {
  GraphMaker maker({1, 1, 5, 4}, Encoding::uint8);
  quantize(maker, 1, 0, 8, false);
  maker.add(Op::conv, {floats({1, 1, 1, 1}, {1})});
  quantize(maker, 1, 0, 6, true);
  slide(maker.add(Op::max_pool), {2, 1}, {3, 2});
  const QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
  REQUIRE(network.layers.size() == 1);
  CHECK(outputs_of(network, count_to(20)) == Floats{5, 7, 17, 19});
}

TEST_CASE("A pool of one with stride 2 and ceil_mode has no window that begins behind the image") {
  GraphMaker maker({1, 1, 4, 5}, Encoding::uint8);
  quantize(maker, 1, 0, 8, false);
  slide(maker.add(Op::max_pool), {1, 1}, {2, 2}).attributes["ceil_mode"].integer = 1;
  CHECK(outputs_of(quantize_graph(maker.finish(), pixels), count_to(20)) == Floats{1, 3, 5, 11, 13, 15});
}

TEST_CASE("A max pool with a window of padding alone has no value and is refused") {
  const auto network = [](std::int64_t width) {
    GraphMaker maker({1, 1, 1, width}, Encoding::uint8);
    quantize(maker, 1, 0, 8, false);
    slide(maker.add(Op::max_pool), {1, 2}, {1, 1}, {0, 1, 0, 1}).attributes["dilations"].integers = {1, 2};
    return quantize_graph(maker.finish(), pixels);
  };
  CHECK(outputs_of(network(2), {3, 5}) == Floats{5, 3});
  CHECK(message_of([&] { static_cast<void>(network(1)); }) ==
        "f: node 'MaxPool_1': error: MaxPool: a window holds nothing but padding");
}

TEST_CASE("A mean pads codes whose 0 is code 100 with 0, and so it does behind a Pad") {
  for (const bool apart : {false, true}) {
    GraphMaker maker({1, 1, 2, 2}, Encoding::uint8);
    quantize(maker, 1, 100, 8, false);
    const std::vector<std::int64_t> pads = {1, 1, 1, 1};
    if (apart) maker.add(Op::pad, {integers({8}, {0, 0, 1, 1, 0, 0, 1, 1})});
    slide(maker.add(Op::average_pool), {2, 2}, {1, 1}, apart ? std::vector<std::int64_t>(4) : pads)
        .attributes["count_include_pad"]
        .integer = 1;
    const QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
    REQUIRE(network.layers.size() == 2);
    CHECK(network.tensor(network.layers[0].output).codes == Codes::integers(-100, 155));
    CHECK(outputs_of(network, {4, 8, -12, 20}) == Floats{1, 3, 2, -2, 5, 7, -3, 2, 5});
  }
}

TEST_CASE("Padding behind the last window needs no count_include_pad; padding that is read does") {
  const auto network = [](std::int64_t width) {
    GraphMaker maker({1, 1, 1, width}, Encoding::uint8);
    quantize(maker, 1, 0, 8, false);
    slide(maker.add(Op::average_pool), {1, 2}, {1, 2}, {0, 0, 0, 1});
    return quantize_graph(maker.finish(), pixels);
  };
  CHECK(outputs_of(network(4), {2, 4, 6, 10}) == Floats{3, 8});
  CHECK(
      message_of([&] { static_cast<void>(network(5)); }) ==
      "f: node 'AveragePool_1': error: AveragePool: divides by fewer values at the borders: padding without "
      "count_include_pad is not supported");
}

TEST_CASE("A convolution pads codes that hold no 0 in a format that does, or is refused") {
  const auto network = [](float bits) {
    GraphMaker maker({1, 1, 1, 3}, Encoding::uint8);
    quantize(maker, 1, -3, bits, false);  // values from 3: code 0 is 3
    maker.add(Op::conv, {floats({1, 1, 1, 3}, {1, 2, 4})}).attributes["pads"].integers = {0, 1, 0, 1};
    return quantize_graph(maker.finish(), pixels);
  };
  CHECK(network(4).input().zero() == -3);
  CHECK(outputs_of(network(4), {3, 5, 10}) == Floats{26, 53, 25});
  const QuantizedNetwork wide = network(8);
  CHECK(real_values(wide.output(), run_golden(wide, input_codes(wide, Floats{3, 5, 10})).back()) ==
        Floats{26, 53, 25});
  CHECK(message_of([&] { static_cast<void>(lower(wide, read_machine(std::string("edge")), {})); }) ==
        "f: node 'Conv_1': error: its input has the codes 0 to 255, and padding reads -3, the code of 0: "
        "none of "
        "the datapaths of the machine 'edge' takes int9 activations with pow2 weights");
}

TEST_CASE("Sums of codes whose 0 is not code 0 are refused where they pad") {
  QuantizedNetwork network;
  network.name = network.file = "n";
  QuantizedTensor x, y;
  x.name = "x";
  x.height = x.width = 2;
  x.offset = -7;
  y.name = "y";
  y.codes = Codes::float32();
  network.tensors = {x, y};
  QuantizedLayer layer;
  layer.name = "mean";
  layer.kind = LayerKind::sum_pool;
  layer.inputs = {0};
  layer.output = 1;
  layer.window = {1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 2, 2};
  layer.stage = AffineStage{false, {1}, {}, {0}};
  network.layers = {layer};
  CHECK(message_of([&] { static_cast<void>(lower(network, read_machine(std::string("edge")), {})); }) ==
        "n: node 'mean': error: its sums add padding of code 7; the vector unit's is 0");
}

TEST_CASE("A window larger than an instruction's is refused with its layer") {
  GraphMaker maker({1, 1, 257, 256}, Encoding::uint8);
  quantize(maker, 1, 0, 8, false);
  maker.add(Op::global_average_pool);
  const QuantizedNetwork network = quantize_graph(maker.finish(), pixels);
  MachineSpec spec = read_machine(std::string("edge"));
  spec.activation_memory.size_KiB = 256;
  CHECK(message_of([&] { static_cast<void>(lower(network, spec, {})); }) ==
        "f: node 'GlobalAveragePool_1': error: its windows have 257 x 256 taps; an instruction has up to "
        "65536");
}

}  // namespace tricycle::test
