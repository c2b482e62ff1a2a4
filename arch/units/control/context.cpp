// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/context.hpp"

namespace tricycle {
namespace {

void set_current(sc_core::sc_simcontext* context) {
  sc_core::sc_curr_simcontext = sc_core::sc_default_global_context = context;
}

}  // namespace

// SystemC's first context stays: events of the library itself belong to it.
SimulationContext::SimulationContext() {
  sc_core::sc_get_curr_simcontext();
  context_ = std::make_unique<sc_core::sc_simcontext>();
}

// Events that were cancelled, as those of deleted modules are, stay in SystemC's queue until it looks for the
// next one. The queue's end would lose them.
SimulationContext::~SimulationContext() {
  const auto entered = enter();
  static_cast<void>(sc_core::sc_pending_activity_at_future_time());
}

SimulationContext::Entered::Entered(sc_core::sc_simcontext* context)
    : before_(sc_core::sc_get_curr_simcontext()) {
  set_current(context);
}

SimulationContext::Entered::~Entered() {
  set_current(before_);
}

}  // namespace tricycle
