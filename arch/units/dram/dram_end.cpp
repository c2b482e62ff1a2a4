// SPDX-License-Identifier: Apache-2.0
#include "arch/units/dram/dram_end.hpp"

#include "arch/isa/meaning.hpp"

namespace tricycle {

const std::vector<std::string>& names_of(DramClient) {
  static const std::vector<std::string> names = {"fetch", "load", "store"};
  return names;
}

DramEnd::DramEnd(const sc_core::sc_module_name& name, RunControl& run, std::uint64_t bytes)
    : Unit(name, run), bytes_(cleared_memory(Memory::dram, bytes)) {
  requests.init(dram_clients, [](const char*, std::size_t c) {
    return new InPort<DramRequest>((names_of(DramClient{})[c] + "_requests").c_str());
  });
  answers.init(dram_clients, [](const char*, std::size_t c) {
    return new sc_core::sc_port<BurstAnswers>((names_of(DramClient{})[c] + "_answers").c_str());
  });
  contents.bind(*this);
}

void DramEnd::listen() {
  for (std::size_t c = 0; c < requests.size(); ++c) wake_on(requests[c]->posted());
}

bool DramEnd::next_request(Cycles now, DramRequest& request) {
  for (std::size_t c = 0; c < requests.size(); ++c) {
    if (!requests[c]->has()) continue;
    request = requests[c]->take();
    if (observer) observer(now, request);
    return true;
  }
  return false;
}

void DramEnd::answer(const DramRequest& request) {
  answers[static_cast<std::size_t>(request.client)]->answered(request);
}

}  // namespace tricycle
