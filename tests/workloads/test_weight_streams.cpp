// SPDX-License-Identifier: Apache-2.0
// Layers whose weights stream from DRAM into the array (rules D9 and A12): which do, with the same values.
#include <algorithm>
#include <fmt/format.h>

#include "sim/experiment/simulate.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/random_formats.hpp"
#include "tests/workloads/random_network.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/import/network/network_import.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// A machine of 4 x 4 elements with words of 32 bits, 16 trits, and weight memory of 1 KiB.
MachineSpec streaming_machine(std::int64_t bytes, const std::string& more = "") {
  const auto memory = [](const char* name, std::int64_t size) {
    return fmt::format("{}_memory: {{size_KiB: {}, banks: 1, width_bits: 256}}\n", name, size);
  };
  return read_machine(parse_document(
      "name: m\nclock_MHz: 100\narray: {rows: 4, cols: 4, word_bits: 32, datapaths: [ternary_planes]}\n" +
          memory("weight", 1) + memory("activation", 16) + memory("accumulator", 16) +
          memory("instruction", 64) + fmt::format("weight_stream: {{bytes: {}}}\n", bytes) + more,
      "m.yaml"));
}

/// Dense layers of 500 to 120 to 40 values, 28,480 bytes of planes, for `batch` items at once.
QuantizedNetwork dense(std::int64_t batch = 1) {
  const std::string text = fmt::format(
      "format: tricycle-network/1\nname: net\ninput: {{rows: {}, features: 500, encoding: "
      "ternary}}\nlayers:\n"
      "  - {{name: fc1, units: 120, weights: ternary, output: ternary}}\n"
      "  - {{name: fc2, units: 40, weights: ternary, output: ternary}}\n",
      batch);
  return quantize_graph(import_network(parse_document(text, "net.yaml"), -1), pixels);
}

std::int64_t streams_in(const Trace& trace) {
  return std::count_if(trace.code.begin(), trace.code.end(), takes_stream);
}

/// Simulates with all values verified; returns the inference.
Inference verified(const Trace& trace, const QuantizedNetwork& network, const MachineSpec& machine) {
  SimulateOptions options;
  options.progress = Show::never;
  const Simulation skipping = simulate(trace, machine, &network, options);
  options.machine.lockstep = true;
  CHECK(simulate(trace, machine, &network, options).cycles_total == skipping.cycles_total);
  CHECK(skipping.checked > 0);
  CHECK(skipping.mismatches == 0);
  return skipping.first;
}

}  // namespace

TEST_CASE(
    "dense layers of one item stream, in fewer cycles, with as many DRAM bytes and no access for weights") {
  const QuantizedNetwork network = dense();
  Random random(71);
  const auto input = random_codes(random, network.input());
  const auto run = [&](std::int64_t bytes) {
    const MachineSpec machine = streaming_machine(bytes);
    return verified(lower_and_run(network, machine, input), network, machine);
  };
  const Inference stopping = run(0), streaming = run(1024);
  CHECK(stopping.events()[Counter::array_stream_bits] == 0);
  // 500 trits are 31 words and 4 trits, which stop in 32 words.
  CHECK(streaming.events()[Counter::array_stream_bits] == 2 * (500 * 120 + 120 * 40));
  CHECK(streaming.events()[Counter::dram_read_bytes] <= stopping.events()[Counter::dram_read_bytes]);
  CHECK(streaming.events()[Counter::weight_memory_reads] <
        stopping.events()[Counter::weight_memory_reads] / 4);
  CHECK(streaming.cycles < stopping.cycles);
}

TEST_CASE("4 items at once stream into 4 rows of the array, and 5 do not") {
  Random random(72);
  for (const std::int64_t batch : {4, 5}) {
    const QuantizedNetwork network = dense(batch);
    const Trace trace =
        lower_and_run(network, streaming_machine(1024), random_codes(random, network.input()));
    CHECK((streams_in(trace) > 0) == (batch == 4));
  }
}

TEST_CASE("a buffer for a step of 16 bytes and a burst of 64 is enough, one byte less is not") {
  const auto streams = [](std::int64_t bytes) {
    return streams_in(lower(dense(), streaming_machine(bytes), {}));
  };
  CHECK(streams(16 + 64 + 1) > 0);
  CHECK(streams(16 + 64) == 0);
}

TEST_CASE("weights that stay from item to item do not stream") {
  MachineSpec machine = streaming_machine(1024);
  machine.weight_memory.size_KiB = 64;
  CHECK(streams_in(lower(dense(), machine, {})) == 0);
}

TEST_CASE("weights stream in base 3 through the load engine's decoder, and through the array's") {
  const QuantizedNetwork network = dense();
  Random random(73);
  const auto input = random_codes(random, network.input());
  const MachineSpec machine = streaming_machine(1024, "decoder: {load: true, array: true}\n");
  for (const Format on_chip : {Format::planes, Format::trit5}) {
    LowerOptions options;
    options.formats.weights = {Format::trit5, on_chip};
    const Trace trace = lower_and_run(network, machine, input, options);
    CHECK(streams_in(trace) > 0);
    const Inference inference = verified(trace, network, machine);
    CHECK(inference.events()[Counter::load_decoded_elements] ==
          (on_chip == Format::planes ? 500 * 120 + 120 * 40 : 0));
  }
  LowerOptions bitmaps;
  bitmaps.formats.weights = {Format::bitmap, Format::planes};
  CHECK(streams_in(lower(network, machine, bitmaps)) == 0);
}

TEST_CASE(
    "streamed layers keep their thresholds in the output stage, whose tables come before their weights") {
  const QuantizedNetwork network = dense();
  Random random(74);
  const auto input = random_codes(random, network.input());
  const MachineSpec machine = streaming_machine(
      1024, "output_stage: {lanes: 4, scale_lanes: 4, thresholds: 3}\nsequencer: {queue_depth: 1}\n");
  const Trace trace = lower_and_run(network, machine, input);
  CHECK(streams_in(trace) > 0);
  CHECK(std::any_of(trace.code.begin(), trace.code.end(),
                    [](const Instruction& i) { return takes_stream(i) && is_staged(i); }));
  verified(trace, network, machine);
}

TEST_CASE("a tensor of weights that stream says so") {
  const Trace trace = lower(dense(), streaming_machine(1024), {});
  std::string reason;
  for (const TraceTensor& tensor : trace.tensors) {
    if (tensor.name == "fc1.weights") reason = tensor.reason;
  }
  CHECK(reason ==
        "streams once from DRAM into the array, past weight memory: through 1 KiB of the weight stream");
}

TEST_CASE(
    "1,000 random networks with weights that stream give the golden values, and move the bytes planned") {
  Random random(75);
  int ran = 0, streamed = 0, decoded = 0;
  for (int round = 0; round < 1000; ++round) {
    const QuantizedNetwork network = random_network(random);
    MachineSpec spec = random_cnn_machine(random);
    spec.array.dataflow = Dataflow::output_stationary;
    spec.array.rows = random.between(4, 40);
    spec.decoder.load = spec.decoder.array = true;
    spec.weight_memory.size_KiB = random.between(1, 2);
    spec.weight_stream.bytes = random.between(100, 2000);
    if (random.chance(0.5)) spec.output_stage = {.lanes = 4, .scale_lanes = 4};
    const auto input = random_codes(random, network.input());
    LowerOptions options;
    options.allow_untaken = true;
    CAPTURE(round, dump(network), write_fields(spec));
    try {
      if (random.chance(0.5)) options.formats = random_formats(random, network, spec);
      const Trace trace = lower_and_run(network, spec, input, options);
      ++ran;
      streamed += streams_in(trace) > 0 ? 1 : 0;
      for (const Instruction& i : trace.code)
        decoded += std::holds_alternative<isa::Unpack>(i.operation) && brings_stream(i) ? 1 : 0;
      REQUIRE(dram_traffic(trace.code) >= trace.compulsory_bytes);
      REQUIRE(dram_traffic(trace.code) == planned_traffic(network, spec, options));
    } catch (const InputError& error) {
      if (!says_why(error.what())) FAIL(error.what());
    }
  }
  CHECK(ran > 400);
  CHECK(streamed > 100);
  CHECK(decoded > 10);
}
