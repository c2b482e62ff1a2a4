// SPDX-License-Identifier: Apache-2.0
// Host time of a 3 x 3 convolution of 64 to 64 channels on 56 x 56 positions on every datapath: the bare
// kernel, the machine without values, and with them.
#include <fmt/format.h>

#include "arch/datapath/tile.hpp"
#include "arch/params/machine.hpp"
#include "tests/bench/measure.hpp"
#include "workloads/lower/lower.hpp"

namespace {

using namespace tricycle;
using namespace tricycle::bench;

constexpr std::int64_t size = 56, channels = 64, taps = 9;
constexpr double macs = static_cast<double>(size * size * channels * channels * taps);

struct Case {
  const char* name;
  Datapath datapath;
  Format activations, weights;
  Codes activation_codes, weight_codes;
  MacType mac_type = MacType::int8;
};

Window window() {
  Window w;
  w.lines = w.columns = w.in_lines = w.in_columns = size;
  w.kernel_h = w.kernel_w = 3;
  w.pad_top = w.pad_left = 1;
  return w;
}

void kernel(benchmark::State& state, const Case& c, const MachineSpec& spec) {
  const std::int64_t word_bits = spec.array.word_bits;
  const auto image = random_rows(c.activations, word_bits, size * size, channels, 1);
  const auto weights = random_rows(c.weights, word_bits, channels * taps, channels, 2);
  TileProduct product;
  product.datapath = c.datapath;
  product.activation_format = c.activations;
  product.weight_format = c.weights;
  product.word_bits = word_bits;
  product.lanes = word_bits / bits_per_element(c.weights);
  product.window = window();
  product.elements = product.cols = channels;
  product.activations = image;
  product.weights = weights;
  product.position_stride = row_bytes(c.activations, channels, word_bits);
  product.line_stride = size * product.position_stride;
  product.weight_stride = taps * row_bytes(c.weights, channels, word_bits);
  std::vector<std::int32_t> sums(static_cast<std::size_t>(size * size * channels));
  for (auto _ : state) {
    multiply_tile(product, false, sums);
    benchmark::DoNotOptimize(sums.data());
  }
}

/// A network of this one layer, whose sums are its output.
QuantizedNetwork network(const Case& c) {
  QuantizedNetwork net;
  net.name = net.file = "convolution";
  QuantizedTensor input;
  input.name = "input";
  input.codes = c.activation_codes;
  input.height = input.width = size;
  input.channels = channels;
  input.shape = {1, channels, size, size};
  QuantizedTensor output = input;
  output.name = "output";
  output.codes = c.weight_codes.is_float() ? Codes::float32() : Codes::sums();
  net.tensors = {input, output};
  QuantizedLayer layer;
  layer.name = layer.op = "Conv";
  layer.inputs = {0};
  layer.output = 1;
  layer.window = window();
  layer.weight_codes = c.weight_codes;
  Random random(3);
  for (std::int64_t i = 0; i < channels * channels * taps; ++i) {
    if (c.weight_codes.is_float()) {
      layer.float_weights.push_back(static_cast<float>(random.real()) - 0.5F);
    } else {
      layer.weights.push_back(random.chance(0.5) ? std::int16_t{1} : std::int16_t{-1});
    }
  }
  layer.stage = RawStage{};
  net.layers = {layer};
  return net;
}

/// edge, with the array's arithmetic that of the case.
MachineSpec machine_of(const Case& c) {
  MachineSpec spec = read_machine("edge");
  spec.array.datapaths = {c.datapath};
  spec.array.mac_type = c.mac_type;
  spec.array.accumulator_bits = c.datapath == Datapath::mac ? 32 : 24;
  return spec;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const Codes trits = Codes::integers(-1, 1);
  const Case cases[] = {
      {"binary", Datapath::binary, Format::bit1, Format::bit1, Codes::binary(), Codes::binary()},
      {"ternary_fatnn", Datapath::ternary_fatnn, Format::trit2, Format::trit2, trits, trits},
      {"ternary_planes", Datapath::ternary_planes, Format::planes, Format::planes, trits, trits},
      {"bitserial, 8 x 2 bits", Datapath::bitserial, Format::uint8, Format::s2, Codes::integers(0, 255),
       Codes::integers(-2, 1)},
      {"shift", Datapath::shift, Format::pow2, Format::pow2, Codes::powers_of_two(64),
       Codes::powers_of_two(4)},
      {"mac, int8", Datapath::mac, Format::uint8, Format::int8, Codes::integers(0, 255),
       Codes::integers(-128, 127)},
      {"mac, fp16", Datapath::mac, Format::float16, Format::float16, Codes::float16(), Codes::float16(),
       MacType::fp16},
      {"mac, fp32", Datapath::mac, Format::float32, Format::float32, Codes::float32(), Codes::float32(),
       MacType::fp32},
  };
  fmt::print("3 x 3 convolution, 64 to 64 channels, 56 x 56, on edge; the fastest of five repetitions\n");
  fmt::print("{:<24} {:>11} {:>10} {:>13} {:>13} {:>13} {:>10} {:>10}\n", "", "cycles", "kernel ms",
             "ps per MAC", "timing ms", "values ms", "timing/k.", "values/k.");
  for (const Case& c : cases) {
    const MachineSpec spec = machine_of(c);
    const Trace trace = lower(network(c), spec, {});
    const auto machine = [&](bool functional) {
      return [&, functional](benchmark::State& state) {
        MachineOptions options;
        options.functional = functional;
        run_machine(state, trace, spec, options);
      };
    };
    const Measured bare = measure(c.name, [&](benchmark::State& state) { kernel(state, c, spec); });
    const Measured timing = measure(c.name, machine(false));
    const Measured values = measure(c.name, machine(true));
    if (bare.seconds == 0 || timing.seconds == 0 || values.seconds == 0) {
      fmt::print(stderr, "error: the benchmark '{}' failed\n", c.name);
      return 1;
    }
    fmt::print("{:<24} {:>11.0f} {:>10.3f} {:>13.3f} {:>13.3f} {:>13.3f} {:>10.2f} {:>10.2f}\n", c.name,
               values.cycles, bare.seconds * 1e3, bare.seconds / macs * 1e12, timing.seconds * 1e3,
               values.seconds * 1e3, timing.seconds / bare.seconds, values.seconds / bare.seconds);
  }
  return 0;
}
