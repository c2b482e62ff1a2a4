// SPDX-License-Identifier: Apache-2.0
// Parameters that stay in weight memory from item to item (rule D8): which do, with the same values.
#include <fmt/format.h>

#include "sim/experiment/simulate.hpp"
#include "sim/report/residency.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/random_network.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/import/network/network_import.hpp"
#include "workloads/lower/tiling.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// Bytes that are loaded once, of all layers or of some.
template <class Chosen>
std::uint64_t staying_in(const Trace& trace, Chosen chosen) {
  std::uint64_t bytes = 0;
  for (const Instruction& instruction : unrolled(trace.code)) {
    std::visit(
        [&](const auto& i) {
          if constexpr (requires { i.once; }) {
            if (i.once != 0 && chosen(instruction.layer)) bytes += std::uint64_t{i.rows} * i.row_bytes;
          }
        },
        instruction.operation);
  }
  return bytes;
}
std::uint64_t staying_in(const Trace& trace) {
  return staying_in(trace, [](std::uint32_t) { return true; });
}

/// Dense layers of 500 to 120 to 40 to 10 values, with 15,363, 1,283 and 123 bytes of parameters.
QuantizedNetwork dense() {
  return quantize_graph(
      import_network(parse_document("format: tricycle-network/1\nname: net\n"
                                    "input: {features: 500, encoding: ternary}\nlayers:\n"
                                    "  - {name: fc1, units: 120, weights: ternary, output: ternary}\n"
                                    "  - {name: fc2, units: 40, weights: ternary, output: ternary}\n"
                                    "  - {name: fc3, units: 10, weights: ternary, output: ternary}\n",
                                    "net.yaml"),
                     -1),
      pixels);
}

/// A machine of 4 x 4 elements with words of 32 bits, 16 trits.
MachineSpec machine_with(std::int64_t weight_KiB) {
  const auto memory = [](const char* name, std::int64_t size) {
    return fmt::format("{}_memory: {{size_KiB: {}, banks: 1, width_bits: 256}}\n", name, size);
  };
  return read_machine(parse_document(
      "name: m\nclock_MHz: 100\narray: {rows: 4, cols: 4, word_bits: 32, datapaths: [ternary_planes]}\n" +
          memory("weight", weight_KiB) + memory("activation", 16) + memory("accumulator", 16) +
          memory("instruction", 64),
      "m.yaml"));
}

}  // namespace

TEST_CASE(
    "of 250 random networks two items have their values, whatever stays of weights, tables and groups") {
  Random random(311);
  int all = 0, some = 0, in_groups = 0;
  for (int round = 0; round < 250; ++round) {
    const QuantizedNetwork network = random_network(random);
    const MachineSpec machine = random_cnn_machine(random);
    const std::vector<std::vector<std::int32_t>> items = {random_codes(random, network.input()),
                                                          random_codes(random, network.input())};
    Trace trace;
    CAPTURE(round, dump(network), write_fields(machine));
    try {
      trace = lower_and_run_items(network, machine, items);
    } catch (const InputError& error) {
      REQUIRE(says_why(error.what()));
      continue;
    }
    SimulateOptions options;
    options.progress = Show::never;
    const Simulation run = simulate(trace, machine, &network, options);
    REQUIRE(run.mismatches == 0);
    const std::uint64_t staying = staying_in(trace);
    const auto loaded = [](const Inference& inference) { return inference.events()[Counter::load_bytes]; };
    REQUIRE(loaded(*run.warm) + staying == loaded(run.first));
    std::uint64_t parameters = 0;
    for (const TraceTensor& tensor : trace.tensors)
      parameters += tensor.kind == "weights" || tensor.kind == "table" ? tensor.bytes : 0;
    all += staying > 0 && staying == parameters ? 1 : 0;
    some += staying > 0 && staying < parameters ? 1 : 0;
    const auto has_groups = [&](std::uint32_t layer) {
      return network.layers[layer].has_weights() && network.layers[layer].groups > 1;
    };
    in_groups += staying_in(trace, has_groups) > 0 ? 1 : 0;
  }
  CHECK(all > 60);
  CHECK(some > 8);
  CHECK(in_groups > 15);
}

TEST_CASE("weights of 32 groups stay in two blocks of 16 channels, half the bytes of one block of 32") {
  TilingProblem p;
  p.has_weights = true;
  p.groups = p.n = 32;
  p.split = 16;
  p.inputs = {{Format::int8, 32, false}};
  p.shape = {Datapath::mac, Format::int8, Format::int8, 1, 32, 9, 32, false, 0};
  p.dram_weights = Format::int8;
  p.output = Format::int8;
  MachineSpec machine = machine_with(64);
  machine.array.cols = 16;
  p.pinned_n = pinned_channels(p, machine);
  CHECK(p.pinned_n == 16);
  CHECK(p.weight_bytes(Format::int8) == 2 * 16 * 9 * 16);
  CHECK(p.pinned_weights(Format::int8, 16) == 16 * 9 * 16);
  p.pinned_n = 32;
  CHECK(p.weight_bytes(Format::int8) == 32 * 9 * 32);
  machine.array.cols = 32;  // no tile has fewer channels than the array has columns
  CHECK(pinned_channels(p, machine) == 32);
  p.pinned = p.loads_stay = p.stays = true;
  p.pinned_n = 16;
  machine.array.cols = 16;
  for (const Tiling& tiling : tilings(p, machine)) CHECK(tiling.n == 16);
}

TEST_CASE("of 16,769 bytes of parameters all stay in 17 KiB, in 16 those of the last two layers, in 2 none") {
  const QuantizedNetwork network = dense();
  const auto staying = [&](std::int64_t KiB) { return staying_in(lower(network, machine_with(KiB), {})); };
  CHECK(staying(17) == 16769);
  CHECK(staying(16) == 1283 + 123);
  CHECK(staying(15) == 123);  // else a block less of the first layer's weights would be on its way
  CHECK(staying(3) == 123);
  CHECK(staying(2) == 0);
}

TEST_CASE("what stays of a network that does not fit moves no more DRAM bytes in the first inference") {
  const QuantizedNetwork network = dense();
  std::uint64_t before = dram_traffic(lower(network, machine_with(1), {}).code);
  for (std::int64_t KiB = 2; KiB <= 18; ++KiB) {
    const std::uint64_t bytes = dram_traffic(lower(network, machine_with(KiB), {}).code);
    CHECK(bytes <= before);
    before = bytes;
  }
}
