// SPDX-License-Identifier: Apache-2.0
#include "arch/units/dram/dram_channel.hpp"

#include <fmt/format.h>

#include "arch/params/clocks.hpp"
#include "arch/units/dram/dram_device.hpp"
#include "arch/units/dram/dram_pipe.hpp"

namespace tricycle {

DramChannel::DramChannel(const sc_core::sc_module_name& name, RunControl& run, std::uint64_t bytes,
                         const MachineSpec& spec, const Options& options)
    : DramEnd(name, run, bytes), spec_(spec.dram), bytes_per_cycle_(dram_bytes_per_cycle(spec)) {
  if (spec_.is_ideal()) {
    memory_ = std::make_unique<DramPipe>(bytes_per_cycle_, spec_.latency_cycles);
  } else {
    memory_ = std::make_unique<DramDevicePort>(spec, options.check, options.commands);
  }
}

std::vector<Property> DramChannel::properties() const {
  if (!spec_.is_ideal()) return {{"kind", "device"}, {"device", spec_.device.name}};
  return {{"kind", "ideal"},
          {"bytes_per_cycle", fmt::format("{}", bytes_per_cycle_)},
          {"latency_cycles", std::to_string(spec_.latency_cycles)}};
}

void DramChannel::act(Cycles now) {
  while (memory_->due()) answer(memory_->finish());
  DramRequest request;
  while (next_request(now, request)) memory_->accept(request);
  activity_ = memory_->moving() ? Activity::busy : Activity::idle;
}

}  // namespace tricycle
