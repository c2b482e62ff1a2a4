// SPDX-License-Identifier: Apache-2.0
#include "arch/units/dram/dram_end.hpp"

#include "arch/isa/meaning.hpp"

namespace tricycle {

DramEnd::DramEnd(const sc_core::sc_module_name& name, RunControl& run, std::uint64_t bytes)
    : Unit(name, run), bytes_(cleared_memory(Memory::dram, bytes)) {
  contents.bind(*this);
}

void DramEnd::listen() {
  wake_on(load_requests->posted());
  wake_on(store_requests->posted());
}

bool DramEnd::next_request(Cycles now, DramRequest& request) {
  for (auto* port : {&load_requests, &store_requests}) {
    if (!(*port)->has()) continue;
    request = (*port)->take();
    if (observer) observer(now, request);
    return true;
  }
  return false;
}

void DramEnd::answer(const DramRequest& request) {
  (request.write ? store_answers : load_answers)->answered(request);
}

}  // namespace tricycle
