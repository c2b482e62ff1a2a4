// SPDX-License-Identifier: Apache-2.0
#include "arch/units/processing_array.hpp"

#include "arch/units/zero_skip.hpp"

namespace tricycle {

void ProcessingArray::reset() {
  EngineUnit::reset();
  finished_tiles.reset();
  phase_ = Phase::free;
  left_ = 0;
  loaded_ = false;
  under_way_ = 0;
}

void ProcessingArray::start(Cycles now) {
  phase_ = Phase::free;
  if (!start_next(now, index_)) return;
  ++under_way_;
  feed_cycles_ = work_on(index_);
  if (core_.spec.array.has_line_buffer()) {
    phase_ = Phase::starting;
    left_ = 1;
    return;
  }
  begin_feed(now);
  core_.sram.settle(now);
  core_.sram.feed(array_demand(matmul(index_), core_.accesses[index_], core_.events[index_], core_.spec, now,
                               feed_cycles_));
}

/// The cycles of a matmul without a line buffer. Where zeros matter, they and its events come from the
/// operands, which are held from here on, or, without values, from a draw.
Cycles ProcessingArray::work_on(std::uint32_t index) {
  const isa::Matmul& tile = matmul(index);
  const MachineSpec& spec = core_.spec;
  const ZeroSkip skip = spec.array.zero_skip;
  const bool predicts = core_.functional && (skip == ZeroSkip::word || skip == ZeroSkip::element);
  CounterSet& events = core_.events[index];
  if (!skips_zeros(tile, spec)) {
    if (predicts) events[Counter::array_steps_predicted] = events[Counter::array_steps];
    return static_cast<Cycles>(tile_cycles(spec, shape_of(tile)));
  }
  const Instruction& instruction = (*core_.code)[index];
  const auto declared = [&](const std::vector<double>& densities) {
    return instruction.layer < densities.size() ? densities[instruction.layer] : 1.0;
  };
  const auto drawn = [&] {
    return work_of_draw(instruction, spec, core_.seed,
                        {declared(core_.weight_densities), declared(core_.activation_densities)});
  };
  SparseWork work = core_.functional ? work_of_data(instruction, spec, core_.memories) : drawn();
  if (predicts) work.events[Counter::array_steps_predicted] = drawn().events[Counter::array_steps];
  events = work.events;
  return work.cycles;
}

/// One cycle after the start: which weights are to be loaded is known, and with them all that follows.
void ProcessingArray::begin_fill(Cycles now) {
  const FeederSpec& spec = core_.spec.array.feeder;
  const isa::Matmul& tile = matmul(index_);
  const Feeding feeding = feeding_of(core_.spec, shape_of(tile));
  const std::int64_t weight_latency =
      spec.weight_latency_cycles + core_.spec.weight_memory.latency_cycles - 1;
  const auto ready_after = [&](std::int64_t load_cycles) {
    return static_cast<Cycles>(load_cycles > 0 ? weight_latency + load_cycles : 0);
  };
  const bool is_one_behind =
      queue.has(now) && core_.semaphores.can_take((*core_.code)[queue.front()].wait, Engine::array, now);
  Cycles ready = 0;
  if (is_one_behind) {
    ready = ready_after(feeding_of(core_.spec, shape_of(matmul(queue.front()))).load_cycles);
  } else if (!loaded_) {
    ready = ready_after(feeding.load_cycles);
  }
  loaded_ = is_one_behind;
  const FeedShape shape = feed_shape_of(tile, core_.spec);
  const auto more = static_cast<Cycles>(feeding.rounds - 1);
  Cycles cycles = feeder_.cycles_to_rest(shape, ready);
  if (more > 0) {
    const Cycles round = feeder_.cycles_to_rest(shape, ready_after(feeding.load_cycles));
    cycles += more * (static_cast<Cycles>(spec.restart_cycles) + round);
  }
  feed_cycles_ = (more + 1) * static_cast<Cycles>(shape.lines * shape.columns * shape.hold_cycles);
  cycles += (more + 1) * static_cast<Cycles>(core_.spec.activation_memory.latency_cycles - 1);
  core_.sram.settle(now);
  core_.sram.feed(line_buffer_demand(core_.accesses[index_], core_.events[index_], core_.spec, now,
                                     cycles - static_cast<Cycles>(spec.drain_cycles)));
  phase_ = Phase::filling;
  left_ = cycles - static_cast<Cycles>(spec.drain_cycles) - feed_cycles_;  // the last of all is a window's
}

void ProcessingArray::begin_feed(Cycles now) {
  LaneUnit& unit = *lanes[static_cast<std::size_t>(matmul(index_).datapath)];
  unit.tiles.post(now, {index_, feed_cycles_});
  unit.wake();
  phase_ = Phase::feeding;
  left_ = feed_cycles_;
}

void ProcessingArray::next_phase(Cycles now) {
  const FeederSpec& spec = core_.spec.array.feeder;
  switch (phase_) {
    case Phase::free:
    case Phase::resting: return start(now);
    case Phase::starting: return begin_fill(now);
    case Phase::filling: return begin_feed(now);
    case Phase::feeding: break;
  }
  if (!core_.spec.array.has_line_buffer()) return start(now);
  phase_ = Phase::resting;
  left_ = static_cast<Cycles>(spec.drain_cycles - 1 + spec.restart_cycles);
}

void ProcessingArray::act(Cycles now) {
  while (finished_tiles.has(now)) {
    complete(now, finished_tiles.take(now));
    --under_way_;
  }
  if (left_ == 0) next_phase(now);
  if (left_ == 0 && phase_ != Phase::free) next_phase(now);  // a phase of no cycles
  const bool feeds = phase_ == Phase::feeding && left_ > 0;
  activity_ = feeds ? Activity::busy : under_way_ > 0 || waiting(now) ? Activity::stall : Activity::idle;
}

}  // namespace tricycle
