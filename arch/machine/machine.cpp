// SPDX-License-Identifier: Apache-2.0
#include "arch/machine/machine.hpp"

#include <algorithm>
#include <systemc>

#include "arch/params/units.hpp"
#include "arch/units/dram_channel.hpp"
#include "arch/units/events.hpp"
#include "arch/units/processing_array.hpp"
#include "arch/units/sequencer.hpp"
#include "arch/units/vector_unit.hpp"

// SystemC's library refers to sc_main. Programs here have a main of their own and never call it.
int sc_main(int, char**) {
  return 0;
}

namespace tricycle {
namespace {

Core make_core(const MachineSpec& spec, const std::vector<Instruction>& code, std::uint64_t dram_bytes,
               const MachineOptions& options) {
  Core core;
  core.spec = spec;
  core.code = &code;
  core.lockstep = options.lockstep;
  core.functional = options.functional;
  core.cycle_limit = options.cycle_limit;
  core.timeline = options.timeline;
  core.weight_densities = options.weight_densities;
  core.activation_densities = options.activation_densities;
  core.seed = options.seed;
  core.dram_requests = options.dram_requests;
  core.dram_commands = options.dram_commands;
  core.check_dram = options.check_dram;
  core.started.resize(options.timeline ? code.size() : 0);
  core.memories = Memories(spec, dram_bytes);
  core.sram = SramArbiter(spec);
  core.ledger = Ledger(code);
  for (const Instruction& instruction : code) {
    core.accesses.push_back(footprint(instruction, spec));
    core.events.push_back(events_of(instruction, spec));
  }
  return core;
}

}  // namespace

CounterSet Inference::events() const {
  CounterSet total;
  for (const LayerStep& entry : layer_steps) total += entry.events;
  return total;
}

std::vector<LayerStep> Inference::by_layer() const {
  std::vector<LayerStep> sums(layers);
  for (std::size_t i = 0; i < layers; ++i) sums[i].layer = static_cast<std::uint32_t>(i);
  for (const LayerStep& entry : layer_steps) sums[entry.layer] += entry;
  return sums;
}

struct Machine::Parts {
  Parts(const MachineSpec& spec, const std::vector<Instruction>& code, std::size_t layer_count,
        std::uint64_t dram_bytes, const MachineOptions& options)
      : layers(layer_count), core(make_core(spec, code, dram_bytes, options)) {
    sequencer.targets = {&load, &store, &array, &vector};
    core.engines = {&load, &store, &array, &vector, &sequencer};
    load.dram = &dram;
    store.dram = &dram;
    dram.ports = {&load, &store};
    for (const UnitId unit : {UnitId::popcount, UnitId::shifter, UnitId::mac}) add_lanes(unit);
    units = {&sequencer, &load, &store, &array};
    for (const auto& unit : lanes) units.push_back(unit.get());
    units.insert(units.end(), {&vector, &dram});
  }

  /// Adds the lanes of a unit if some datapath of the array needs them.
  void add_lanes(UnitId unit) {
    const auto& has = core.spec.array.datapaths;
    if (std::none_of(has.begin(), has.end(), [&](Datapath d) { return unit_of(d) == unit; })) return;
    lanes.push_back(std::make_unique<LaneUnit>(name_of(unit).c_str(), core));
    lanes.back()->array = &array;
    for (int d = 0; d < datapath_count; ++d) {
      if (unit_of(static_cast<Datapath>(d)) == unit)
        array.lanes[static_cast<std::size_t>(d)] = lanes.back().get();
    }
  }

  std::size_t layers;
  Core core;
  Sequencer sequencer{"sequencer", core};
  DmaEngine load{"load", core, Engine::load, core.spec.load};
  DmaEngine store{"store", core, Engine::store, core.spec.store};
  ProcessingArray array{"array", core};
  std::vector<std::unique_ptr<LaneUnit>> lanes;  ///< one for each unit of the array's datapaths
  VectorUnit vector{"vector", core};
  DramChannel dram{"dram", core};
  std::vector<Unit*> units;
};

Machine::Machine(const MachineSpec& spec, const std::vector<Instruction>& code, std::size_t layers,
                 std::uint64_t dram_bytes, const MachineOptions& options) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW);
  parts_ = std::make_unique<Parts>(spec, code, layers, dram_bytes, options);
}

Machine::~Machine() = default;

Memories& Machine::memories() {
  return parts_->core.memories;
}
void Machine::on_completed(std::function<void(std::size_t)> call) {
  parts_->core.completed = std::move(call);
}

Inference Machine::run() {
  Core& core = parts_->core;
  core.semaphores.reset();
  core.locks.reset();
  core.sram.reset();
  core.ledger.reset();
  core.spans.clear();
  core.halted = false;
  core.limited = false;
  core.error = nullptr;
  core.alive_until = 0;
  core.start = Core::kernel_cycle() + 1;
  for (Unit* unit : parts_->units) unit->begin();

  sc_core::sc_start();  // until a unit pauses the kernel, or (not in lockstep) nothing is left to happen
  if (core.error) std::rethrow_exception(core.error);

  Inference inference;
  if (core.halted) {
    inference.cycles = core.halted_at;
  } else if (core.limited) {
    inference.status = RunStatus::cycle_limit;
    inference.cycles = core.cycle_limit;
  } else {
    inference.status = RunStatus::deadlock;
    inference.cycles = core.alive_until;
  }
  for (Unit* unit : parts_->units) {
    unit->settle(inference.cycles);
    inference.units.push_back({unit->name(), unit->times[0], unit->times[1], unit->times[2]});
  }
  inference.dram = parts_->dram.memory().settle();
  core.sram.settle(inference.cycles);
  inference.memories = core.sram.use();
  inference.layer_steps = core.ledger.entries;
  inference.layers = parts_->layers;
  for (const Span& span : core.spans) inference.timeline.push_back({span.index, span.start, span.end});
  core.halted = true;  // events that are still scheduled do nothing
  return inference;
}

}  // namespace tricycle
