// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/random_network.hpp"

using namespace tricycle;

TEST_CASE("random convolutional networks on random machines pass every check and give the golden values") {
  Random random(91);
  int ran = 0, refused = 0;
  for (int round = 0; round < 1500; ++round) {
    const QuantizedNetwork network = test::random_network(random);
    const MachineSpec spec = test::random_cnn_machine(random);
    const auto input = test::random_codes(random, network.input());
    CAPTURE(round, dump(network), write_fields(spec));
    try {
      const Trace trace = test::lower_and_run(network, spec, input);
      ++ran;
      Plan plan = choose_formats(network, spec, {});
      REQUIRE(test::dram_traffic(trace.code) >= trace.compulsory_bytes);
      REQUIRE(test::dram_traffic(trace.code) == test::planned_traffic(network, spec));
    } catch (const InputError& error) {
      ++refused;
      if (!test::says_why(error.what())) FAIL(error.what());
    }
  }
  CHECK(ran > 1000);
  CHECK(refused > 20);
}

TEST_CASE("a larger memory never moves more DRAM bytes over a convolutional network") {
  Random random(94);
  for (int round = 0; round < 60; ++round) {
    const QuantizedNetwork network = test::random_network(random);
    MachineSpec spec = test::random_cnn_machine(random);
    std::uint64_t before = ~std::uint64_t{0};
    for (const std::int64_t size : {1, 2, 4, 16, 64}) {
      spec.weight_memory.size_KiB = spec.activation_memory.size_KiB = spec.accumulator_memory.size_KiB = size;
      try {
        const std::uint64_t bytes = test::dram_traffic(lower(network, spec, {}).code);
        REQUIRE(bytes <= before);
        before = bytes;
      } catch (const InputError&) {
        REQUIRE(before == ~std::uint64_t{0});  // what fits once fits in more
      }
    }
  }
}

TEST_CASE("Pools and additions of more channels than fit are tiled over channels, at no cost in DRAM bytes") {
  // 7 x 7 x 512 streams of 16 bits have 50,176 bytes: 2 KiB hold 16 channels of the window at a time.
  Random random(95);
  for (const LayerKind kind : {LayerKind::sum_pool, LayerKind::max_pool, LayerKind::pointwise}) {
    QuantizedNetwork network;
    network.name = network.file = "many";
    QuantizedTensor input;
    input.name = "x";
    input.height = input.width = 7;
    input.channels = 512;
    input.codes = Codes::integers(-32768, 32767);
    QuantizedTensor output = input;
    output.name = "y";
    QuantizedLayer layer;
    layer.name = "layer";
    layer.kind = kind;
    layer.inputs = {0};
    layer.output = 1;
    layer.window.in_lines = layer.window.in_columns = 7;
    if (kind == LayerKind::pointwise) {
      layer.inputs = {0, 0};
      layer.window.lines = layer.window.columns = 7;
      ScaleStage stage;
      for (std::int32_t c = 0; c < 512; ++c) stage.multiplier.push_back(c + 1);
      stage.second.assign(512, 3);
      stage.bias.assign(512, 5);
      stage.shift.assign(512, 10);
      stage.least = -32768;
      stage.most = 32767;
      layer.stage = stage;
    } else {
      layer.window.kernel_h = layer.window.kernel_w = 7;
      output.height = output.width = 1;
      layer.stage = RawStage{};
      if (kind == LayerKind::sum_pool) {
        layer.stage = ScaleStage{false, {1}, {}, {0}, {6}, -32768, 32767};
      }
    }
    network.tensors = {input, output};
    network.layers = {layer};
    MachineSpec spec = read_machine(std::string("edge"));
    const auto codes = test::random_codes(random, network.input());
    std::uint64_t before = 0;
    for (const std::int64_t size : {512, 2}) {
      spec.activation_memory.size_KiB = size;
      CAPTURE(static_cast<int>(kind), size);
      const Trace trace = test::lower_and_run(network, spec, codes);
      const std::uint64_t bytes = test::dram_traffic(trace.code);
      CHECK(bytes == test::planned_traffic(network, spec));
      CHECK((before == 0 || bytes == before));
      before = bytes;
    }
  }
}
