// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/lower.hpp"

#include "support/files.hpp"
#include "support/report.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/random_network.hpp"
#include "traces/tools/check.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/import/network/network_import.hpp"

namespace {

using tricycle::Datapath;
using tricycle::Graph;
using tricycle::InputError;
using tricycle::Instruction;
using tricycle::lower;
using tricycle::LowerOptions;
using tricycle::MachineSpec;
using tricycle::Memory;
using tricycle::QuantizedNetwork;
using tricycle::Random;
using tricycle::Trace;
using tricycle::test::dram_traffic;
using tricycle::test::lower_and_run;
using tricycle::test::message_of;
using tricycle::test::pixels;
using tricycle::test::planned_traffic;
using tricycle::test::says_why;

/// A machine as a file would have it; the sizes are in KiB.
std::string machine_text(std::int64_t rows, std::int64_t cols, std::int64_t word_bits, std::int64_t weight,
                         std::int64_t activation, std::int64_t accumulator, const std::string& array,
                         std::int64_t instruction = 1024, std::int64_t queue_depth = 8) {
  const auto memory = [](const std::string& name, std::int64_t size) {
    return name + "_memory: {size_KiB: " + std::to_string(size) + ", banks: 1, width_bits: 64}\n";
  };
  return "name: m\nclock_MHz: 100\narray: {rows: " + std::to_string(rows) +
         ", cols: " + std::to_string(cols) + ", word_bits: " + std::to_string(word_bits) + ", " + array +
         "}\n" + memory("weight", weight) + memory("activation", activation) +
         memory("accumulator", accumulator) + memory("instruction", instruction) +
         "sequencer: {queue_depth: " + std::to_string(queue_depth) + "}\n";
}

MachineSpec machine(const std::string& text) {
  return read_machine(tricycle::parse_document(text, "m.yaml"));
}

MachineSpec random_machine(Random& random) {
  static const std::vector<std::string> datapaths = {"[ternary_planes]",
                                                     "[ternary_fatnn]",
                                                     "[ternary_planes, binary]",
                                                     "[binary, ternary_fatnn]",
                                                     "[ternary_fatnn, ternary_planes]",
                                                     "[ternary_planes, ternary_fatnn, binary]"};
  const std::string array = "datapaths: " + datapaths[random.below(datapaths.size())] +
                            ", fatnn_mask: " + (random.chance(0.5) ? "on_the_fly" : "precomputed");
  const auto size = [&] { return random.chance(0.5) ? random.between(1, 2) : random.between(1, 64); };
  const std::int64_t weight = size(), activation = size(), accumulator = size();
  return machine(machine_text(random.between(1, 12), random.between(1, 12), 16 * random.between(1, 9), weight,
                              activation, accumulator, array, random.chance(0.1) ? 1 : 1024,
                              random.between(1, 8)));
}

QuantizedNetwork network_of(const std::string& layers, const std::string& input) {
  return quantize_graph(
      import_network(
          tricycle::parse_document(
              "format: tricycle-network/1\nname: net\ninput: " + input + "\nlayers:\n" + layers, "net.yaml"),
          -1),
      pixels);
}

}  // namespace

TEST_CASE("quantized random graphs on random machines pass every check and give the golden values") {
  Random random(81);
  int ran = 0, refused = 0;
  for (int round = 0; round < 400; ++round) {
    const Graph graph = tricycle::test::random_graph(random, 30, 90);
    const QuantizedNetwork network = quantize_graph(graph, pixels);
    const MachineSpec spec = random_machine(random);
    const auto input = tricycle::test::random_input(random, network);
    CAPTURE(round, dump(network), write_fields(spec));
    try {
      const Trace trace = lower_and_run(network, spec, input);
      ++ran;
      REQUIRE(dram_traffic(trace.code) >= trace.compulsory_bytes);
      // What the tiling counted is what the code moves.
      REQUIRE(dram_traffic(trace.code) == planned_traffic(network, spec));
    } catch (const InputError& error) {
      ++refused;
      if (!says_why(error.what())) FAIL(error.what());
    }
  }
  CHECK(ran > 200);
  CHECK(refused > 5);
}

TEST_CASE("each datapath that takes a layer gives the same values") {
  Random random(82);
  const MachineSpec spec = machine(machine_text(
      4, 4, 32, 8, 8, 8, "datapaths: [ternary_planes, ternary_fatnn, binary], fatnn_mask: precomputed"));
  for (int round = 0; round < 100; ++round) {
    const QuantizedNetwork network = quantize_graph(tricycle::test::random_graph(random, 8, 50), pixels);
    const auto input = tricycle::test::random_input(random, network);
    for (const Datapath datapath : {Datapath::ternary_planes, Datapath::ternary_fatnn, Datapath::binary}) {
      LowerOptions options;
      options.datapath = datapath;
      const std::string message = message_of([&] { (void)lower_and_run(network, spec, input, options); });
      if (datapath == Datapath::binary && !message.empty()) {
        CHECK(message.find("no layer takes the datapath binary: ") != std::string::npos);
      } else {
        CHECK(message.empty());
      }
    }
  }
}

TEST_CASE("blocks in on-chip memory start at multiples of eight bytes") {
  Random random(83);
  for (int round = 0; round < 100; ++round) {
    const QuantizedNetwork network = quantize_graph(tricycle::test::random_graph(random, 30, 60), pixels);
    const MachineSpec spec = machine(machine_text(4, 4, 64, 4, 4, 4, "datapaths: [ternary_planes]"));
    Trace trace;
    try {
      trace = lower(network, spec, {});
    } catch (const InputError&) {
      continue;
    }
    for (const Instruction& instruction : unrolled(trace.code)) {
      if (const auto* load = std::get_if<tricycle::isa::Load>(&instruction.operation)) {
        if (load->memory == tricycle::Memory::activation) REQUIRE(load->address % 8 == 0);
      } else if (const auto* store = std::get_if<tricycle::isa::Store>(&instruction.operation)) {
        if (store->memory == tricycle::Memory::activation) REQUIRE(store->address % 8 == 0);
      }
    }
  }
}

TEST_CASE("a larger memory never moves more DRAM bytes over a whole network") {
  Random random(84);
  for (int round = 0; round < 100; ++round) {
    const QuantizedNetwork network = quantize_graph(tricycle::test::random_graph(random, 40, 120), pixels);
    std::uint64_t before = ~std::uint64_t{0};
    for (const std::int64_t size : {1, 2, 4, 16}) {
      const MachineSpec spec =
          machine(machine_text(4, 8, 32, size, size, size, "datapaths: [ternary_planes]"));
      try {
        const std::uint64_t bytes = dram_traffic(lower(network, spec, {}).code);
        REQUIRE(bytes <= before);
        before = bytes;
      } catch (const InputError&) {
        REQUIRE(before == ~std::uint64_t{0});  // what fits once fits in more
      }
    }
  }
}

TEST_CASE("a network that fits on chip moves its compulsory bytes and no more") {
  const QuantizedNetwork network = network_of(
      "  - {name: a, units: 20}\n  - {name: b, units: 20}\n  - {name: c, units: 5, output: scaled}\n",
      "{rows: 3, features: 30}");
  const MachineSpec spec = machine(machine_text(4, 4, 64, 16, 16, 16, "datapaths: [ternary_planes]"));
  const Trace trace = lower(network, spec, {});
  CHECK(dram_traffic(trace.code) == trace.compulsory_bytes);
}

TEST_CASE("networks of the zoo survive both forms of a trace, byte for byte") {
  const MachineSpec spec = tricycle::read_machine(std::string("edge"));
  for (const std::string name : {"mlp-mnist", "gemm-1024", "long-lenet5", "bitfusion-svhn"}) {
    const Graph graph = import_network(tricycle::read_document(tricycle::find_preset(
                                           "workloads/zoo", name, tricycle::Place::of_file("MODEL"))),
                                       -1);
    const QuantizedNetwork network = quantize_graph(graph, pixels);
    LowerOptions options;
    options.tool = "tricycle test";
    Trace trace = lower(network, spec, options);
    Random random(1);
    trace.items = {"random", "", 1,
                   pack_tensor(trace.input, spec, tricycle::test::random_input(random, network))};
    trace.golden_crc = 12345;
    check_ranges(trace, spec, "t");
    check_order(trace, spec, "t");
    const tricycle::Bytes binary = write_trace(trace);
    const std::string text = write_trace_text(trace);
    CHECK(write_trace(tricycle::read_trace_text(text, "t")) == binary);
    CHECK(write_trace_text(tricycle::read_trace(binary, "t")) == text);
    CHECK(trace.workload == name);
    CHECK(shape_difference(trace.machine_spec(), spec).empty());
  }
}

TEST_CASE("what cannot be lowered is named with its layer and the parameter to change") {
  const QuantizedNetwork network =
      network_of("  - {name: big, units: 64}\n", "{features: 40, encoding: ternary}");
  const auto fault = [&](const std::string& text, const LowerOptions& options = {}) {
    return message_of([&] { (void)lower(network, machine(text), options); });
  };
  CHECK(fault(machine_text(4, 4, 64, 1, 1, 1, "datapaths: [ternary_planes]")).empty());
  CHECK(
      fault(machine_text(4, 4, 64, 1, 1, 1, "datapaths: [binary]")) ==
      "net.yaml: node 'big': error: none of the datapaths of the machine 'm' takes ternary activations with "
      "ternary weights");
  LowerOptions options;
  options.datapath = Datapath::ternary_fatnn;
  CHECK(fault(machine_text(4, 4, 64, 1, 1, 1, "datapaths: [ternary_planes]"), options) ==
        "net.yaml: error: no layer takes the datapath ternary_fatnn: the machine 'm' has none");
  options.datapath = Datapath::binary;
  CHECK(fault(machine_text(4, 4, 64, 1, 1, 1, "datapaths: [ternary_planes, binary]"), options) ==
        "net.yaml: error: no layer takes the datapath binary: 'big' has ternary activations and ternary "
        "weights");
  options.datapath = Datapath::mac;
  CHECK(
      fault(machine_text(4, 4, 64, 1, 1, 1, "datapaths: [ternary_planes, mac], mac_type: fp32"), options) ==
      "net.yaml: error: no layer takes the datapath mac: 'big' has ternary activations and ternary weights");
  CHECK(
      fault(machine_text(4, 64, 256, 1, 1, 1, "datapaths: [ternary_planes]")) ==
      "net.yaml: node 'big': error: no tile fits: the smallest needs 2056 bytes of weight_memory, which has "
      "1024; weight_memory.size_KiB would have to be 3");
}

TEST_CASE("an image line whose channels do not fit says how large activation memory would have to be") {
  // One output of a pool over the whole image reads 64 x 64 pixels of the 32 channels of a packed word.
  const QuantizedNetwork network =
      network_of("  - {name: p, pool: {kind: max, kernel: 64}}\n  - {name: a, units: 1}\n",
                 "{channels: 32, height: 64, width: 64, encoding: ternary}");
  const std::string message = message_of([&] {
    (void)lower(network, machine(machine_text(4, 4, 64, 8, 2, 1, "datapaths: [ternary_planes]")), {});
  });
  CHECK(message ==
        "net.yaml: node 'p': error: no tile fits: the smallest needs 32776 bytes of activation_memory, which "
        "has "
        "2048; activation_memory.size_KiB would have to be 33");
}

TEST_CASE("a program far too long is refused while it grows") {
  const QuantizedNetwork network =
      network_of("  - {name: p, pool: {kernel: 3, stride: 2, pad: 1}}\n",
                 "{channels: 2, height: 8, width: 8, images: 400000, encoding: ternary}");
  const MachineSpec spec = machine(machine_text(4, 4, 64, 1, 1, 1, "datapaths: [ternary_planes]", 1));
  CHECK(message_of([&] { static_cast<void>(lower(network, spec, {})); }) ==
        "net.yaml: node 'p': error: its program has more than 1000000 instructions before loops are found in "
        "it");
}

TEST_CASE("twice the layers cost little more than twice the work to place, those priced anew included") {
  const MachineSpec spec = machine(machine_text(4, 4, 64, 1, 1, 1, "datapaths: [ternary_planes]", 1024));
  const auto placed = [&](int layers) {
    std::string text;
    for (int i = 0; i < layers; ++i) text += "  - {name: l" + std::to_string(i) + ", units: 16}\n";
    const QuantizedNetwork network = network_of(text, "{rows: 150, features: 16, encoding: ternary}");
    int work = 0, spilled = 0;
    const tricycle::Listener listener([&](const std::string& what, std::uint64_t, std::uint64_t) {
      if (what == "placing layers") ++work;
    });
    const Trace trace = lower(network, spec, {});
    for (const auto& tensor : trace.tensors)
      spilled += tensor.kind == "activation" && tensor.memory == Memory::dram ? 1 : 0;
    CHECK(spilled > layers / 3);
    return work;
  };
  const int one = placed(100), two = placed(200);
  CHECK(one >= 100);
  CHECK(two < 2.5 * one);
}

TEST_CASE("a datapath asked for serves the layers that it can, and the others keep theirs") {
  const QuantizedNetwork network = network_of(
      "  - {name: a, units: 8, weights: binary, output: binary}\n"
      "  - {name: b, units: 8, weights: binary, output: sums}\n",
      "{features: 40, encoding: ternary}");
  const MachineSpec spec =
      machine(machine_text(4, 4, 64, 4, 4, 4, "datapaths: [ternary_planes, ternary_fatnn, binary]"));
  LowerOptions options;
  options.datapath = Datapath::binary;
  const Trace trace = lower(network, spec, options);
  REQUIRE(trace.layers.size() == 2);
  CHECK(trace.layers[0].datapath == "ternary_planes");
  CHECK(trace.layers[1].datapath == "binary");
  options.datapath = Datapath::ternary_fatnn;
  for (const auto& layer : lower(network, spec, options).layers) CHECK(layer.datapath == "ternary_fatnn");
}

TEST_CASE("the code of a small product is this, with its semaphores") {
  const QuantizedNetwork network =
      network_of("  - {name: a, units: 2, output: sums}\n", "{rows: 2, features: 8, encoding: ternary}");
  const MachineSpec spec = machine(machine_text(2, 2, 16, 1, 1, 1, "datapaths: [ternary_planes]"));
  const Trace trace = lower(network, spec, {});
  std::string text;
  for (const Instruction& instruction : trace.code) text += disassemble(instruction) + "\n";
  CHECK(text ==
        "load memory=weight address=1016 stride=2 dram=0x80 dram_stride=2 rows=1 row_bytes=4 once=1\n"
        "load memory=activation address=0 stride=2 dram=0x0 dram_stride=2 rows=1 row_bytes=4 once=0 "
        "post=array\n"
        "matmul datapath=ternary_planes activation_format=planes weight_format=planes im2col=0 folding=0 "
        "accumulate=0 staged=0 streamed=0 activations=0 position_stride=2 line_stride=2 lines=2 columns=1 "
        "kernel_h=1 "
        "kernel_w=1 "
        "stride_y=1 stride_x=1 pad_top=0 pad_left=0 in_lines=2 in_columns=1 dilation_y=1 dilation_x=1 pad=0 "
        "elements=8 weights=1016 weight_stride=2 sums=0 sum_stride=8 cols=2 wait=load post=store\n"
        "store memory=accumulator address=0 stride=8 dram=0x40 dram_stride=8 rows=1 row_bytes=16 wait=array\n"
        "halt\n");
}

TEST_CASE("semaphores keep the meaning of random straight-line code at any queue depth") {
  Random random(85);
  for (int round = 0; round < 60; ++round) {
    const QuantizedNetwork network = quantize_graph(tricycle::test::random_graph(random, 20, 60), pixels);
    MachineSpec spec = random_machine(random);
    const auto input = tricycle::test::random_input(random, network);
    for (const std::int64_t depth : {1, 2, 64}) {
      spec.sequencer.queue_depth = depth;
      const std::string message = message_of([&] { (void)lower_and_run(network, spec, input); });
      REQUIRE((message.empty() || says_why(message)));
    }
  }
}
