// SPDX-License-Identifier: Apache-2.0
// Ternary weights in every format, in DRAM and on chip: the same values, and the bytes that were planned.
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/random_formats.hpp"
#include "tests/workloads/random_network.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/import/network/network_import.hpp"
#include "workloads/lower/packing.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// A machine of 4 x 4 elements with words of 32 bits and both decoders.
MachineSpec decoding_machine(const std::string& datapaths, std::int64_t weight_KiB = 16) {
  const auto memory = [](const char* name, std::int64_t size) {
    return std::string(name) + "_memory: {size_KiB: " + std::to_string(size) +
           ", banks: 1, width_bits: 64}\n";
  };
  return read_machine(parse_document(
      "name: m\nclock_MHz: 100\narray: {rows: 4, cols: 4, word_bits: 32, datapaths: " + datapaths + "}\n" +
          memory("weight", weight_KiB) + memory("activation", 16) + memory("accumulator", 16) +
          memory("instruction", 64) + "decoder: {load: true, array: true}\n",
      "m.yaml"));
}

/// A ternary convolution of 40 to 24 channels, 3 x 3, on 6 x 6 positions.
QuantizedNetwork convolution() {
  static const std::string text =
      "format: tricycle-network/1\nname: net\n"
      "input: {channels: 40, height: 6, width: 6, encoding: ternary}\nlayers:\n"
      "  - {name: conv1, conv: {filters: 24, kernel: 3, pad: 1}, weights: ternary, output: ternary}\n"
      "  - {name: conv2, conv: {filters: 40, kernel: 1}, weights: ternary, output: ternary}\n";
  return quantize_graph(import_network(parse_document(text, "net.yaml"), -1), pixels);
}

LowerOptions both(Format dram, Format on_chip) {
  LowerOptions options;
  options.formats.weights = {dram, on_chip};
  return options;
}

std::string refusal(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options) {
  try {
    static_cast<void>(lower(network, spec, options));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("1,000 random networks give the golden values in random formats, and move the bytes planned") {
  Random random(96);
  int ran = 0, refused = 0, decoded = 0;
  for (int round = 0; round < 1000; ++round) {
    const QuantizedNetwork network = random_network(random);
    MachineSpec spec = random_cnn_machine(random);
    spec.decoder.load = spec.decoder.array = true;
    std::stable_partition(spec.array.datapaths.begin(), spec.array.datapaths.end(),
                          [](Datapath datapath) { return is_ternary(datapath); });
    const auto input = random_codes(random, network.input());
    LowerOptions options;
    options.allow_untaken = true;  // no layer may be ternary
    try {
      options.formats = random_formats(random, network, spec);
    } catch (const InputError& error) {
      if (!says_why(error.what())) FAIL(error.what());
    }
    CAPTURE(round, dump(network), write_fields(spec));
    try {
      const Trace trace = lower_and_run(network, spec, input, options);
      ++ran;
      decoded += decodes(trace) ? 1 : 0;
      REQUIRE(dram_traffic(trace.code) >= trace.compulsory_bytes);
      REQUIRE(dram_traffic(trace.code) == planned_traffic(network, spec, options));
      check_packing(trace);
    } catch (const InputError& error) {
      ++refused;
      if (!says_why(error.what())) FAIL(error.what());
    }
  }
  CHECK(ran > 600);
  CHECK(decoded > 150);
  CHECK(refused > 10);
}

TEST_CASE(
    "each of the 16 pairs of formats gives the same values on both ternary datapaths, whole and split") {
  Random random(97);
  const QuantizedNetwork network = convolution();
  const auto input = random_codes(random, network.input());
  for (const char* datapath : {"[ternary_planes, bitserial]", "[ternary_fatnn, bitserial]"}) {
    for (const std::int64_t weight_KiB : {16, 1}) {
      const MachineSpec spec = decoding_machine(datapath, weight_KiB);
      for (const Format dram : trit_formats) {
        for (const Format on_chip : trit_formats) {
          CAPTURE(datapath, weight_KiB, static_cast<int>(dram), static_cast<int>(on_chip));
          const Trace trace = lower_and_run(network, spec, input, both(dram, on_chip));
          REQUIRE(dram_traffic(trace.code) == planned_traffic(network, spec, both(dram, on_chip)));
          check_packing(trace);
        }
      }
    }
  }
}

TEST_CASE("24 channels of 360 trits: 2,592 bytes of planes in words of 16 trits, 1,728 of trit5") {
  const QuantizedNetwork network = convolution();
  const MachineSpec spec = decoding_machine("[ternary_planes, bitserial]");
  const auto layer = [&](Format dram, Format on_chip) {
    return lower(network, spec, both(dram, on_chip)).layers[0];
  };
  const TraceLayer planes = layer(Format::planes, Format::trit5);
  REQUIRE(planes.name == "conv1");
  CHECK(planes.dram_bytes == 24 * 9 * 12);  // 40 trits in 3 words of 4 bytes
  CHECK(planes.padding_bytes == 24 * 9 * 2);
  CHECK(planes.chip_bytes == 24 * 72);
  const TraceLayer trit5 = layer(Format::trit5, Format::trit2);
  CHECK(trit5.dram_bytes == 24 * 72);
  CHECK(trit5.padding_bytes == 0);
  CHECK(trit5.chip_bytes == 24 * 9 * 12);
  // A row of a bitmap: 45 bytes of bits, and the signs of the row that has the most of them.
  const TraceLayer bitmap = layer(Format::bitmap, Format::bitmap);
  std::uint64_t most = 0, all = 0;
  for (std::size_t c = 0; c < 24; ++c) {
    const auto row = network.layers[0].weights.begin() + static_cast<std::ptrdiff_t>(360 * c);
    const auto nonzeros = static_cast<std::uint64_t>(360 - std::count(row, row + 360, 0));
    most = std::max(most, nonzeros);
    all += nonzeros;
  }
  CHECK(bitmap.dram_bytes <= 24 * (45 + (most + 7) / 8));  // a tile of fewer channels may need fewer
  CHECK(bitmap.dram_bytes >= 24 * 45 + (all + 7) / 8);
  CHECK(bitmap.metadata_bytes == 24 * 45);
  CHECK(bitmap.padding_bytes == bitmap.dram_bytes - 24 * 45 - (all + 7) / 8);
}

TEST_CASE("what is left open is the datapath's own format on chip, and in DRAM the one on chip") {
  const QuantizedNetwork network = convolution();
  const MachineSpec spec = decoding_machine("[ternary_planes, bitserial]");
  const auto formats = [&](const WeightFormats& weights) {
    LowerOptions options;
    options.formats.weights = weights;
    const TraceLayer layer = lower(network, spec, options).layers[0];
    return std::pair(layer.dram_format, layer.chip_format);
  };
  CHECK(formats({}) == std::pair(Format::planes, Format::planes));
  CHECK(formats({Format::trit5, {}}) == std::pair(Format::trit5, Format::planes));
  CHECK(formats({{}, Format::trit5}) == std::pair(Format::trit5, Format::trit5));
}

TEST_CASE("a layer's own choice comes first, and is refused where its weights are not ternary") {
  const QuantizedNetwork network = convolution();
  LowerOptions options = both(Format::trit5, Format::planes);
  options.formats.layers["conv2"] = {Format::bitmap, {}};
  const MachineSpec spec = decoding_machine("[ternary_planes, bitserial]");
  const Trace trace = lower(network, spec, options);
  for (const TraceLayer& layer : trace.layers) {
    if (layer.name == "conv1") CHECK(layer.dram_format == Format::trit5);
    if (layer.name == "conv2") CHECK(layer.dram_format == Format::bitmap);
    if (layer.dram_bytes > 0) CHECK(layer.chip_format == Format::planes);
  }
  CHECK(refusal(network, decoding_machine("[bitserial]"), options) ==
        "net.yaml: node 'conv2': error: its weights are s2 on the datapath bitserial; formats are chosen of "
        "ternary weights, on ternary_planes or ternary_fatnn");
  options.formats.layers.clear();
  CHECK(
      refusal(network, decoding_machine("[bitserial]"), options) ==
      "net.yaml: error: 'formats.weights.dram=trit5' changes no layer: 'conv1' and 'conv2' run on bitserial, "
      "which has no packings");
  options.allow_untaken = true;  // the layers that take it may be in another part
  CHECK(refusal(network, decoding_machine("[bitserial]"), options).empty());
}

TEST_CASE("formats that differ need a decoder where they do") {
  const QuantizedNetwork network = convolution();
  MachineSpec spec = decoding_machine("[ternary_planes, bitserial]");
  spec.decoder.load = spec.decoder.array = false;
  CHECK(
      refusal(network, spec, both(Format::trit5, Format::planes)) ==
      "net.yaml: node 'conv1': error: its weights are trit5 in DRAM and become planes behind it, which needs "
      "a decoder: 'decoder.load' is false");
  CHECK(refusal(network, spec, both(Format::trit5, Format::trit5)) ==
        "net.yaml: node 'conv1': error: its weights are trit5 in weight memory and become planes behind it, "
        "which needs a decoder: 'decoder.array' is false");
  CHECK(refusal(network, spec, both(Format::planes, Format::planes)).empty());
}

TEST_CASE(
    "the entropy of 8 values is 0 bytes of one kind, 1 of two kinds, 2 of four, and 1.5 x 8 bits of 4:2:2") {
  const auto bytes = [](std::vector<std::uint64_t> counts) { return entropy_bytes(counts); };
  CHECK(bytes({8}) == 0);
  CHECK(bytes({4, 4}) == 1);
  CHECK(bytes({0, 2, 2, 2, 0, 2}) == 2);
  CHECK(bytes({4, 2, 2}) == 1);  // 12 bits
  CHECK(bytes({4000, 2000, 2000}) == 1500);
  CHECK(bytes({1000, 1000, 1000}) == 594);  // 3,000 x log2 3 = 4,754.9 bits
  CHECK(bytes({}) == 0);
}
