// SPDX-License-Identifier: Apache-2.0
// What a time step costs to simulate: recurrent networks of the zoo, against the bare meaning of their
// instructions without time. Every figure is of one process; ratios are what to compare between machines.
#include <fmt/format.h>

#include "sim/experiment/workload.hpp"
#include "support/files.hpp"
#include "tests/bench/measure.hpp"
#include "traces/tools/untimed.hpp"
#include "workloads/lower/lower.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"
#include "workloads/quantize/recurrent/quantize.hpp"

namespace {

using namespace tricycle;
using namespace tricycle::bench;

/// The meaning of every instruction, one after another.
void untimed(benchmark::State& state, const Trace& trace, const MachineSpec& spec) {
  Memories memories(spec, trace.dram_bytes);
  const auto put = [&](std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
    std::copy(bytes.begin(), bytes.end(), memories.dram.begin() + static_cast<std::ptrdiff_t>(address));
  };
  for (const ImageSegment& segment : trace.image) put(segment.address, segment.bytes);
  put(trace.input.address, trace.items.bytes);
  for (auto _ : state)
    benchmark::DoNotOptimize(execute_untimed(trace.code, spec, memories, [](const tricycle::Issued&) {}));
}

Trace lowered(const std::string& name, const MachineSpec& spec) {
  const auto [graph, recurrent] = load_workload(name, {}, -1);
  RecurrentSpec choice = recurrent;
  choice.projection = Projection::ahead;
  const QuantizedNetwork network = quantize_recurrent(recurrent_model(graph), choice, {});
  Trace trace = lower(network, spec, {});
  trace.items = synthetic_items(trace, spec, 1);
  return trace;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  fmt::print("recurrent networks on their machine; the fastest of five repetitions\n");
  fmt::print("{:<24} {:>11} {:>12} {:>11} {:>11} {:>12} {:>11} {:>12}\n", "", "cycles", "untimed ms",
             "timing ms", "values ms", "lockstep ms", "ns / cycle", "values / u.");
  for (const std::string name : {"hitnet-lstm-ptb", "hitnet-gru-ptb", "hitnet-lstm300-char"}) {
    const MachineSpec spec = read_machine(default_machine(name));
    const Trace trace = lowered(name, spec);
    const auto machine = [&](bool functional, bool lockstep) {
      return measure(name.c_str(), [&, functional, lockstep](benchmark::State& state) {
        MachineOptions options;
        options.functional = functional;
        options.lockstep = lockstep;
        run_machine(state, trace, spec, options);
      });
    };
    const Measured bare =
        measure(name.c_str(), [&](benchmark::State& state) { untimed(state, trace, spec); });
    const Measured timing = machine(false, false), values = machine(true, false),
                   lockstep = machine(true, true);
    if (bare.seconds == 0 || timing.seconds == 0 || values.seconds == 0 || lockstep.seconds == 0) {
      fmt::print(stderr, "error: the benchmark '{}' failed\n", name);
      return 1;
    }
    fmt::print("{:<24} {:>11.0f} {:>12.2f} {:>11.2f} {:>11.2f} {:>12.2f} {:>11.2f} {:>12.2f}\n", name,
               values.cycles, bare.seconds * 1e3, timing.seconds * 1e3, values.seconds * 1e3,
               lockstep.seconds * 1e3, timing.seconds / values.cycles * 1e9, values.seconds / bare.seconds);
  }
  return 0;
}
