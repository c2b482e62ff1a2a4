// SPDX-License-Identifier: Apache-2.0
#include "arch/machine/elaboration.hpp"

#include <systemc>

#include "arch/machine/machine.hpp"
#include "arch/machine/tree.hpp"
#include "arch/units/control/context.hpp"

namespace tricycle {
namespace {

/// As long as it lives, a warning of SystemC's is an error: if a name stands twice, counters would change
/// their names.
class StrictWarnings {
 public:
  StrictWarnings()
      : before_(sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW)) {}
  ~StrictWarnings() { sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, before_); }
  StrictWarnings(const StrictWarnings&) = delete;
  StrictWarnings& operator=(const StrictWarnings&) = delete;

 private:
  sc_core::sc_actions before_;
};

}  // namespace

Elaboration::Elaboration(const MachineSpec& spec, const std::vector<Instruction>& code, std::size_t layers,
                         std::uint64_t dram_bytes, const MachineOptions& options)
    : context_(std::make_unique<SimulationContext>()) {
  const auto entered = context_->enter();
  const StrictWarnings strict;
  machine_ = std::make_unique<Machine>("machine", spec, code, layers, dram_bytes, options);
}

Elaboration::~Elaboration() {
  const auto entered = context_->enter();
  machine_.reset();
}

MemoryView Elaboration::memories() {
  return machine_->memories();
}
void Elaboration::on_completed(std::function<void(const Issued&)> call) {
  machine_->scoreboard().completed = std::move(call);
}

Inference Elaboration::run(Start start, bool with_values) {
  const auto entered = context_->enter();
  const StrictWarnings strict;
  return machine_->run(start, with_values);
}

std::string Elaboration::tree() {
  const auto entered = context_->enter();
  return tree_text(*machine_);
}

}  // namespace tricycle
