// SPDX-License-Identifier: Apache-2.0
#include "arch/machine/machine.hpp"

#include <algorithm>

#include "arch/units/dram/dram_channel.hpp"
#include "arch/units/mac/mac_unit.hpp"
#include "arch/units/popcount/popcount_unit.hpp"
#include "arch/units/shifter/shifter_unit.hpp"

// SystemC's library refers to sc_main. Programs here have a main of their own and never call it.
int sc_main(int, char**) {
  return 0;
}

namespace tricycle {
namespace {

std::unique_ptr<LaneUnit> make_lane_unit(UnitId unit, RunControl& run, const MachineSpec& spec) {
  const char* name = name_of(unit).c_str();
  if (unit == UnitId::popcount) return std::make_unique<PopcountUnit>(name, run, spec);
  if (unit == UnitId::shifter) return std::make_unique<ShifterUnit>(name, run, spec);
  return std::make_unique<MacUnit>(name, run, spec);
}

/// The first address in DRAM behind all data, at which a burst of the fetch unit may begin.
std::uint64_t program_address(const MachineSpec& spec, std::uint64_t dram_bytes) {
  const auto burst = static_cast<std::uint64_t>(spec.fetch.burst_bytes);
  return (dram_bytes + burst - 1) / burst * burst;
}

/// An engine's name with what it is for, as "load_queue".
std::string named(std::size_t engine, const char* what) {
  return names_of(Engine{})[engine] + what;
}

}  // namespace

Machine::Machine(const sc_core::sc_module_name& name, const MachineSpec& spec,
                 const std::vector<Instruction>& code, std::size_t layers, std::uint64_t dram_bytes,
                 const MachineOptions& options, const ForeignDram* foreign)
    : sc_module(name),
      layers_(layers),
      is_foreign_(foreign != nullptr),
      functional_(options.functional),
      run_(options.lockstep, options.cycle_limit,
           foreign != nullptr ? foreign->core_period : sc_core::sc_time(1, sc_core::SC_NS)),
      program_(spec, code, options.functional,
               {options.weight_densities, options.activation_densities, options.seed}),
      scoreboard_(program_, options.timeline),
      instruction_memory_("instruction_memory", program_),
      weight_memory_("weight_memory", Memory::weight, program_.spec.weight_memory),
      activation_memory_("activation_memory", Memory::activation, program_.spec.activation_memory),
      accumulator_memory_("accumulator_memory", Memory::accumulator, program_.spec.accumulator_memory),
      sequencer_("sequencer", run_, program_, scoreboard_),
      fetch_("fetch", run_, program_, scoreboard_, program_address(spec, dram_bytes)),
      load_("load", run_, program_, scoreboard_, Engine::load),
      store_("store", run_, program_, scoreboard_, Engine::store),
      array_("array", run_, program_, scoreboard_),
      lanes_(make_lanes(run_, program_.spec)),
      feeder_(spec.array.has_line_buffer() ? std::make_unique<Feeder>("feeder", program_.spec.array.feeder)
                                           : nullptr),
      weight_stream_(spec.weight_stream.is_there()
                         ? std::make_unique<WeightStream>("weight_stream", program_.spec.weight_stream)
                         : nullptr),
      output_stage_(spec.output_stage.is_there()
                        ? std::make_unique<OutputStage>("output_stage", run_, program_, scoreboard_)
                        : nullptr),
      vector_("vector", run_, program_, scoreboard_),
      dram_(foreign != nullptr ? foreign->make("dram", run_, dram_bytes)
                               : std::make_unique<DramChannel>(
                                     "dram", run_, dram_bytes, program_.spec,
                                     DramChannel::Options{options.check_dram, options.dram_commands})),
      turns_("page_turns", run_),
      arrivals_("page_arrivals", run_) {
  dram_->observer = options.dram_requests;
  for (std::size_t e = 0; e <= engine_count; ++e)
    tokens_.push_back(std::make_unique<Tokens>(named(e, "_tokens").c_str(), run_));
  sequencer_.instructions.bind(instruction_memory_.instructions);
  sequencer_.tokens.bind(*tokens_[engine_count]);
  const auto slots = static_cast<std::size_t>(spec.sequencer.queue_depth);
  for (std::size_t e = 0; e < engine_count; ++e) {
    queues_.push_back(std::make_unique<Queue>(named(e, "_queue").c_str(), run_, slots));
    sequencer_.queues[e].bind(*queues_[e]);
  }
  bind_fetch();
  bind_engine(load_, Engine::load);
  bind_engine(store_, Engine::store);
  bind_engine(array_, Engine::array);
  bind_engine(vector_, Engine::vector);
  bind_memories();
  bind_transfers();
  bind_lanes();
  if (weight_stream_) bind_weight_stream();
  if (output_stage_) bind_output_stage();
}

void Machine::bind_memories() {
  crossbar_.weight.bind(weight_memory_.access);
  crossbar_.activation.bind(activation_memory_.access);
  crossbar_.accumulator.bind(accumulator_memory_.access);
  array_.access.bind(crossbar_.array);
  vector_.access.bind(crossbar_.vector);
  load_.access.bind(crossbar_.load);
  store_.access.bind(crossbar_.store);
}

void Machine::bind_engine(EngineUnit& engine, Engine id) {
  const auto e = static_cast<std::size_t>(id);
  engine.queue.bind(*queues_[e]);
  engine.tokens.bind(*tokens_[e]);
  for (std::size_t to = 0; to <= engine_count; ++to) engine.posts[to].bind(*tokens_[to]);
  engine.weight_memory.bind(weight_memory_.contents);
  engine.activation_memory.bind(activation_memory_.contents);
  engine.accumulator_memory.bind(accumulator_memory_.contents);
}

void Machine::bind_fetch() {
  sequencer_.turns.bind(turns_);
  fetch_.turns.bind(turns_);
  fetch_.arrivals.bind(arrivals_);
  sequencer_.arrivals.bind(arrivals_);
  fetch_.memory.bind(instruction_memory_.arriving);
}

/// Binds what asks DRAM for bursts, and is answered.
template <class Module>
void Machine::bind_client(Module& module, DramClient client) {
  const auto c = static_cast<std::size_t>(client);
  module.requests.bind(*requests_[c]);
  dram_->requests[c].bind(*requests_[c]);
  dram_->answers[c].bind(module.answers);
}

void Machine::bind_transfers() {
  for (const std::string& client : names_of(DramClient{}))
    requests_.push_back(std::make_unique<Channel<DramRequest>>((client + "_requests").c_str(), run_));
  bind_client(fetch_, DramClient::fetch);
  bind_client(load_, DramClient::load);
  bind_client(store_, DramClient::store);
  load_.dram_contents.bind(dram_->contents);
  store_.dram_contents.bind(dram_->contents);
}

std::vector<Machine::Lanes> Machine::make_lanes(RunControl& run, const MachineSpec& spec) {
  std::vector<Lanes> all;
  const std::vector<Datapath>& has = spec.array.datapaths;
  for (const UnitId id : ProcessingArray::lane_units) {
    if (std::none_of(has.begin(), has.end(), [&](Datapath datapath) { return unit_of(datapath) == id; }))
      continue;
    Lanes& lanes = all.emplace_back();
    lanes.id = id;
    lanes.unit = make_lane_unit(id, run, spec);
    lanes.tiles = std::make_unique<Channel<TileWork>>((name_of(id) + "_tiles").c_str(), run);
    lanes.finished = std::make_unique<Queue>((name_of(id) + "_finished").c_str(), run);
  }
  return all;
}

void Machine::bind_lanes() {
  for (const Lanes& lanes : lanes_) {
    const std::size_t port = ProcessingArray::port_of(lanes.id);
    array_.tiles[port].bind(*lanes.tiles);
    lanes.unit->tiles.bind(*lanes.tiles);
    lanes.unit->finished.bind(*lanes.finished);
    array_.finished[port].bind(*lanes.finished);
  }
  if (feeder_) array_.feeder.bind(feeder_->windows);
}

void Machine::bind_weight_stream() {
  streamed_ = std::make_unique<Channel<std::uint64_t>>("streamed", run_);
  used_ = std::make_unique<Channel<std::uint64_t>>("used", run_);
  load_.streamed.bind(*streamed_);
  array_.streamed.bind(*streamed_);
  array_.used.bind(*used_);
  load_.used.bind(*used_);
  load_.blocks.bind(weight_stream_->contents);
  array_.blocks.bind(weight_stream_->contents);
}

void Machine::bind_output_stage() {
  staged_ = std::make_unique<Queue>("staged", run_);
  fed_ = std::make_unique<Queue>("fed", run_);
  summed_ = std::make_unique<Channel<Cycles>>("summed", run_);
  bind_engine(*output_stage_, Engine::output_stage);
  output_stage_->staged.bind(*staged_);
  array_.staged.bind(*staged_);
  array_.fed.bind(*fed_);
  output_stage_->fed.bind(*fed_);
  array_.summed.bind(*summed_);
  output_stage_->summed.bind(*summed_);
  array_.sums.bind(output_stage_->sums_in);
}

/// Calls `f` with all components, as they stand in the tree of SystemC's objects.
template <class F>
void Machine::for_each_component(F f) {
  for (sc_core::sc_object* object : get_child_objects()) {
    if (auto* component = dynamic_cast<Component*>(object)) f(*object, *component);
  }
}

MemoryView Machine::memories() {
  return {weight_memory_.bytes(),
          activation_memory_.bytes(),
          accumulator_memory_.bytes(),
          dram_->bytes(),
          output_stage_ ? &output_stage_->sums() : nullptr,
          &vector_.forwarded(),
          weight_stream_ ? &weight_stream_->blocks() : nullptr};
}

/// Until a unit pauses the kernel, or nothing is left to happen. A foreign memory may have events for ever,
/// so that beside one it is looked now and then whether there is anything to wait for.
void Machine::simulate() {
  if (!is_foreign_) return sc_core::sc_start();
  constexpr Cycles at_a_time = 4096;
  while (!run_.is_over() && sc_core::sc_pending_activity()) {
    const Cycles next = run_.now() + at_a_time;
    sc_core::sc_start(run_.until(std::min(std::max(next, run_.alive_until() + 1), run_.cycle_limit())));
    run_.look(dram_->is_waited_for());
  }
  // SystemC holds back what is due at the end of a stated duration; it must not be left to the next
  // inference.
  if (sc_core::sc_pending_activity_at_current_time()) sc_core::sc_start(sc_core::SC_ZERO_TIME);
}

Inference Machine::run(Start start, bool with_values) {
  program_.functional = functional_ && with_values;
  scoreboard_.reset();
  run_.begin(start);
  for_each_component([](sc_core::sc_object&, Component& component) { component.reset(); });

  simulate();
  run_.rethrow();
  run_.close();

  Inference inference;
  inference.layers = layers_;
  inference.cycles = run_.last_cycle();
  inference.status = run_.halted()    ? RunStatus::finished
                     : run_.limited() ? RunStatus::cycle_limit
                                      : RunStatus::deadlock;
  for_each_component([&](sc_core::sc_object& object, Component& component) {
    if (auto* unit = dynamic_cast<Unit*>(&component)) {
      unit->settle(inference.cycles);
      inference.units.push_back({object.basename(), unit->time(Activity::busy), unit->time(Activity::stall),
                                 unit->time(Activity::idle)});
    }
  });
  crossbar_.settle(inference.cycles);
  for_each_component([&](sc_core::sc_object&, Component& component) {
    if (auto* memory = dynamic_cast<OnChipMemory*>(&component))
      inference.memories[static_cast<std::size_t>(memory->memory())] = memory->ports().use();
  });
  inference.dram = dram_->finish();
  scoreboard_.finish(inference.cycles);
  inference.layer_steps = scoreboard_.ledger().entries;
  inference.steps_are_summed = scoreboard_.ledger().is_whole();
  for (const Span& span : scoreboard_.spans())
    inference.timeline.push_back({span.instruction, span.step, span.start, span.end});
  return inference;
}

}  // namespace tricycle
