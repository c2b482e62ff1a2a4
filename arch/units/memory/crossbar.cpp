// SPDX-License-Identifier: Apache-2.0
#include "arch/units/memory/crossbar.hpp"

namespace tricycle {

Crossbar::Crossbar(const sc_core::sc_module_name& name) : sc_module(name) {
  array.bind(*this);
  vector.bind(*this);
  load.bind(load_);
  store.bind(store_);
}

void Crossbar::end_of_elaboration() {
  arbiter_ = Arbiter({&weight->ports(), &activation->ports(), &accumulator->ports()});
}

void Crossbar::feed(Cycles now, const std::vector<Stream>& streams) {
  arbiter_.settle(now);
  arbiter_.feed(streams);
}

}  // namespace tricycle
