// SPDX-License-Identifier: Apache-2.0
#include "arch/units/dram_channel.hpp"

#include "arch/units/dram_device.hpp"
#include "arch/units/dram_pipe.hpp"

namespace tricycle {

DramChannel::DramChannel(const sc_core::sc_module_name& name, Core& core) : Unit(name, core) {
  if (core.spec.dram.is_ideal()) {
    memory_ = std::make_unique<DramPipe>(core.spec.dram);
  } else {
    memory_ = std::make_unique<DramDevicePort>(core.spec, core.check_dram, core.dram_commands);
  }
}

void DramChannel::act(Cycles now) {
  while (memory_->due()) {
    const DramRequest answered = memory_->finish();
    DmaEngine& port = *ports[answered.write ? 1 : 0];
    port.answers.post(now, answered);
    port.wake();
  }
  for (DmaEngine* port : ports) {
    while (port->requests.has(now)) {
      const DramRequest request = port->requests.take(now);
      if (core_.dram_requests) core_.dram_requests(now, request);
      memory_->accept(request);
    }
  }
  activity_ = memory_->moving() ? Activity::busy : Activity::idle;
}

}  // namespace tricycle
