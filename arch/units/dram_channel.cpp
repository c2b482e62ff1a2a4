// SPDX-License-Identifier: Apache-2.0
#include "arch/units/dram_channel.hpp"

namespace tricycle {

void DramChannel::act(Cycles now) {
  while (pipe_.due()) {
    const DramRequest answered = pipe_.finish();
    DmaEngine& port = *ports[answered.write ? 1 : 0];
    port.answers.post(now, answered);
    port.wake();
  }
  for (DmaEngine* port : ports) {
    while (port->requests.has(now)) pipe_.accept(port->requests.take(now));
  }
  activity_ = pipe_.moving() ? Activity::busy : Activity::idle;
}

}  // namespace tricycle
