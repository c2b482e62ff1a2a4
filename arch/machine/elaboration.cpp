// SPDX-License-Identifier: Apache-2.0
#include "arch/machine/elaboration.hpp"

#include <systemc>

#include "arch/machine/machine.hpp"
#include "arch/machine/tree.hpp"
#include "arch/units/control/context.hpp"

namespace tricycle {

Elaboration::Elaboration(const MachineSpec& spec, const std::vector<Instruction>& code, std::size_t layers,
                         std::uint64_t dram_bytes, const MachineOptions& options)
    : layers_(layers), context_(std::make_unique<SimulationContext>()) {
  const auto entered = context_->enter();
  // A name that stands twice is a warning of SystemC's: counters would change their names.
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW);
  machine_ = std::make_unique<Machine>("machine", spec, code, dram_bytes, options);
}

Elaboration::~Elaboration() {
  const auto entered = context_->enter();
  machine_.reset();
}

MemoryView Elaboration::memories() {
  return machine_->memories();
}
void Elaboration::on_completed(std::function<void(std::size_t)> call) {
  machine_->scoreboard().completed = std::move(call);
}

Inference Elaboration::run() {
  const auto entered = context_->enter();
  Inference inference = machine_->run();
  inference.layers = layers_;
  return inference;
}

std::string Elaboration::tree() {
  return tree_text(*machine_);
}

}  // namespace tricycle
