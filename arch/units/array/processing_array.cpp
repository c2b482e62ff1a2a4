// SPDX-License-Identifier: Apache-2.0
#include "arch/units/array/processing_array.hpp"

#include <stdexcept>

#include "arch/isa/vector_time.hpp"

namespace tricycle {

ProcessingArray::ProcessingArray(const sc_core::sc_module_name& name, RunControl& run,
                                 const LoadedProgram& program, Scoreboard& scoreboard)
    : EngineUnit(name, run, program, scoreboard, Engine::array), step_tables_(program.spec) {
  const auto named = [](std::size_t u, const char* what) { return name_of(lane_units[u]) + what; };
  tiles.init(lane_units.size(), [&](const char*, std::size_t u) {
    return new OptionalPort<ChannelOut<TileWork>>(named(u, "_tiles").c_str());
  });
  finished.init(lane_units.size(), [&](const char*, std::size_t u) {
    return new OptionalPort<ChannelIn<std::uint32_t>>(named(u, "_finished").c_str());
  });
}

std::vector<Property> ProcessingArray::properties() const {
  const ArraySpec& array = spec().array;
  return {{"rows", std::to_string(array.rows)},
          {"cols", std::to_string(array.cols)},
          {"word_bits", std::to_string(array.word_bits)},
          {"accumulator_bits", std::to_string(array.accumulator_bits)},
          {"dataflow", name_of(array.dataflow)},
          {"depth_cycles", std::to_string(array.depth_cycles)},
          {"zero_skip", name_of(array.zero_skip)}};
}

void ProcessingArray::listen() {
  EngineUnit::listen();
  for (std::size_t u = 0; u < lane_units.size(); ++u) {
    if (tiles[u].size() != finished[u].size())
      throw std::logic_error(std::string("bind both of ") + tiles[u].name() + " and " + finished[u].name());
    if (finished[u].size() > 0) wake_on(finished[u]->posted());
  }
  if (staged.size() > 0) wake_on(staged->posted());
  if (streamed.size() > 0) wake_on(streamed->posted());
}

void ProcessingArray::clear() {
  phase_ = Phase::free;
  left_ = 0;
  loaded_ = false;
  walk_.reset();
  here_ = 0;
  under_way_ = 0;
  own_events_.clear();
  stage_.reset();
  last_sums_.clear();
}

/// O1: a matmul whose sums go to the output stage starts when that has started what it does with them.
bool ProcessingArray::take_next(Cycles now) {
  stage_.reset();
  if (!waiting() || !is_staged(instruction(queue->front()))) return start_next(now, place_);
  if (staged.size() == 0 || !staged->has()) return false;
  const std::uint32_t stage = staged->front();
  if (!start_next(now, place_, stage)) return false;
  stage_ = staged->take();
  return true;
}

void ProcessingArray::start(Cycles now) {
  phase_ = Phase::free;
  if (!take_next(now)) return;
  ++under_way_;
  rate_ = stage_ ? output_rate(instruction(*stage_), spec()) : OutputRate{};
  feed_cycles_ = work_on(place_, rate_);
  if (spec().array.has_line_buffer()) {
    phase_ = Phase::starting;
    left_ = 1;
    return;
  }
  if (takes_stream(instruction(place_))) {
    walk_.emplace(spec(), shape_of(matmul(place_), rate_), step_tables_.of(matmul(place_)));
    streamed_since_ = now;
    begin_stage();
    return go_on_streaming(now);
  }
  begin_feed();
  access->feed(now, array_demand(matmul(place_), accesses(place_), events_of(place_), spec(), now,
                                 feed_cycles_, {rate_, stage_ ? &accesses(*stage_) : nullptr}, reads_));
}

/// The events of a matmul under way.
const CounterSet& ProcessingArray::events_of(std::uint32_t place) const {
  const auto own = own_events_.find(place);
  return own == own_events_.end() ? events(place) : own->second;
}

/// The cycles of a matmul without a line buffer, and its events where they are its own: conflicts at banks
/// follow from its addresses. Where zeros matter, cycles and events come from the operands, which are held
/// from here on, or, without values, from a draw.
Cycles ProcessingArray::work_on(std::uint32_t place, const OutputRate& output) {
  const ZeroSkip skip = spec().array.zero_skip;
  const bool predicts = program_.functional && (skip == ZeroSkip::word || skip == ZeroSkip::element);
  if (!skips_zeros(matmul(place), spec())) {
    if (predicts) {
      CounterSet& own = own_events_[place] = events(place);
      own[Counter::array_steps_predicted] = own[Counter::array_steps];
    }
    const StepTable& steps = step_tables_.of(matmul(place));
    const ProductShape shape = shape_of(matmul(place), output);
    const std::int64_t col_groups = ceil_div(shape.cols, geometry_of(spec().array, shape).cols);
    reads_ = {!steps.is_plain(), static_cast<Cycles>(col_groups * steps.sum().reads)};
    if (!steps.is_plain()) {
      CounterSet& own = own_events_.try_emplace(place, events(place)).first->second;
      own[Counter::array_bank_conflict_cycles] = static_cast<Cycles>(col_groups * steps.lost());
    }
    return static_cast<Cycles>(feed_cycles(spec(), shape, steps));
  }
  SparseWork work = program_.functional ? work_of_data(instruction(place), spec(), memories(),
                                                       step_tables_.of(matmul(place)), output)
                                        : drawn(place, output);
  reads_ = work.reads;
  if (predicts)
    work.events[Counter::array_steps_predicted] = drawn(place, output).events[Counter::array_steps];
  own_events_[place] = work.events;
  return work.cycles;
}

/// What a matmul takes whose zeros are drawn at the densities that its layer declares.
SparseWork ProcessingArray::drawn(std::uint32_t place, const OutputRate& output) {
  const DeclaredDensities& declared = program_.densities;
  const auto of_layer = [&](const std::vector<double>& densities) {
    const std::uint32_t layer = instruction(place).layer;
    return layer < densities.size() ? densities[layer] : 1.0;
  };
  return work_of_draw(instruction(place), spec(), declared.seed,
                      {of_layer(declared.weights), of_layer(declared.activations)},
                      step_tables_.of(matmul(place)), output);
}

void ProcessingArray::finish(Cycles now, std::uint32_t place) {
  if (is_staged(instruction(place))) {
    summed->post(last_sums_.front());
    last_sums_.pop_front();
  }
  complete(now, place, events_of(place));
  own_events_.erase(place);
  --under_way_;
}

/// One cycle after the start: which weights are to be loaded is known, and with them all that follows.
void ProcessingArray::begin_fill(Cycles now) {
  const FeederSpec& line_buffer = spec().array.feeder;
  const isa::Matmul& tile = matmul(place_);
  const Feeding feeding = feeding_of(spec(), shape_of(tile));
  const std::int64_t weight_latency =
      line_buffer.weight_latency_cycles + spec().weight_memory.latency_cycles - 1;
  const auto ready_after = [&](std::int64_t load_cycles) {
    return static_cast<Cycles>(load_cycles > 0 ? weight_latency + load_cycles : 0);
  };
  const bool is_one_behind = waiting() && tokens->can_take(instruction(queue->front()).wait);
  Cycles ready = 0;
  if (is_one_behind) {
    ready = ready_after(feeding_of(spec(), shape_of(matmul(queue->front()))).load_cycles);
  } else if (!loaded_) {
    ready = ready_after(feeding.load_cycles);
  }
  loaded_ = is_one_behind;
  const FeedShape shape = feed_shape_of(tile, spec());
  const auto more = static_cast<Cycles>(feeding.rounds - 1);
  Cycles cycles = feeder->cycles_to_rest(shape, ready);
  if (more > 0) {
    const Cycles round = feeder->cycles_to_rest(shape, ready_after(feeding.load_cycles));
    cycles += more * (static_cast<Cycles>(line_buffer.restart_cycles) + round);
  }
  feed_cycles_ = (more + 1) * static_cast<Cycles>(shape.lines * shape.columns * shape.hold_cycles);
  cycles += (more + 1) * static_cast<Cycles>(spec().activation_memory.latency_cycles - 1);
  access->feed(now, line_buffer_demand(accesses(place_), events_of(place_), spec(), now,
                                       cycles - static_cast<Cycles>(line_buffer.drain_cycles)));
  phase_ = Phase::filling;
  left_ =
      cycles - static_cast<Cycles>(line_buffer.drain_cycles) - feed_cycles_;  // the last of all is a window's
}

/// The cycles that a matmul takes for want of lanes and ports of the output stage.
Cycles ProcessingArray::held_cycles() {
  ProductShape shape = shape_of(matmul(place_), rate_);
  shape.output.lanes = shape.positions * shape.cols;
  shape.output.operations = 1;
  shape.output.result_bits = shape.output.second_bits = shape.output.table_bits = 0;
  const auto free = static_cast<Cycles>(feed_cycles(spec(), shape, step_tables_.of(matmul(place_))));
  return feed_cycles_ - std::min(feed_cycles_, free);
}

/// The output stage gets to know that the sums of its matmul come.
void ProcessingArray::begin_stage() {
  if (!stage_) return;
  fed->post(*stage_);
  last_sums_.push_back(static_cast<Cycles>(last_output_cycles(spec(), shape_of(matmul(place_), rate_))));
}

/// A12: the next word of weights that stream is fed when it is there.
void ProcessingArray::go_on_streaming(Cycles now) {
  const Cycles taken = walk_->take_used();
  if (taken > 0) used->post(taken);
  if (walk_->is_over()) {
    here_ -= walk_->bytes();
    walk_.reset();
    return start(now);
  }
  if (here_ < walk_->needs()) {
    phase_ = Phase::waiting;
    return;
  }
  feed_part(now);
}

void ProcessingArray::feed_part(Cycles now) {
  const StreamedPart part = walk_->next(now);
  const bool is_last = walk_->is_over();
  tiles[port_of(unit_of(matmul(place_).datapath))]->post({place_, part.cycles, is_last});
  access->feed(now, streamed_demand(matmul(place_), accesses(place_), spec(), now, part,
                                    {rate_, stage_ ? &accesses(*stage_) : nullptr}));
  phase_ = Phase::feeding;
  left_ = part.cycles;
  if (!is_last) return;
  const Cycles end = now + part.cycles;
  scoreboard_.release(place_, {end, events_of(place_)[Counter::array_steps], stage_ ? held_cycles() : 0,
                               end - streamed_since_ - feed_cycles_});
}

void ProcessingArray::begin_feed() {
  tiles[port_of(unit_of(matmul(place_).datapath))]->post({place_, feed_cycles_});
  phase_ = Phase::feeding;
  left_ = feed_cycles_;
  const Cycles steps = events_of(place_)[Counter::array_steps];
  begin_stage();
  scoreboard_.release(place_, {run_.now() + feed_cycles_, steps, stage_ ? held_cycles() : 0});
}

void ProcessingArray::next_phase(Cycles now) {
  const FeederSpec& line_buffer = spec().array.feeder;
  switch (phase_) {
    case Phase::free:
    case Phase::resting: return start(now);
    case Phase::starting: return begin_fill(now);
    case Phase::filling: return begin_feed();
    case Phase::waiting:
    case Phase::feeding: break;
  }
  if (walk_) return go_on_streaming(now);
  if (!spec().array.has_line_buffer()) return start(now);
  phase_ = Phase::resting;
  left_ = static_cast<Cycles>(line_buffer.drain_cycles - 1 + line_buffer.restart_cycles);
}

void ProcessingArray::act(Cycles now) {
  while (streamed.size() > 0 && streamed->has()) here_ += streamed->take();
  for (std::size_t u = 0; u < finished.size(); ++u) {
    while (finished[u].size() > 0 && finished[u]->has()) finish(now, finished[u]->take());
  }
  if (left_ == 0) next_phase(now);
  if (left_ == 0 && phase_ != Phase::free) next_phase(now);  // a phase of no cycles
  const bool feeds = phase_ == Phase::feeding && left_ > 0;
  activity_ = feeds ? Activity::busy : under_way_ > 0 || waiting() ? Activity::stall : Activity::idle;
}

}  // namespace tricycle
