// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/recording.hpp"

#include "arch/params/clocks.hpp"

namespace tricycle {
namespace {

DramTraceFormat format_of(const DramTraceTarget& target) {
  return target.format.value_or(format_by_extension(target.path).value_or(DramTraceFormat::dramsim3));
}

}  // namespace

void check_target(const DramTraceTarget& target, const Place& place) {
  if (target.path.ends_with(".rstl")) {
    throw InputError(place,
                     "an .rstl file cannot be written: its cycles are relative to the request before; give a "
                     "name with .stl");
  }
  if (target.path.empty() && target.format)
    throw InputError(place, "there is no trace to write; give --dram-trace FILE");
}

Simulation simulate_recording(const Trace& trace, const MachineSpec& spec, const QuantizedNetwork* network,
                              const SimulateOptions& options, const DramTraceTarget& target) {
  if (target.path.empty()) return simulate(trace, spec, network, options);
  // An ideal DRAM has the core's clock and the burst length of the engines.
  const bool ideal = spec.dram.is_ideal();
  DramTraceWriter writer(
      target.path, format_of(target),
      static_cast<std::uint64_t>(ideal ? spec.load.burst_bytes : spec.dram.device.geometry.request_bytes()));
  SimulateOptions recording = options;
  recording.machine.dram_requests = [&](std::uint64_t core_cycle, const DramRequest& request) {
    writer.add(ideal ? core_cycle : clock_crossing(spec).to_dram(core_cycle), request.address, request.bytes,
               request.is_write());
  };
  Simulation simulation = simulate(trace, spec, network, recording);
  writer.finish();
  return simulation;
}

}  // namespace tricycle
