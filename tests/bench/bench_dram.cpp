// SPDX-License-Identifier: Apache-2.0
// Host time of DRAM: devices alone under saturating requests, with and without the checker of their commands,
// and a network's machine on them beside the ideal pipe.
#include <fmt/format.h>

#include "arch/dram/command_checker.hpp"
#include "arch/params/machine.hpp"
#include "sim/experiment/run.hpp"
#include "tests/bench/measure.hpp"

namespace {

using namespace tricycle;
using namespace tricycle::bench;

constexpr int requests = 20000;

/// Reads as fast as they are taken, line after line or anywhere.
void saturate(benchmark::State& state, const DramDevice& device, bool anywhere, bool checked) {
  double cycles = 0;
  for (auto _ : state) {
    DramModel model(device);
    CommandChecker checker(device);
    if (checked) model.observer = [&](const DramCommand& command) { checker.take(command); };
    Random random(1);
    std::uint64_t address = 0;
    for (int sent = 0; sent < requests;) {
      if (model.accepts(address, false)) {
        model.add(static_cast<std::uint64_t>(sent++), address, false);
        address = anywhere ? random.below(1U << 24U) * 64 : address + 64;
      }
      model.advance(1);
      benchmark::DoNotOptimize(model.take_answers());
    }
    cycles = static_cast<double>(model.now());
  }
  state.counters["cycles"] = cycles;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  fmt::print("{} reads on a DRAM alone; the fastest of five repetitions\n", requests);
  fmt::print("{:<24} {:>11} {:>10} {:>13} {:>13} {:>10}\n", "", "cycles", "ms", "ns per cycle", "ns per read",
             "checked/un.");
  for (const char* name : {"DDR4_8Gb_x8_2400", "LPDDR4_8Gb_x16_3200", "HBM2_8Gb_x128"}) {
    const DramDevice device = read_dram(std::string(name));
    for (const bool anywhere : {false, true}) {
      const auto work = [&](bool checked) {
        return measure(name, [&](benchmark::State& state) { saturate(state, device, anywhere, checked); });
      };
      const Measured plain = work(false), checked = work(true);
      if (plain.seconds == 0 || checked.seconds == 0) return 1;
      fmt::print("{:<24} {:>11.0f} {:>10.3f} {:>13.1f} {:>13.1f} {:>10.2f}\n",
                 fmt::format("{}{}", name, anywhere ? ", random" : ""), plain.cycles, plain.seconds * 1e3,
                 plain.seconds * 1e9 / plain.cycles, plain.seconds * 1e9 / requests,
                 checked.seconds / plain.seconds);
    }
  }
  fmt::print("\nfatnn-resnet18 on edge, without values\n");
  fmt::print("{:<24} {:>11} {:>10} {:>13} {:>10}\n", "", "cycles", "ms", "ns per cycle", "/ ideal");
  double ideal_seconds = 0;
  for (const char* name : {"ideal", "DDR4_8Gb_x8_2400", "LPDDR4_8Gb_x16_3200", "HBM2_8Gb_x128"}) {
    RunRequest request;
    request.workload = "fatnn-resnet18";
    request.settings = {{"arch.dram.kind", name}};
    const MachineSpec spec = machine_of(request);
    const Trace trace = lower_request(request, spec).trace;
    const Measured timing = measure(name, [&](benchmark::State& state) {
      MachineOptions options;
      options.functional = false;
      options.check_dram = false;
      run_machine(state, trace, spec, options);
    });
    if (timing.seconds == 0) {
      fmt::print(stderr, "error: the benchmark '{}' failed\n", name);
      return 1;
    }
    if (ideal_seconds == 0) ideal_seconds = timing.seconds;
    fmt::print("{:<24} {:>11.0f} {:>10.3f} {:>13.1f} {:>10.2f}\n", name, timing.cycles, timing.seconds * 1e3,
               timing.seconds * 1e9 / timing.cycles, timing.seconds / ideal_seconds);
  }
  return 0;
}
